import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import type { ModelConfig } from './config.ts';

/** What is asked of a looked-up thing, each as one of so many classes, and what its loss counts for; of the class `common` (most are) a part. */
export type LookupHeads = Readonly<Record<string, { classes: number; weight: number; common?: number }>>;

/** Prefix of the classifiers' weights, which are thrown away after training. */
export const LOOKUP_HEAD = 'lookup_head.';

/**
 * Teaches pre-fusion to look: fused tokens have to tell something of the picture, by linear classifiers that are thrown
 * away afterwards: that which ends the name of a thing where it is, how many there are, its colour and size; those
 * around the question what the answer says (`Lookup` has them all). Ours, not the paper's, whose language model learns
 * this from far more answers.
 *
 * Inputs: `lookup_rows` int32 `[rows]`, `lookup_rows_inverse` int32 `[fused rows]`, see `takeRows`; for each head
 * `HEAD_lookup_targets` int32 and `HEAD_lookup_weights` float32 `[rows]`.
 *
 * @param fused all fused rows, `[fused rows, D]`
 * @param count tokens that tell something
 * @returns the weighted sum of the heads' mean losses, `[]`, and each head's logits `[rows, classes]`
 */
export function lookupLoss(
  graph: Graph,
  config: ModelConfig,
  fused: Value,
  count: number,
  heads: LookupHeads,
): { loss: Value; logits: Record<string, Value> } {
  const picked = g.takeRows(
    fused,
    graph.input('lookup_rows', 'int32', [count]),
    graph.input('lookup_rows_inverse', 'int32', [fused.shape[0] as number]),
  );
  return tellLoss(graph, config, picked, 'norm', heads);
}

/** What each head's linear classifier tells of rows `[rows, D]`, behind a norm of that name; inputs, and what is returned, as for `lookupLoss`. */
function tellLoss(
  graph: Graph,
  config: ModelConfig,
  rows: Value,
  norm: string,
  heads: LookupHeads,
): { loss: Value; logits: Record<string, Value> } {
  const weight = (name: string, ...shape: number[]): Value => graph.parameter(`${LOOKUP_HEAD}${name}`, shape);
  const [count, d] = rows.shape as number[];
  const normed = g.rmsNorm(rows, weight(`${norm}.weight`, d), config.rmsNormEps);
  const logits: Record<string, Value> = {};
  let loss: Value | null = null;
  for (const [name, head] of Object.entries(heads)) {
    logits[name] = g.linear(normed, weight(`${name}.weight`, head.classes, d), weight(`${name}.bias`, head.classes));
    const targets = graph.input(`${name}_lookup_targets`, 'int32', [count]);
    const own = g.crossEntropy(logits[name], targets, graph.input(`${name}_lookup_weights`, 'float32', [count]));
    const counted = g.mul(own, head.weight);
    loss = loss === null ? counted : g.add(loss, counted);
  }
  if (loss === null) throw new RangeError('lookups without heads');
  return { loss, logits };
}

/** The pointer's name among lookups. */
export const POINTER = 'pointer';

/**
 * Teaches the language model to keep to an order: half way up, rows that predict tokens of a list tell which of the
 * picture's parts what comes next is in. Meant against lists that say one thing twice and leave out another, though the
 * tokens before the question told of both; nano's do so about as often as before (`docs/log.md`). Ours.
 *
 * Inputs as of `lookupLoss` for a head `pointer`, `[rows]` each.
 *
 * @param rows what the language model's middle layer gives out where answers are predicted (of four the second), `[rows, D]`
 */
export function pointerLoss(
  graph: Graph,
  config: ModelConfig,
  rows: Value,
  head: LookupHeads[string],
): { loss: Value; logits: Record<string, Value> } {
  return tellLoss(graph, config, rows, 'pointer_norm', { [POINTER]: head });
}
