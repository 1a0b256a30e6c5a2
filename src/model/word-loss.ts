import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import type { ModelConfig } from './config.ts';
import { embeddingTable } from './language-model.ts';

/** Token ids of each class's words; a class without any is never a target. */
export type WordTable = readonly (readonly number[])[];

/** How far apart the words' scores are: cosines times this go into the softmax. */
const SHARPNESS = 20;

/**
 * Brings what the projector makes of a patch next to the embeddings of the words for what the patch shows (cosine,
 * softmax over all classes), so that pre-fusion finds what a question names by comparing like with like. Ours, not
 * the paper's: its patches come from CLIP, which has learned this with language.
 *
 * Inputs: `NAME_targets` int32, `NAME_weights` float32, `[rows]` each.
 *
 * @param patches `[rows, D]`, as the projector gives them
 * @param still only the patches move, not the words
 * @returns mean loss per patch, `[]`
 */
export function wordLoss(
  graph: Graph,
  config: ModelConfig,
  name: string,
  patches: Value,
  words: WordTable,
  still = false,
): Value {
  const rows = patches.shape[0] as number;
  const longest = Math.max(...words.map((ids) => ids.length));
  const ids = new Int32Array(words.length * longest);
  const shares = new Float32Array(words.length * longest);
  words.forEach((own, i) => {
    own.forEach((id, j) => {
      ids[i * longest + j] = id;
      shares[i * longest + j] = 1 / own.length;
    });
  });
  const sizes = [words.length, longest];
  const tokens = g.gather(embeddingTable(graph, config), graph.constant(ids, sizes, 'int32')); // [classes, longest, D]
  const means = g.reduceSum(g.mul(tokens, graph.constant(shares, [...sizes, 1], 'float32')), [1]); // [classes, D]
  const cosines = g.matmul(unit(patches), g.transpose(unit(still ? g.stopGradient(means) : means), [1, 0])); // [rows, classes]
  const targets = graph.input(`${name}_targets`, 'int32', [rows]);
  const weights = graph.input(`${name}_weights`, 'float32', [rows]);
  return g.crossEntropy(g.mul(cosines, SHARPNESS), targets, weights);
}

/** Rows of length 1. */
function unit(x: Value): Value {
  return g.div(x, g.sqrt(g.add(g.reduceSum(g.mul(x, x), [-1], true), 1e-6)));
}
