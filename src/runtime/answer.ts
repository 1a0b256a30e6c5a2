import { LlavaMiniError } from '../errors.ts';
import type { DecodeOptions } from '../media/index.ts';
import type { FinishReason } from './generation.ts';
import { checkSampling, type SamplingOptions } from './sampling.ts';

/** How an answer is made. */
export interface AnswerOptions extends SamplingOptions {
  /** Longest answer in tokens. Default 512. */
  maxTokens?: number;
  /** Strings that end the answer; they are not part of it. */
  stop?: readonly string[];
  /** Takes the place of the model's own system text. */
  system?: string;
  /** How pictures that are not seen yet are read. */
  picture?: Omit<DecodeOptions, 'signal'>;
  /** Cancels; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface Answer {
  text: string;
  /** Ids of the answer's tokens, without the one that ended it. */
  tokens: number[];
  /** Natural logarithm of each token's probability, after the repetition penalty and before temperature. */
  logProbabilities: number[];
  /**
   * Probability of the least certain token, 0 to 1. Low where the model could as well have said something else; an
   * answer may be wrong all the same.
   */
  confidence: number;
  /** `stop`: the model or a stop string ended it; `length`: it was cut at the limit. */
  finishReason: FinishReason;
  usage: Usage;
  timings: Timings;
}

export interface Usage {
  /** Positions of the prompt in the language model, vision tokens included. */
  promptTokens: number;
  visionTokens: number;
  /** Positions of the prompt that were still there from an earlier question. */
  cachedTokens: number;
  answerTokens: number;
}

/** Milliseconds. Phases that were not needed (a picture seen before) are 0. */
export interface Timings {
  /** Loading the model; the same for all its answers. */
  load: number;
  /** Reading and decoding picture files. */
  decode: number;
  /** Resizing, cutting, normalising. */
  prepare: number;
  vision: number;
  /** Compressor, projector and pre-fusion, image and text part. */
  prefusion: number;
  prefill: number;
  /** From the call to the first token. */
  firstToken: number;
  /** Mean over the tokens after the first. */
  perToken: number;
  /** From the call to the last token. */
  total: number;
}

export const DEFAULT_MAX_TOKENS = 512;

/** @throws LlavaMiniError `bad-argument` naming the option; the signal's reason when it is aborted */
export function checkAnswerOptions(options: AnswerOptions): void {
  checkSampling(options);
  const { maxTokens, stop, system, signal } = options;
  const fail = (message: string): never => {
    throw new LlavaMiniError('bad-argument', message);
  };
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens > 0))
    fail(`maxTokens must be a whole number above 0, not ${String(maxTokens)}`);
  if (stop !== undefined && !(Array.isArray(stop) && stop.every((s) => typeof s === 'string' && s !== '')))
    fail('stop must be a list of strings that are not empty');
  if (system !== undefined && typeof system !== 'string') fail('system must be a text');
  if (signal !== undefined && !(signal instanceof AbortSignal)) fail('signal must be an AbortSignal');
  signal?.throwIfAborted();
}
