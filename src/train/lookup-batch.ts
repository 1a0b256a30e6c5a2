import * as ort from 'onnxruntime-node';
import { lookupPlaces } from '../model/training.ts';
import type { Bucket } from './answer-batch.ts';
import type { BatchTensors } from './step-runner.ts';
import { targetTensors } from './target-tensors.ts';

/** A token that has to tell something: its place among the fused tokens, and what; −1 or left out where it is unknown. */
export interface LookupPlace {
  at: number;
  targets: Readonly<Partial<Record<string, number>>>;
}

/**
 * Lays out what `lookupLoss` asks of a step: `lookupPlaces` tokens, spread over all questions.
 *
 * @param groups for each picture its questions, as `layOutAnswers` has them
 * @param heads names of what is asked
 */
export function layOutLookups(
  groups: readonly { lookups?: readonly LookupPlace[] }[][],
  bucket: Bucket,
  heads: readonly string[],
): BatchTensors {
  const { pictures, questions, promptTokens } = bucket;
  const count = lookupPlaces(bucket);
  const rows = new Int32Array(count);
  const inverse = new Int32Array(pictures * questions * promptTokens).fill(count);
  const targets = Object.fromEntries(heads.map((head) => [head, new Int32Array(count).fill(-1)]));
  let place = 0;
  // First ones first: a question with many must not take the places of others.
  for (let nth = 0, left = true; left && place < count; nth++) {
    left = false;
    groups.forEach((group, picture) => {
      group.forEach(({ lookups = [] }, question) => {
        const lookup = lookups[nth];
        if (lookup === undefined || place === count) return;
        left = true;
        const row = (picture * questions + question) * promptTokens + lookup.at;
        if (inverse[row] !== count) throw new RangeError(`two lookups at token ${lookup.at} of a question`);
        rows[place] = row;
        inverse[row] = place;
        for (const head of heads) targets[head][place] = lookup.targets[head] ?? -1;
        place++;
      });
    });
  }
  const ints = (data: Int32Array): ort.Tensor => new ort.Tensor('int32', data, [data.length]);
  return {
    lookup_rows: ints(rows),
    lookup_rows_inverse: ints(inverse),
    ...Object.assign({}, ...heads.map((head) => targetTensors(`${head}_lookup`, targets[head]))),
  };
}
