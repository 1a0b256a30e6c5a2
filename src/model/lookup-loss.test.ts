import { expect, test } from 'vitest';
import { openGraph } from '../../test/support/run-graph.ts';
import { normals, tinyConfigs } from '../../test/support/tiny-lite.ts';
import { Graph, gradients } from '../graph/index.ts';
import { Random } from '../util/random.ts';
import { lookupLoss, pointerLoss } from './lookup-loss.ts';

const { config } = tinyConfigs();
const D = config.hiddenSize;
const FUSED = 6;
const PLACES = 3;
const HEADS = { counts: { classes: 4, weight: 0.5 }, rows: { classes: 3, weight: 2 } };

/** Cross-entropy of one row of logits. */
function entropy(data: Float32Array, classes: number, row: number, target: number): number {
  const own = data.subarray(row * classes, (row + 1) * classes);
  return Math.log(own.reduce((sum, x) => sum + Math.exp(x), 0)) - own[target];
}

/** Weights of a graph, by name. */
function drawn(graph: Graph): Record<string, Float32Array> {
  const sizeOf = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);
  return Object.fromEntries(
    [...graph.parameters].map(([name, value]) => [name, normals(new Random(name), sizeOf(value.shape as number[]))]),
  );
}

test('the loss is the weighted sum of classifiers on the rows that end names, and moves those rows alone', async () => {
  const graph = new Graph('lookups', 'training');
  const fused = graph.input('fused', 'float32', [FUSED, D]);
  const { loss, logits } = lookupLoss(graph, config, fused, PLACES, HEADS);
  expect(logits.counts.shape).toEqual([PLACES, 4]);
  const [dFused] = gradients(loss, [fused]);
  graph.output('loss', loss);
  graph.output('counts', logits.counts);
  graph.output('rows', logits.rows);
  graph.output('dFused', dFused as NonNullable<typeof dFused>);
  const parameters = drawn(graph);
  const session = await openGraph(graph);
  const out = await session.run({
    ...parameters,
    fused: normals(new Random('fused'), FUSED * D),
    // Rows 4 and 1 end names; the third place is empty.
    lookup_rows: Int32Array.of(4, 1, 0),
    lookup_rows_inverse: Int32Array.of(3, 1, 3, 3, 0, 3),
    counts_lookup_targets: Int32Array.of(2, 0, 0),
    counts_lookup_weights: Float32Array.of(1, 1, 0),
    rows_lookup_targets: Int32Array.of(0, 1, 0),
    rows_lookup_weights: Float32Array.of(0, 1, 0),
  });
  const counts = (entropy(out.counts.data, 4, 0, 2) + entropy(out.counts.data, 4, 1, 0)) / 2;
  expect(out.loss.data[0]).toBeCloseTo(0.5 * counts + 2 * entropy(out.rows.data, 3, 1, 1), 4);
  const moved = [...Array(FUSED).keys()].filter((row) =>
    out.dFused.data.subarray(row * D, (row + 1) * D).some((x) => x !== 0),
  );
  expect(moved).toEqual([1, 4]);
  await session.close();
});

test('a pointer is a classifier of its own, of rows that point', async () => {
  const graph = new Graph('pointer', 'training');
  const rows = graph.input('rows', 'float32', [PLACES, D]);
  const { loss, logits } = pointerLoss(graph, config, rows, { classes: 4, weight: 0.5 });
  const [dRows] = gradients(loss, [rows]);
  graph.output('loss', loss);
  graph.output('logits', logits.pointer);
  graph.output('dRows', dRows as NonNullable<typeof dRows>);
  expect([...graph.parameters.keys()].sort()).toEqual(
    ['pointer.bias', 'pointer.weight', 'pointer_norm.weight'].map((name) => `lookup_head.${name}`),
  );
  const session = await openGraph(graph);
  const out = await session.run({
    ...drawn(graph),
    rows: normals(new Random('rows'), PLACES * D),
    pointer_lookup_targets: Int32Array.of(3, 0, 1),
    pointer_lookup_weights: Float32Array.of(1, 0, 1),
  });
  const logit = out.logits.data;
  expect(out.loss.data[0]).toBeCloseTo((entropy(logit, 4, 0, 3) + entropy(logit, 4, 2, 1)) / 4, 4);
  const moved = [0, 1, 2].filter((row) => out.dRows.data.subarray(row * D, (row + 1) * D).some((x) => x !== 0));
  expect(moved).toEqual([0, 2]);
  await session.close();
});
