import { Template } from '@huggingface/jinja';
import { LlavaMiniError } from '../errors.ts';
import type { ContentPart, Turn } from './messages.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** Prompt text with places of pictures. Trusted text is markup: its special tokens are meant as such. */
export type PromptPiece = { type: 'image' } | { type: 'text'; text: string; trusted: boolean };

/** White space as Python's `str.strip` sees it, which differs a little from JavaScript's. */
const SPACE = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*`;
const START_SPACE = new RegExp(`^${SPACE}`, 'u');
const END_SPACE = new RegExp(`(?<!${SPACE.slice(0, -1)})${SPACE}$`, 'u');

const parsed = new WeakMap<TextTokenizer, Template>();

/**
 * Renders a model's own chat template (Jinja) over the turns, without the template ever seeing what people wrote:
 * each content goes in as a mark of private-use characters and comes out where the template put it. White space
 * around it goes in as one unusual space on each side, so that a template that trims does so.
 *
 * @param generationPrompt value of the template's `add_generation_prompt`
 * @throws LlavaMiniError `bad-model` without a template, with a broken one, or one that loses a picture;
 * `bad-argument` when the template refuses the messages
 */
export function renderChatTemplate(
  tokenizer: TextTokenizer,
  turns: readonly Turn[],
  generationPrompt: boolean,
): PromptPiece[] {
  const { chat_template: source, bos_token, eos_token, pad_token, unk_token } = tokenizer.config;
  if (source === undefined)
    throw new LlavaMiniError('bad-model', 'tokenizer_config.json has no chat template', {
      hint: 'a model of the Llama 3.1 kind needs one; for Vicuna models name the conversation vicuna_v1',
    });
  const names = { bos_token, eos_token, pad_token, unk_token };
  const marks = unusedMarks(source + Object.values(names).join(''));
  const contents = turns.map(({ parts }, index) => mask(parts, index, marks));
  let text: string;
  try {
    text = template(tokenizer, source).render({
      ...names,
      messages: turns.map(({ role }, index) => ({ role, content: contents[index].masked })),
      add_generation_prompt: generationPrompt,
    });
  } catch (error) {
    if (error instanceof LlavaMiniError) throw error;
    const reason = (error as Error).message;
    throw new LlavaMiniError('bad-argument', `the model's chat template refuses these messages: ${reason}`, {
      cause: error,
    });
  }
  return unmask(text, contents, marks);
}

function template(tokenizer: TextTokenizer, source: string): Template {
  let result = parsed.get(tokenizer);
  if (result === undefined) {
    try {
      result = new Template(source);
    } catch (error) {
      throw new LlavaMiniError('bad-model', `the chat template is not valid: ${(error as Error).message}`, {
        cause: error,
      });
    }
    parsed.set(tokenizer, result);
  }
  return result;
}

interface Marks {
  open: string;
  close: string;
  /** Stands for white space at the start or end of a content. */
  space: string;
}

/** Characters for marks that occur nowhere in the template, so that they can only be ours. */
function unusedMarks(text: string): Marks {
  const unused = (first: number, last: number): string[] => {
    const chars = Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i));
    return chars.filter((char) => !text.includes(char));
  };
  const [open, close] = unused(0xe000, 0xf8ff);
  const [space] = unused(0x2000, 0x200a);
  if (close === undefined || space === undefined)
    throw new LlavaMiniError('bad-model', 'the chat template uses every kind of space there is');
  return { open, close, space };
}

interface Content {
  /** What the template gets to see. */
  masked: string;
  before: string;
  parts: ContentPart[];
  after: string;
  pictures: number;
}

function mask(turnParts: readonly ContentPart[], index: number, { open, close, space }: Marks): Content {
  const parts = turnParts.map((part) => ({ ...part }));
  const cut = (part: ContentPart | undefined, pattern: RegExp): string => {
    if (part?.type !== 'text') return '';
    const found = pattern.exec(part.text)?.[0] ?? '';
    part.text =
      pattern === START_SPACE ? part.text.slice(found.length) : part.text.slice(0, part.text.length - found.length);
    return found;
  };
  const before = cut(parts[0], START_SPACE);
  const after = cut(parts.at(-1), END_SPACE);
  const pictures = parts.filter(({ type }) => type === 'image').length;
  // Empty goes in as empty: templates ask whether there is a content.
  const isEmpty = before === '' && parts.every((part) => part.type === 'text' && part.text === '');
  const masked = isEmpty ? '' : `${before && space}${open}${index}${close}${after && space}`;
  return { masked, before, parts, after, pictures };
}

function unmask(text: string, contents: readonly Content[], { open, close, space }: Marks): PromptPiece[] {
  const pieces: PromptPiece[] = [];
  const seen = contents.map(() => 0);
  const add = (value: string, trusted: boolean): void => {
    if (value !== '') pieces.push({ type: 'text', text: value, trusted });
  };
  let end = 0;
  for (const match of text.matchAll(new RegExp(`(${space}?)${open}(\\d+)${close}(${space}?)`, 'g'))) {
    const [all, spaceBefore, number, spaceAfter] = match;
    add(text.slice(end, match.index), true);
    end = match.index + all.length;
    const content = contents[Number(number)];
    seen[Number(number)]++;
    if (spaceBefore) add(content.before, false);
    for (const part of content.parts) part.type === 'image' ? pieces.push(part) : add(part.text, false);
    if (spaceAfter) add(content.after, false);
  }
  add(text.slice(end), true);
  for (const [index, { pictures }] of contents.entries())
    if (pictures > 0 && seen[index] !== 1)
      throw new LlavaMiniError(
        'bad-model',
        `the chat template shows the pictures of message ${index + 1} ${seen[index]} times`,
      );
  return pieces;
}
