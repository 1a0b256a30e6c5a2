import * as ort from 'onnxruntime-node';
import { lookupPlaces } from '../model/training.ts';
import type { Bucket } from './answer-batch.ts';
import type { BatchTensors } from './step-runner.ts';
import { targetTensors } from './target-tensors.ts';

/** A name in a question: its place among the fused tokens, and what is to be told there; −1 or left out where it is unknown. */
export interface NamePlace {
  at: number;
  targets: Readonly<Partial<Record<string, number>>>;
}

/**
 * Lays out what `lookupLoss` asks of a step: `lookupPlaces` names, spread over all questions.
 *
 * @param groups for each picture its questions, as `layOutAnswers` has them
 * @param heads names of what is asked
 */
export function layOutLookups(
  groups: readonly { names?: readonly NamePlace[] }[][],
  bucket: Bucket,
  heads: readonly string[],
): BatchTensors {
  const { pictures, questions, promptTokens } = bucket;
  const count = lookupPlaces(bucket);
  const rows = new Int32Array(count);
  const inverse = new Int32Array(pictures * questions * promptTokens).fill(count);
  const targets = Object.fromEntries(heads.map((head) => [head, new Int32Array(count).fill(-1)]));
  let place = 0;
  // First names first: a question with many must not take the places of others.
  for (let nth = 0, left = true; left && place < count; nth++) {
    left = false;
    groups.forEach((group, picture) => {
      group.forEach(({ names = [] }, question) => {
        const name = names[nth];
        if (name === undefined || place === count) return;
        left = true;
        const row = (picture * questions + question) * promptTokens + name.at;
        rows[place] = row;
        inverse[row] = place;
        for (const head of heads) targets[head][place] = name.targets[head] ?? -1;
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
