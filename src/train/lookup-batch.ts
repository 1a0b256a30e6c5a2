import * as ort from 'onnxruntime-node';
import type { LookupHeads } from '../model/lookup-loss.ts';
import { lookupPlaces, ownSizes } from '../model/training.ts';
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
 * them are the same in all of a picture's, and are asked once.
 *
 * @param groups for each picture its questions, as `layOutAnswers` has them
 * @param asked what is asked
 */
export function layOutLookups(
  groups: readonly { lookups?: readonly LookupPlace[]; before?: readonly LookupPlace[] }[][],
  bucket: Bucket,
  asked: LookupHeads,
): BatchTensors {
  const { pictures, questions } = bucket;
  const { words, promptTokens } = ownSizes(bucket, 0);
  const opened = words.length;
  const count = lookupPlaces(bucket);
  const all = pictures * questions * promptTokens + pictures * opened;
  const rows = new Int32Array(count);
  const inverse = new Int32Array(all).fill(count);
  const heads = Object.keys(asked);
  const targets = Object.fromEntries(heads.map((head) => [head, new Int32Array(count).fill(-1)]));
  let place = 0;
  // Rows of the questions' own tokens, then those of the openings.
  const rowOf = (picture: number, question: number, at: number): number =>
    at < opened
      ? pictures * questions * promptTokens + picture * opened + at
      : (picture * questions + question) * promptTokens + at - opened;
  const put = (picture: number, question: number, { at, targets: told }: LookupPlace): void => {
    if (place === count) return;
    const row = rowOf(picture, question, at);
    if (inverse[row] !== count) throw new RangeError(`two lookups at token ${at} of a question`);
    rows[place] = row;
    inverse[row] = place;
    for (const head of heads) targets[head][place] = told[head] ?? -1;
    place++;
  };
  groups.forEach(([first], picture) => {
    for (const lookup of first?.before ?? []) put(picture, 0, lookup);
  });
  // First ones first: a question with many must not take the places of others.
  const most = Math.max(0, ...groups.flat().map(({ lookups = [] }) => lookups.length));
  for (let nth = 0; nth < most; nth++)
    groups.forEach((group, picture) => {
      group.forEach(({ lookups = [] }, question) => {
        if (nth < lookups.length) put(picture, question, lookups[nth]);
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
