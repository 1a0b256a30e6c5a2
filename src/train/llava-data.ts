import { readFile } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { z } from 'zod';
import { LlavaMiniError } from '../errors.ts';
import { buildPrompt, type Message, type TextTokenizer, userMessage } from '../text/index.ts';
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
 * Reads a file in LLaVA's format: a list of `{ id, image, conversations: [{ from, value }] }`, one `<image>`, in the
 * first human turn. Records without a picture are left out.
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
    if (item !== null && typeof item === 'object' && !Array.isArray(item) && !('image' in item)) return [];
    const parsed = record.safeParse(item);
    const bad = (why: string): never => {
      throw new LlavaMiniError('bad-data', `${path}: record ${i}: ${why}`);
    };
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return bad(`${issue.path.join('.') || 'the record'}: ${issue.message}`);
    }
    const { conversations, image } = parsed.data;
    conversations.forEach(({ from }, k) => {
      if (from !== (k % 2 ? 'gpt' : 'human')) bad(`turn ${k} is from ${from}; human and gpt must take turns`);
    });
    const places = conversations.map(({ value }) => value.split('<image>').length - 1);
    if (places[0] !== 1 || places.some((n, k) => k > 0 && n > 0))
      bad('there must be one <image>, in the first turn: a record has one picture');
    const inside = normalize(image);
    if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`))
      bad(`the path ${image} leaves the image folder`);
    return [parsed.data];
  });
}

export const imagePath = (folder: string, item: LlavaRecord): string => join(folder, item.image);

/** Records of one picture together, so that they share what is made of it, in the order of the first ones. */
export function byPicture(records: readonly LlavaRecord[]): LlavaRecord[][] {
  const groups = new Map<string, LlavaRecord[]>();
  for (const item of records) {
    const path = normalize(item.image);
    groups.set(path, [...(groups.get(path) ?? []), item]);
  }
  return [...groups.values()];
}

/** Every answer of every conversation about a picture, with the turns before it as its prompt. */
export function llavaSource(
  name: string,
  store: FeatureStore<LlavaRecord[]>,
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
      return random.shuffle(store.labels[index].flatMap((item) => conversationPairs(item, tokenizer, endToken)));
    },
  };
}

export function conversationPairs(item: LlavaRecord, tokenizer: TextTokenizer, endToken: number): AskedPair[] {
  const messages = item.conversations.map(({ from, value }, i) => toMessage(from, value, i === 0));
  return messages.flatMap((message, i) => {
    if (message.role !== 'assistant') return [];
    const { ids } = buildPrompt(tokenizer, 'template', messages.slice(0, i));
    const answer = tokenizer.encode(item.conversations[i].value.trim());
    return [{ kind: 'llava', prompt: ids, answer: [...answer, endToken] }];
  });
}

/** As in the reference, the picture comes before the words of its turn, wherever its author put it. */
function toMessage(from: 'human' | 'gpt', value: string, first: boolean): Message {
  if (from === 'gpt') return { role: 'assistant', content: value.trim() };
  return first ? userMessage(value.replace('<image>', '').trim(), 1) : { role: 'user', content: value.trim() };
}
