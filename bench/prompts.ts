import { Random } from '../src/util/random.ts';
import { FIRST_TEXT_TOKEN } from './peers/gguf.ts';

/** Ids of pieces of text, in our vocabularies and in those of our GGUF files; other ones for each seed. */
export function randomIds(vocabSize: number, count: number, seed: string): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => FIRST_TEXT_TOKEN + random.int(vocabSize - FIRST_TEXT_TOKEN));
}
