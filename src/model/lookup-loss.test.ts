import { expect, test } from 'vitest';
import { openGraph } from '../../test/support/run-graph.ts';
import { normals, tinyConfigs } from '../../test/support/tiny-lite.ts';
import { Graph, gradients } from '../graph/index.ts';
import { Random } from '../util/random.ts';
import { lookupLoss } from './lookup-loss.ts';

const { config } = tinyConfigs();
const D = config.hiddenSize;
const FUSED = 6;
const PLACES = 3;
const HEADS = { counts: { classes: 4, weight: 0.5 }, rows: { classes: 3, weight: 2 } };

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
  const random = new Random('lookups');
  const parameters = Object.fromEntries(
    [...graph.parameters].map(([name, value]) => [
      name,
      normals(
        random,
        (value.shape as number[]).reduce((a, b) => a * b, 1),
      ),
    ]),
  );
  const session = await openGraph(graph);
  const out = await session.run({
    ...parameters,
    fused: normals(random, FUSED * D),
    // Rows 4 and 1 end names; the third place is empty.
    lookup_rows: Int32Array.of(4, 1, 0),
    lookup_rows_inverse: Int32Array.of(3, 1, 3, 3, 0, 3),
    counts_lookup_targets: Int32Array.of(2, 0, 0),
    counts_lookup_weights: Float32Array.of(1, 1, 0),
    rows_lookup_targets: Int32Array.of(0, 1, 0),
    rows_lookup_weights: Float32Array.of(0, 1, 0),
  });
  const entropy = (data: Float32Array, classes: number, row: number, target: number): number => {
    const own = data.subarray(row * classes, (row + 1) * classes);
    return Math.log(own.reduce((sum, x) => sum + Math.exp(x), 0)) - own[target];
  };
  const counts = (entropy(out.counts.data, 4, 0, 2) + entropy(out.counts.data, 4, 1, 0)) / 2;
  expect(out.loss.data[0]).toBeCloseTo(0.5 * counts + 2 * entropy(out.rows.data, 3, 1, 1), 4);
  const moved = [...Array(FUSED).keys()].filter((row) =>
    out.dFused.data.subarray(row * D, (row + 1) * D).some((x) => x !== 0),
  );
  expect(moved).toEqual([1, 4]);
  await session.close();
});
