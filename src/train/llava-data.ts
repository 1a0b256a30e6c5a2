import { readFile } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { z } from 'zod';
import { LlavaMiniError } from '../errors.ts';
import { buildPrompt, type Message, type TextTokenizer } from '../text/index.ts';
import { fileError } from '../util/atomic-file.ts';
import type { FeatureStore } from './feature-store.ts';
import type { AnswerSource, AskedPair } from './stage-answers.ts';

/** One record of LLaVA's training data. */
export interface LlavaRecord {
  id: string;
  image: string;
  conversations: { from: 'human' | 'gpt'; value: string }[];
}

const record = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  image: z.string().min(1),
  conversations: z.array(z.object({ from: z.enum(['human', 'gpt']), value: z.string() })).min(2),
});

/**
 * Reads a file in LLaVA's format: a list of `{ id, image, conversations: [{ from, value }] }`, `<image>` in the first
 * human turn. Records without a picture are left out.
 *
 * @throws LlavaMiniError `bad-data` naming the record.
 */
export async function readLlavaData(path: string): Promise<LlavaRecord[]> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new LlavaMiniError('bad-data', `${path} is not JSON: ${error.message}`);
    throw fileError(error, path);
  }
  if (!Array.isArray(json)) throw new LlavaMiniError('bad-data', `${path}: expected a list of records`);
  return json.flatMap((item, i) => {
    if (item !== null && typeof item === 'object' && !('image' in item)) return [];
    const parsed = record.safeParse(item);
    const bad = (why: string): never => {
      throw new LlavaMiniError('bad-data', `${path}: record ${i}: ${why}`);
    };
    if (!parsed.success) return bad(`${parsed.error.issues[0].path.join('.')}: ${parsed.error.issues[0].message}`);
    const { conversations, image } = parsed.data;
    conversations.forEach(({ from }, k) => {
      if (from !== (k % 2 ? 'gpt' : 'human')) bad(`turn ${k} is from ${from}; human and gpt must take turns`);
    });
    if (!conversations[0].value.includes('<image>')) bad('the first turn has no <image>');
    if (normalize(image).startsWith('..') || image.startsWith(sep)) bad(`the path ${image} leaves the image folder`);
    return [parsed.data];
  });
}

export const imagePath = (folder: string, item: LlavaRecord): string => join(folder, item.image);

/** Every answer of every conversation, with the turns before it as its prompt. */
export function llavaSource(
  name: string,
  store: FeatureStore<LlavaRecord>,
  tokenizer: TextTokenizer,
  endToken: number,
  weight: number,
): AnswerSource {
  return {
    name,
    weight,
    length: store.length,
    draw(index, random, into) {
      store.read(index, into.patches, into.probabilities, 0);
      return random.shuffle(conversationPairs(store.labels[index], tokenizer, endToken));
    },
  };
}

export function conversationPairs(item: LlavaRecord, tokenizer: TextTokenizer, endToken: number): AskedPair[] {
  const messages: Message[] = item.conversations.map(({ from, value }) => ({
    role: from === 'human' ? 'user' : 'assistant',
    content: parts(value),
  }));
  return messages.flatMap((message, i) => {
    if (message.role !== 'assistant') return [];
    const { ids } = buildPrompt(tokenizer, 'template', messages.slice(0, i));
    return [{ kind: 'llava', prompt: ids, answer: [...tokenizer.encode(item.conversations[i].value), endToken] }];
  });
}

/** `<image>` in the file is markup of its author, unlike in a user's text. */
function parts(value: string): Message['content'] {
  const pieces = value.split('<image>');
  return pieces.flatMap((text, i) => [
    ...(i > 0 ? [{ type: 'image' as const }] : []),
    ...(text.trim() ? [{ type: 'text' as const, text: text.trim() }] : []),
  ]);
}
