import * as ort from 'onnxruntime-node';
import type { LookupHeads } from '../model/lookup-loss.ts';
import { lookupPlaces } from '../model/training.ts';
import type { Bucket } from './answer-batch.ts';
import type { BatchTensors } from './step-runner.ts';
import { targetTensors } from './target-tensors.ts';

/** A token that has to tell something: its place among the fused tokens, and what; −1 or left out where it is unknown. */
export interface LookupPlace {
  at: number;
  targets: Readonly<Partial<Record<string, number>>>;
}

/** What a token of the class that most are of counts for, against one of another. */
const COMMON_WEIGHT = 0.3;

/**
 * Lays out what `lookupLoss` asks of a step: `lookupPlaces` tokens, spread over all questions; those before
 * them are asked of each picture's first question, as they are the same in all.
 *
 * @param groups for each picture its questions, as `layOutAnswers` has them
 * @param asked what is asked
 */
export function layOutLookups(
  groups: readonly { lookups?: readonly LookupPlace[]; before?: readonly LookupPlace[] }[][],
  bucket: Bucket,
  asked: LookupHeads,
): BatchTensors {
  const { pictures, questions, promptTokens } = bucket;
  const count = lookupPlaces(bucket);
  const rows = new Int32Array(count);
  const inverse = new Int32Array(pictures * questions * promptTokens).fill(count);
  const heads = Object.keys(asked);
  const targets = Object.fromEntries(heads.map((head) => [head, new Int32Array(count).fill(-1)]));
  let place = 0;
  const put = (question: number, { at, targets: told }: LookupPlace): void => {
    if (place === count) return;
    const row = question * promptTokens + at;
    if (inverse[row] !== count) throw new RangeError(`two lookups at token ${at} of a question`);
    rows[place] = row;
    inverse[row] = place;
    for (const head of heads) targets[head][place] = told[head] ?? -1;
    place++;
  };
  groups.forEach(([first], picture) => {
    for (const lookup of first?.before ?? []) put(picture * questions, lookup);
  });
  // First ones first: a question with many must not take the places of others.
  const most = Math.max(0, ...groups.flat().map(({ lookups = [] }) => lookups.length));
  for (let nth = 0; nth < most; nth++)
    groups.forEach((group, picture) => {
      group.forEach(({ lookups = [] }, question) => {
        if (nth < lookups.length) put(picture * questions + question, lookups[nth]);
      });
    });
  const ints = (data: Int32Array): ort.Tensor => new ort.Tensor('int32', data, [data.length]);
  return {
    lookup_rows: ints(rows),
    lookup_rows_inverse: ints(inverse),
    ...Object.assign({}, ...heads.map((head) => headTensors(head, targets[head], asked[head].common))),
  };
}

function headTensors(head: string, targets: Int32Array, common?: number): BatchTensors {
  return targetTensors(`${head}_lookup`, targets, (target) => (target === common ? COMMON_WEIGHT : 1));
}
