import { LlavaMiniError } from '../errors.ts';
import type { Weights } from './weights.ts';

/**
 * Moves weights towards those that training began from, or towards another run's. The mean of what was there and what
 * a training made of it often answers better than either (weights as they were hold more of what was not taught again,
 * and noise of the last steps cancels): for nano, by 0.8 points over all kinds (`docs/log.md`, 29 November 2026).
 *
 * @param others what `weights` has and these lack (classifiers that only teach) stays as it is
 * @param share of the others, 0 to 1
 * @throws LlavaMiniError `bad-checkpoint` where shapes differ, or nothing has the same name; nothing is changed then
 */
export function averageWeights(weights: Weights, others: Weights, share: number): void {
  const both = [...others].flatMap(([name, other]) => {
    const own = weights.get(name);
    return own === undefined ? [] : [{ name, own, other }];
  });
  if (both.length === 0)
    throw new LlavaMiniError('bad-checkpoint', 'the weights to average with have no tensor in common');
  for (const { name, own, other } of both)
    if (own.shape.join() !== other.shape.join())
      throw new LlavaMiniError(
        'bad-checkpoint',
        `weight ${name} is [${own.shape}], in the weights to average with [${other.shape}]`,
      );
  for (const { name, own, other } of both)
    weights.set(name, { ...own, data: own.data.map((value, i) => (1 - share) * value + share * other.data[i]) });
}
