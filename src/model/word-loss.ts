import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import type { ModelConfig } from './config.ts';
import { embeddingTable } from './language-model.ts';

/** Token ids of each class's words; a class without any is never a target. */
export type WordTable = readonly (readonly number[])[];

/** Words that patches, or other rows, are brought next to. */
export interface Words {
  table: WordTable;
  /** Only the patches move, not the words. */
  still?: boolean;
  /** Of each class, the others whose words are right for it, too: a steam train is a train. Nothing is pushed away from them. */
  alsoRight?: readonly (readonly number[])[];
}

/** How far apart the words' scores are: cosines times this go into the softmax. */
const SHARPNESS = 20;

/** Added to a score that a row is not told by. */
const LEFT_OUT = -1e4;

/**
 * Brings what the projector makes of a patch next to the embeddings of the words for what the patch shows (cosine,
 * softmax over all classes), so that pre-fusion finds what a question names by comparing like with like. Ours, not
 * the paper's: its patches come from CLIP, which has learned this with language.
 *
 * Inputs: `NAME_targets` int32, `NAME_weights` float32, `[rows]` each.
 *
 * @param patches `[rows, D]`, as the projector gives them
 * @returns mean loss per patch, `[]`
 */
export function wordLoss(graph: Graph, config: ModelConfig, name: string, patches: Value, words: Words): Value {
  const { table, still = false, alsoRight } = words;
  const rows = patches.shape[0] as number;
  const longest = Math.max(...table.map((ids) => ids.length));
  const ids = new Int32Array(table.length * longest);
  const shares = new Float32Array(table.length * longest);
  table.forEach((own, i) => {
    own.forEach((id, j) => {
      ids[i * longest + j] = id;
      shares[i * longest + j] = 1 / own.length;
    });
  });
  const sizes = [table.length, longest];
  const tokens = g.gather(embeddingTable(graph, config), graph.constant(ids, sizes, 'int32')); // [classes, longest, D]
  const means = g.reduceSum(g.mul(tokens, graph.constant(shares, [...sizes, 1], 'float32')), [1]); // [classes, D]
  const cosines = g.matmul(unit(patches), g.transpose(unit(still ? g.stopGradient(means) : means), [1, 0])); // [rows, classes]
  const targets = graph.input(`${name}_targets`, 'int32', [rows]);
  const weights = graph.input(`${name}_weights`, 'float32', [rows]);
  const scores = g.mul(cosines, SHARPNESS);
  if (alsoRight === undefined) return g.crossEntropy(scores, targets, weights);
  return g.crossEntropy(g.add(scores, g.gather(leftOut(graph, alsoRight), targets)), targets, weights);
}

/** `[classes, classes]`: what is added to each class's score where the row's class is the target. */
function leftOut(graph: Graph, alsoRight: readonly (readonly number[])[]): Value {
  const classes = alsoRight.length;
  const added = new Float32Array(classes * classes);
  alsoRight.forEach((others, i) => {
    for (const other of others) added[i * classes + other] = LEFT_OUT;
  });
  return graph.constant(added, [classes, classes], 'float32');
}

/** Rows of length 1. */
function unit(x: Value): Value {
  return g.div(x, g.sqrt(g.add(g.reduceSum(g.mul(x, x), [-1], true), 1e-6)));
}
