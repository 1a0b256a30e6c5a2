import * as ort from 'onnxruntime-node';
import { ownSizes, type StepShape } from '../model/training.ts';
import type { BatchTensors } from './step-runner.ts';

/** The picture's place in token ids (the reference's IMAGE_TOKEN_INDEX). */
const IMAGE = -200;

/** A question as token ids, the picture's place as −200, and its answer with the end token. */
export interface TokenisedPair {
  prompt: number[];
  answer: number[];
  /** What each token of the answer counts for in the loss. Default 1. */
  weight?: number;
  /**
   * Of an answer that lists things: in which of the picture's parts the thing that each token names, or leads up to, is
   * first seen (`slotOf`); `SLOTS` behind the last. Two things of one part are not told apart.
   */
  pointer?: readonly number[];
}

/** What each label of a step points at, for the groups and in the order of `layOutAnswers`, `[labels]`; −1 where it points at nothing. */
export function layOutPointers(groups: readonly TokenisedPair[][], { labels }: Bucket): Int32Array {
  const targets = new Int32Array(labels).fill(-1);
  let label = 0;
  for (const { answer, pointer } of groups.flat())
    for (let i = 0; i < answer.length && label < labels; i++) targets[label++] = pointer?.[i] ?? -1;
  return targets;
}

/** Sizes of a kind of step; `answerTokens` bounds each answer. */
export interface Bucket extends StepShape {
  answerTokens: number;
}

export function fits(pair: TokenisedPair, bucket: Bucket, visionTokens: number): boolean {
  const places = pair.prompt.filter((id) => id === IMAGE).length;
  return (
    pair.answer.length <= bucket.answerTokens &&
    pair.prompt.length - places <= bucket.promptTokens &&
    pair.prompt.length + places * (visionTokens - 1) + pair.answer.length <= bucket.sequence
  );
}

/**
 * Lays out questions for `answerLoss`. What is fused: the prompt without the picture's place and without id 0, which
 * counts as padding there. Answers stay raw and are the only labels.
 *
 * @param groups for each picture its `bucket.questions` questions, which must fit; missing ones are left empty
 * @throws RangeError for a prompt without the bucket's opening
 */
export function layOutAnswers(groups: readonly TokenisedPair[][], bucket: Bucket, visionTokens: number): BatchTensors {
  const { pictures, questions, labels: m, opening = [] } = bucket;
  const { promptTokens: t, sequence: s } = ownSizes(bucket, visionTokens);
  const n = pictures * questions;
  const promptIds = new Int32Array(n * t);
  const tokenIds = new Int32Array(n * s);
  const rows = Int32Array.from({ length: n * s }, (_, i) => i);
  const inverse = new Int32Array(n * (s + t + visionTokens)).fill(n * s);
  const labelRows = new Int32Array(m);
  const labelInverse = new Int32Array(n * s).fill(m);
  const labels = new Int32Array(m);
  const weights = new Float32Array(m);
  let label = 0;
  for (let i = 0; i < n; i++) {
    const pair = groups[Math.floor(i / questions)]?.[i % questions];
    if (!pair) continue;
    let at = i * s;
    let fused = 0;
    const put = (source: number): void => {
      rows[at] = source;
      inverse[source] = at++;
    };
    if (opening.some((id, at) => pair.prompt[at] !== id))
      throw new RangeError(`a prompt does not begin with ${opening.join(' ')}`);
    for (const id of pair.prompt.slice(opening.length)) {
      if (id === IMAGE) {
        for (let v = 0; v < visionTokens; v++) put(n * (s + t) + i * visionTokens + v);
      } else if (id === 0) {
        put(at);
      } else {
        promptIds[i * t + fused] = id;
        put(n * s + i * t + fused++);
      }
    }
    for (const id of pair.answer) {
      if (label < m) {
        labels[label] = id;
        weights[label] = pair.weight ?? 1;
        labelRows[label] = at - 1;
        labelInverse[at - 1] = label++;
      }
      tokenIds[at] = id;
      put(at);
    }
  }
  const ints = (data: Int32Array, ...dims: number[]): ort.Tensor => new ort.Tensor('int32', data, dims);
  return {
    prompt_ids: ints(promptIds, pictures, questions * t),
    token_ids: ints(tokenIds, n * s),
    rows: ints(rows, n * s),
    rows_inverse: ints(inverse, inverse.length),
    label_rows: ints(labelRows, m),
    label_rows_inverse: ints(labelInverse, n * s),
    labels: ints(labels, m),
    label_weights: new ort.Tensor('float32', weights, [m]),
  };
}
