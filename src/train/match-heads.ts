import { LlavaMiniError } from '../errors.ts';
import type { ModelConfig } from '../model/config.ts';
import type { WordTable } from '../model/word-loss.ts';
import { Random } from '../util/random.ts';
import { dot, orthonormal } from './vectors.ts';
import type { Weights } from './weights.ts';

const ROUNDS = 60;

export interface MatchOptions {
  /** Names of things: what the first head compares. */
  names: WordTable;
  /** Words for what else patches show: what the second head compares. */
  attributes: WordTable;
  /** Score of a name with itself, before the softmax; attributes, of which a patch has several, get twice that. */
  sharpness: number;
  /** How strongly the heads pass on what they find, against a unit of the residual stream; 0 for names' queries and keys alone. */
  copy: number;
}

/**
 * Sets heads of each pre-fusion layer to compare content: queries and keys of the first become the same projection, on
 * the directions in which the names' embeddings differ most. Where patches lie next to the words for what they show
 * (`wordLoss`), the token of a name then looks at the patches that show it. Left to itself this takes longer than
 * nano was ever trained: an answer gains nothing from looking there before it can use what it finds, and the other
 * way round. With `copy`, the second head does the same with words for places, colours and kinds, and values and
 * output of both pass on what those patches say in words: a name gets its thing's attributes, an attribute the name.
 *
 * For queries and keys only the slower half of the rotary pairs is used, the rest of the head's rows are zero: the
 * faster ones turn too far between a patch and a question.
 *
 * @throws LlavaMiniError `bad-checkpoint` when a weight is missing; `bad-argument` without pre-fusion, or with fewer
 *   key heads than query heads
 */
export function matchHeads(config: ModelConfig, weights: Weights, options: MatchOptions): void {
  if (config.prefusionLayers === 0)
    throw new LlavaMiniError('bad-argument', 'a model without pre-fusion layers has no heads that look at patches');
  const { hiddenSize: width, headDim, heads } = config;
  const both = options.copy > 0;
  if (both && (config.kvHeads !== heads || heads < 2))
    throw new LlavaMiniError('bad-argument', 'copying heads need two query heads with keys of their own');
  const dataOf = (name: string): Float32Array => {
    const weight = weights.get(name);
    if (!weight) throw new LlavaMiniError('bad-checkpoint', `weight ${name} is missing`);
    return weight.data;
  };
  const pairs = headDim / 2;
  const slow = Array.from({ length: pairs - Math.floor(pairs / 2) }, (_, i) => Math.floor(pairs / 2) + i);
  // Rotary turns row i with row i + headDim/2.
  const rows = slow.flatMap((i) => [i, i + pairs]);
  const embeddings = dataOf('model.embed_tokens.weight');
  const names = centred(meanEmbeddings(embeddings, options.names, width), width);
  const attributes = meanEmbeddings(embeddings, options.attributes, width);
  const mainNames = principalDirections(names, both ? headDim : rows.length, width);
  const sharp = options.sharpness * Math.sqrt(headDim);
  const made = [
    {
      compared: scaled(mainNames.slice(0, rows.length), names, sharp),
      passed: both ? orthonormal([...attributes, ...mainNames]).slice(0, headDim) : null,
    },
  ];
  if (both) {
    const apart = centred(attributes, width);
    const axes = orthonormal(apart).slice(0, rows.length);
    made.push({ compared: scaled(axes, apart, 2 * sharp), passed: mainNames });
  }
  for (let layer = 0; layer < config.prefusionLayers; layer++) {
    const at = `model.prefusion_layers.${layer}`;
    // A unit's own weight in the norm before is taken back.
    const norm = dataOf(`${at}.input_layernorm.weight`);
    made.forEach(({ compared, passed }, head) => {
      const start = head * headDim;
      const project = (name: string, onto: readonly Float64Array[], rowOf: (i: number) => number): void => {
        const matrix = dataOf(`${at}.self_attn.${name}.weight`);
        matrix.fill(0, start * width, (start + headDim) * width);
        onto.forEach((axis, i) => {
          for (let d = 0; d < width; d++) matrix[(start + rowOf(i)) * width + d] = axis[d] / norm[d];
        });
      };
      for (const name of ['q_proj', 'k_proj']) project(name, compared, (i) => rows[i]);
      if (passed === null) return;
      project('v_proj', passed, (i) => i);
      const output = dataOf(`${at}.self_attn.o_proj.weight`);
      for (let d = 0; d < width; d++)
        for (let i = 0; i < headDim; i++)
          output[d * heads * headDim + start + i] = i < passed.length ? options.copy * passed[i][d] : 0;
    });
  }
}

/** Directions so long that the products of vectors with themselves, along them, are `product` on average. */
function scaled(
  directions: readonly Float64Array[],
  vectors: readonly Float64Array[],
  product: number,
): Float64Array[] {
  const spread = vectors.reduce(
    (sum, vector) => sum + directions.reduce((s, axis) => s + dot(axis, vector) ** 2, 0),
    0,
  );
  const scale = Math.sqrt((product * vectors.length) / spread);
  return directions.map((axis) => axis.map((x) => scale * x));
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
