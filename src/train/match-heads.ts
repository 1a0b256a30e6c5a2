import { LlavaMiniError } from '../errors.ts';
import type { ModelConfig } from '../model/config.ts';
import type { WordTable } from '../model/word-loss.ts';
import { Random } from '../util/random.ts';
import type { Weights } from './weights.ts';

const ROUNDS = 60;

export interface MatchOptions {
  /** Names whose embeddings are to be told apart. */
  names: WordTable;
  /** Score of a name with itself, before the softmax. */
  sharpness: number;
  /** Words for what else patches show: what is found is copied in these directions first, then in those of names. */
  copied: WordTable;
  /** How strongly, against a unit of the residual stream; 0 leaves values and output as they are. */
  copy: number;
}

/**
 * Sets the first head of each pre-fusion layer to compare content: its queries and keys become the same projection,
 * on the directions in which the names' embeddings differ most. Where patches lie next to the words for what they
 * show (`wordLoss`), the token of a name then looks at the patches that show it. Left to itself this takes longer than
 * nano was ever trained: an answer gains nothing from looking there before it can use what it finds, and the other
 * way round. With `copy`, values and output pass on what those patches say in words, so that there is something to
 * use: the token of a name gets the words for the place and the colour, that of a place the name.
 *
 * For queries and keys only the slower half of the rotary pairs is used, the rest of the head's rows are zero: the
 * faster ones turn too far between a patch and a question.
 *
 * @throws LlavaMiniError `bad-checkpoint` when a weight is missing; `bad-argument` without pre-fusion
 */
export function matchHeads(config: ModelConfig, weights: Weights, options: MatchOptions): void {
  if (config.prefusionLayers === 0)
    throw new LlavaMiniError('bad-argument', 'a model without pre-fusion layers has no heads that look at patches');
  const { hiddenSize: width, headDim, heads } = config;
  const dataOf = (name: string): Float32Array => {
    const weight = weights.get(name);
    if (!weight) throw new LlavaMiniError('bad-checkpoint', `weight ${name} is missing`);
    return weight.data;
  };
  const embeddings = dataOf('model.embed_tokens.weight');
  const names = centred(meanEmbeddings(embeddings, options.names, width), width);
  const pairs = headDim / 2;
  const slow = Array.from({ length: pairs - Math.floor(pairs / 2) }, (_, i) => Math.floor(pairs / 2) + i);
  // Rotary turns row i with row i + headDim/2.
  const rows = slow.flatMap((i) => [i, i + pairs]);
  const directions = principalDirections(names, rows.length, width);
  const spread = names.reduce((sum, name) => sum + directions.reduce((s, axis) => s + dot(axis, name) ** 2, 0), 0);
  const scale = Math.sqrt((options.sharpness * Math.sqrt(headDim) * names.length) / spread);
  const passed = orthonormal([...meanEmbeddings(embeddings, options.copied, width), ...directions]).slice(0, headDim);
  for (let layer = 0; layer < config.prefusionLayers; layer++) {
    const at = `model.prefusion_layers.${layer}`;
    // A unit's own weight in the norm before is taken back.
    const norm = dataOf(`${at}.input_layernorm.weight`);
    const project = (name: string, onto: readonly Float64Array[], rowOf: (i: number) => number, by: number): void => {
      const matrix = dataOf(`${at}.self_attn.${name}.weight`);
      matrix.fill(0, 0, headDim * width);
      onto.forEach((axis, i) => {
        for (let d = 0; d < width; d++) matrix[rowOf(i) * width + d] = (by * axis[d]) / norm[d];
      });
    };
    for (const name of ['q_proj', 'k_proj']) project(name, directions, (i) => rows[i], scale);
    if (options.copy === 0) continue;
    project('v_proj', passed, (i) => i, 1);
    const output = dataOf(`${at}.self_attn.o_proj.weight`);
    for (let d = 0; d < width; d++)
      for (let i = 0; i < headDim; i++)
        output[d * heads * headDim + i] = i < passed.length ? options.copy * passed[i][d] : 0;
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

/** Gram–Schmidt; vectors that lie in the others' span are left out. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const made: Float64Array[] = [];
  for (const vector of vectors) {
    const left = Float64Array.from(vector);
    for (const axis of made) {
      const along = dot(axis, left);
      for (let d = 0; d < left.length; d++) left[d] -= along * axis[d];
    }
    const length = Math.sqrt(dot(left, left));
    if (length > 1e-6 * Math.sqrt(dot(vector, vector))) made.push(left.map((x) => x / length));
  }
  return made;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
