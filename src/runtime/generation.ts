import { IMAGE_TOKEN } from '../text/conversation.ts';
import type { MemoryData } from './memory-data.ts';
import type { SamplingOptions } from './sampling.ts';

/** A question as the engine takes it. Plain data, so that it can be sent to a worker. */
export interface GenerateRequest {
  /** Prompt, with `IMAGE_TOKEN` in each memory's place. */
  ids: number[];
  memories: readonly MemoryData[];
  sampling: SamplingOptions;
  maxTokens: number;
  /** Ids that end the answer; they are not part of it. */
  stopIds: readonly number[];
}

export type FinishReason = 'stop' | 'length';

export interface GenerateResult {
  tokens: number[];
  /** Of each token, natural logarithm, after the repetition penalty and before temperature. */
  logProbabilities: number[];
  finishReason: FinishReason;
  /** Positions of the prompt in the language model, vision tokens included. */
  promptTokens: number;
  /** How many of them were still in the cache from an earlier question. */
  cachedTokens: number;
  times: GenerateTimes;
}

/** Milliseconds. */
export interface GenerateTimes {
  /** In the queue, until the engine took the question up. */
  waiting: number;
  /** Text part of pre-fusion. */
  prefusion: number;
  prefill: number;
  /** From the first token to the last. */
  decode: number;
}

/**
 * What each position of a prompt holds: a token id, or below zero the number of a vision token. Two prompts with the
 * same memories have the same K/V as far as these agree.
 */
export function positionKeys(ids: readonly number[], visionTokens: readonly number[]): number[] {
  const keys: number[] = [];
  let memory = 0;
  let vision = 0;
  for (const id of ids)
    if (id !== IMAGE_TOKEN) keys.push(id);
    else for (let n = visionTokens[memory++]; n > 0; n--) keys.push(-++vision);
  return keys;
}

export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}
