import type { StateTensor } from './optimiser.ts';
import { readSaved } from './step-tensors.ts';

/** What a tensor of the mean is called in a saved state. */
const PREFIX = 'mean/';

/** Between two steps that are taken into the mean: neighbours differ too little to be worth the additions. */
const EVERY = 10;

/**
 * The mean of a stage's weights over its last steps. A step's own noise stays in the last weights as far as the rate
 * has not died down; in the mean it cancels (Izmailov et al., "Averaging Weights Leads to Wider Optima", 2018). In
 * memory one more copy of what is trained.
 */
export class WeightsMean {
  /** How many steps' weights are in it. */
  count = 0;
  private readonly tensors: readonly StateTensor[];
  private readonly values = new Map<string, Float32Array>();

  /** @param tensors what is trained, by name and shape */
  constructor(tensors: readonly StateTensor[]) {
    this.tensors = tensors;
  }

  /** @param data of each tensor, in order; copied */
  add(data: readonly Float32Array[]): void {
    this.count++;
    const share = 1 / this.count;
    for (const [i, { name }] of this.tensors.entries()) {
      const mean = this.values.get(name);
      if (!mean) this.values.set(name, Float32Array.from(data[i]));
      else for (let k = 0; k < mean.length; k++) mean[k] += share * (data[i][k] - mean[k]);
    }
  }

  /** The mean so far; null while there is none. */
  get(name: string): Float32Array | null {
    return this.values.get(name) ?? null;
  }

  /** What a saved state holds of it. */
  state(): { name: string; shape: number[]; data: Float32Array }[] {
    return this.tensors.flatMap(({ name, shape }) => {
      const data = this.values.get(name);
      return data ? [{ name: PREFIX + name, shape, data }] : [];
    });
  }

  /**
   * Puts a saved mean of `count` steps back.
   * @throws LlavaMiniError `bad-checkpoint` when a tensor is missing or has another size; nothing is changed then
   */
  restore(count: number, read: (name: string) => Float32Array | undefined): void {
    const kept = this.tensors.map(({ name, shape }) => ({ name: PREFIX + name, shape }));
    const values = readSaved(count > 0 ? kept : [], read);
    this.values.clear();
    for (const [name, data] of values) this.values.set(name.slice(PREFIX.length), data);
    this.count = count;
  }
}

/**
 * Whether the weights after a step belong to the mean.
 *
 * @param step 1-based
 * @param end the stage's last step, which always does
 * @param share of the steps, 0 (none) to 1, counted from the end
 */
export function isInMean(step: number, end: number, share: number): boolean {
  return share > 0 && step > end * (1 - share) && (end - step) % EVERY === 0;
}
