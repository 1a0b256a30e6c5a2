import { LlavaMiniError } from '../errors.ts';
import type { ModelConfig } from '../model/config.ts';
import type { WordTable } from '../model/word-loss.ts';
import { Random } from '../util/random.ts';
import type { Weights } from './weights.ts';

const ROUNDS = 60;

/**
 * Sets the first head of each pre-fusion layer to compare content: its queries and keys become the same projection,
 * on the directions in which the words' embeddings differ most. Where patches lie next to the words for what they
 * show (`wordLoss`), the token of a name then looks at the patches that show it, and values, output and all other
 * heads learn what to do with that. Left to itself this takes longer than nano was ever trained: an answer gains
 * nothing from looking there before it can use what it finds, and the other way round.
 *
 * Only the slower half of the rotary pairs is used, the rest of the head's rows are zero: the faster ones turn too far
 * between a patch and a question.
 *
 * @param words names whose embeddings are to be told apart
 * @param sharpness score of a name with itself, before the softmax
 * @throws LlavaMiniError `bad-checkpoint` when a weight is missing; `bad-argument` without pre-fusion
 */
export function matchHeads(config: ModelConfig, weights: Weights, words: WordTable, sharpness: number): void {
  if (config.prefusionLayers === 0)
    throw new LlavaMiniError('bad-argument', 'a model without pre-fusion layers has no heads that look at patches');
  const { hiddenSize: width, headDim } = config;
  const dataOf = (name: string): Float32Array => {
    const weight = weights.get(name);
    if (!weight) throw new LlavaMiniError('bad-checkpoint', `weight ${name} is missing`);
    return weight.data;
  };
  const names = centred(meanEmbeddings(dataOf('model.embed_tokens.weight'), words, width), width);
  const pairs = headDim / 2;
  const slow = Array.from({ length: pairs - Math.floor(pairs / 2) }, (_, i) => Math.floor(pairs / 2) + i);
  // Rotary turns row i with row i + headDim/2.
  const rows = slow.flatMap((i) => [i, i + pairs]);
  const directions = principalDirections(names, rows.length, width);
  const spread = names.reduce((sum, name) => sum + directions.reduce((s, axis) => s + dot(axis, name) ** 2, 0), 0);
  const scale = Math.sqrt((sharpness * Math.sqrt(headDim) * names.length) / spread);
  for (let layer = 0; layer < config.prefusionLayers; layer++) {
    const at = `model.prefusion_layers.${layer}`;
    const norm = dataOf(`${at}.input_layernorm.weight`);
    for (const projection of ['q_proj', 'k_proj']) {
      const matrix = dataOf(`${at}.self_attn.${projection}.weight`);
      matrix.fill(0, 0, headDim * width);
      rows.forEach((row, i) => {
        // A unit's own weight in the norm before is taken back.
        for (let d = 0; d < width; d++) matrix[row * width + d] = (scale * directions[i][d]) / norm[d];
      });
    }
  }
}

/** The mean embedding of each class's words, of root mean square 1 as after a norm; classes without words left out. */
function meanEmbeddings(table: Float32Array, words: WordTable, width: number): Float64Array[] {
  return words
    .filter((ids) => ids.length > 0)
    .map((ids) => {
      const mean = Float64Array.from({ length: width }, (_, d) => ids.reduce((s, id) => s + table[id * width + d], 0));
      const size = Math.sqrt(dot(mean, mean) / width);
      return mean.map((x) => x / size);
    });
}

function centred(rows: Float64Array[], width: number): Float64Array[] {
  const mean = Float64Array.from({ length: width }, (_, d) => rows.reduce((s, row) => s + row[d], 0) / rows.length);
  return rows.map((row) => row.map((x, d) => x - mean[d]));
}

/** Orthonormal directions of largest variance, by repeated multiplication with the covariance. */
function principalDirections(rows: readonly Float64Array[], count: number, width: number): Float64Array[] {
  const covariance = Array.from({ length: width }, (_, i) => {
    const line = new Float64Array(width);
    for (const row of rows) for (let j = 0; j < width; j++) line[j] += row[i] * row[j];
    return line;
  });
  const random = new Random('principal directions');
  let axes: Float64Array[] = Array.from({ length: count }, () =>
    Float64Array.from({ length: width }, () => random.normal()),
  );
  for (let round = 0; round < ROUNDS; round++)
    axes = orthonormal(axes.map((axis) => Float64Array.from(covariance, (line) => dot(line, axis))));
  return axes;
}

/** Gram–Schmidt. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const made: Float64Array[] = [];
  for (const vector of vectors) {
    const left = Float64Array.from(vector);
    for (const axis of made) {
      const along = dot(axis, left);
      for (let d = 0; d < left.length; d++) left[d] -= along * axis[d];
    }
    const length = Math.sqrt(dot(left, left));
    made.push(left.map((x) => x / length));
  }
  return made;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
