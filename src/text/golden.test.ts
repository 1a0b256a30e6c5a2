import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildPrompt, type ConversationName, IMAGE_TEXT } from './conversation.ts';
import type { ContentPart, Message, Role } from './messages.ts';
import { TextTokenizer } from './tokenizer.ts';

/** Prompts and encodings of the reference (see test/golden/README.md). */
interface GoldenPrompts {
  image_token_index: number;
  chat_templates: Record<string, string>;
  cases: Array<{
    conversation: ConversationName;
    template: string;
    messages: Array<{ role: Role; content: string }>;
    note: string;
    prompt: string;
    input_ids: number[];
  }>;
  encodings?: Array<{ text: string; ids: number[]; plain: number[]; decoded: string }>;
}

const given = process.env.GOLDEN_DIR;
const folder = join(given ?? 'test/golden', 'prompts');

// A folder given from outside may lack this part; our own may not.
describe.skipIf(given !== undefined && !existsSync(folder))('golden prompts', () => {
  if (!existsSync(folder) && given !== undefined) return;
  const readJson = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const golden = readJson('cases.json') as GoldenPrompts;
  const files = {
    tokenizer: readJson('tokenizer/tokenizer.json'),
    config: readJson('tokenizer/tokenizer_config.json'),
  };
  const tokenizerWith = (template: string): TextTokenizer =>
    TextTokenizer.from({ ...files, config: { ...(files.config as object), chat_template: template } });

  /** In the reference every `<image>` in a message is a picture's place. */
  const toMessage = ({ role, content }: { role: Role; content: string }): Message => ({
    role,
    content: content
      .split(IMAGE_TEXT)
      .flatMap((text, i): ContentPart[] =>
        i === 0 ? [{ type: 'text', text }] : [{ type: 'image' }, { type: 'text', text }],
      ),
  });

  it.each(golden.cases)('$conversation, $template, $note', (golden_case) => {
    const template = golden.chat_templates[golden_case.template];
    const tokenizer = tokenizerWith(template);
    const messages = golden_case.messages.map(toMessage);
    // The reference never asks for the assistant's header; we do.
    const asReference = buildPrompt(tokenizer, golden_case.conversation, messages, {
      generationPrompt: golden_case.conversation !== 'llava_llama_3_1' ? undefined : false,
    });
    expect(asReference.text).toBe(golden_case.prompt);
    expect(asReference.ids).toEqual(golden_case.input_ids);

    const prompt = buildPrompt(tokenizer, golden_case.conversation, messages);
    expect(prompt.ids.slice(0, golden_case.input_ids.length)).toEqual(golden_case.input_ids);
    const rest = prompt.text.slice(golden_case.prompt.length);
    expect(tokenizer.decode(prompt.ids.slice(golden_case.input_ids.length))).toBe(rest);
    if (golden_case.conversation === 'llava_llama_3_1' && golden_case.messages.at(-1)?.role === 'user')
      expect(prompt.text.endsWith('<|start_header_id|>assistant<|end_header_id|>\n\n')).toBe(true);
  });

  it.each(golden.encodings ?? [])('encodes $text', ({ text, ids, plain, decoded }) => {
    const tokenizer = TextTokenizer.from(files);
    expect(tokenizer.encode(text, { special: true, addSpecial: true })).toEqual(ids);
    expect(tokenizer.encode(text, { special: true })).toEqual(plain);
    // Where its configuration says so, the reference also takes out spaces before punctuation; we never do.
    const ours = tokenizer.decode(ids, { skipSpecial: true });
    expect(tokenizer.config.clean_up_tokenization_spaces ? [ours, tidied(ours)] : [ours]).toContain(decoded);
    const asText = tokenizer.encode(text);
    expect(tokenizer.decode(asText)).toBe(text);
    expect(asText.filter((id) => tokenizer.specialIds.has(id))).toEqual([]);
  });
});

/** The clean-up of spaces that transformers does after decoding, in its order. */
function tidied(text: string): string {
  const rules = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", " 's", " 've", " 're"];
  return rules.reduce((result, rule) => result.replaceAll(rule, rule.trim()), text);
}
