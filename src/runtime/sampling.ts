import { LlavaMiniError } from '../errors.ts';
import { Random } from '../util/random.ts';

/** How the next token is chosen. */
export interface SamplingOptions {
  /** 0 takes the most likely token. Default 0. */
  temperature?: number;
  /** Only the most likely tokens whose probabilities reach this sum. Default 1: all. */
  topP?: number;
  /** Only so many of the most likely tokens. Default 0: all. */
  topK?: number;
  /** Divides positive logits of tokens that the answer already has, multiplies negative ones. Default 1. */
  repetitionPenalty?: number;
  /** Same seed, same answer. Default: another one each time. */
  seed?: number;
}

/** @throws LlavaMiniError `bad-argument` naming the option and its range */
export function checkSampling(options: SamplingOptions): void {
  const check = (name: keyof SamplingOptions, fits: (x: number) => boolean, range: string): void => {
    const value = options[name];
    if (value !== undefined && !(typeof value === 'number' && fits(value)))
      throw new LlavaMiniError('bad-argument', `${name} must be ${range}, not ${String(value)}`);
  };
  check('temperature', (x) => x >= 0 && x <= 100, 'between 0 and 100');
  check('topP', (x) => x > 0 && x <= 1, 'above 0 and at most 1');
  check('topK', (x) => Number.isInteger(x) && x >= 0, 'a whole number from 0');
  check('repetitionPenalty', (x) => x > 0 && x <= 100, 'above 0 and at most 100');
  check('seed', (x) => Number.isSafeInteger(x) && x >= 0, 'a whole number from 0');
}

/** Chooses tokens of one answer. */
export class Sampler {
  private readonly options: Required<Omit<SamplingOptions, 'seed'>>;
  private readonly random: Random;
  private readonly seen = new Set<number>();

  constructor(options: SamplingOptions) {
    this.options = {
      temperature: options.temperature ?? 0,
      topP: options.topP ?? 1,
      topK: options.topK ?? 0,
      repetitionPenalty: options.repetitionPenalty ?? 1,
    };
    this.random = new Random(options.seed ?? Math.floor(Math.random() * 2 ** 48));
  }

  /**
   * The next token. Penalty first, then temperature, top-k, top-p.
   *
   * @param logits `[V]`, changed in place
   * @throws LlavaMiniError `engine` when no logit is a number
   */
  next(logits: Float32Array): number {
    const { temperature, repetitionPenalty } = this.options;
    if (repetitionPenalty !== 1)
      for (const id of this.seen) logits[id] *= logits[id] > 0 ? 1 / repetitionPenalty : repetitionPenalty;
    const best = largest(logits);
    const id = temperature === 0 ? best : this.draw(logits, logits[best]);
    if (repetitionPenalty !== 1) this.seen.add(id);
    return id;
  }

  private draw(logits: Float32Array, best: number): number {
    const { temperature, topK, topP } = this.options;
    const weight = (id: number): number => Math.exp((logits[id] - best) / temperature);
    let candidates: number[] = [];
    // Beyond this distance a token's weight is below 1e-14 of the best one's.
    const floor = best - 32 * temperature;
    for (let i = 0; i < logits.length; i++) if (logits[i] >= floor) candidates.push(i);
    if ((topK > 0 && topK < candidates.length) || topP < 1) {
      candidates.sort((a, b) => logits[b] - logits[a] || a - b);
      if (topK > 0) candidates = candidates.slice(0, topK);
    }
    const weights = candidates.map(weight);
    let sum = weights.reduce((a, b) => a + b, 0);
    let count = candidates.length;
    if (topP < 1) {
      let mass = 0;
      count = 0;
      while (count < candidates.length && mass < topP * sum) mass += weights[count++];
      sum = mass;
    }
    let left = this.random.float() * sum;
    for (let i = 0; i < count; i++) {
      left -= weights[i];
      if (left < 0) return candidates[i];
    }
    return candidates[count - 1];
  }
}

/**
 * Logarithm of a token's probability, before temperature and cuts.
 *
 * @param logits `[V]`
 */
export function logProbability(logits: Float32Array, id: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const x of logits) if (x > most) most = x;
  let sum = 0;
  for (const x of logits) sum += Math.exp(x - most);
  return logits[id] - most - Math.log(sum);
}

function largest(logits: Float32Array): number {
  let best = -1;
  let value = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++)
    if (logits[i] > value) {
      value = logits[i];
      best = i;
    }
  if (best < 0)
    throw new LlavaMiniError('engine', 'the model gave no usable probabilities for the next token', {
      hint: 'its weights hold values that are not numbers; check the checkpoint',
    });
  return best;
}
