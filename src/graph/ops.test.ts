import { describe, expect, test } from 'vitest';
import { setup } from '../../test/support/build-graph.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import type { Value } from './index.ts';
import * as g from './index.ts';

describe('basic operations compute what they say', () => {
  test('pieces of tensors', async () => {
    const [graph, a] = setup([2, 4]);
    const [left, right] = g.split(a, 1, [1, 3]);
    const results: Record<string, Value> = {
      left,
      right,
      slice: g.slice(a, -1, 1, 3),
      from: g.sliceFrom(a, 1, 3, 1),
      last: g.sliceLast(a, 1, graph.constant(BigInt64Array.of(2n), [], 'int64'), 2),
      pad: g.padAxis(g.slice(a, 1, 0, 2), 1, 1, 2),
      joined: g.concat([right, left], 1),
      turned: g.transpose(a, [1, 0]),
      wide: g.expand(g.slice(a, 0, 1, 2), [2, 4]),
      columns: g.gather(a, graph.ints([3, 0]), 1),
      places: g.gatherLast(a, graph.constant(BigInt64Array.of(1n, 1n, 0n, 3n), [2, 2], 'int64')),
      sums: g.reduceSum(a, [0]),
      mean: g.reduceMean(a, [-1], true),
      size: g.sizeAlong(a, -1),
      range: g.range(g.sizeAlong(a, 1), 4),
      sevens: g.full(a, [3], 7),
      row: g.gatherRow(g.reshape(a, [2, 2, 2]), graph.constant(BigInt64Array.of(1n, 0n), [2, 1], 'int64')),
      added: g.scatterAdd(a, graph.constant(BigInt64Array.of(0n, 0n), [1, 2], 'int64'), g.full(a, [1, 2], 100), 1),
    };
    for (const [name, value] of Object.entries(results)) graph.output(name, value);
    const out = await runGraph(graph, { a: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    const expected: Record<string, number[]> = {
      left: [1, 5],
      right: [2, 3, 4, 6, 7, 8],
      slice: [2, 3, 6, 7],
      from: [4, 8],
      last: [3, 4, 7, 8],
      pad: [0, 1, 2, 0, 0, 0, 5, 6, 0, 0],
      joined: [2, 3, 4, 1, 6, 7, 8, 5],
      turned: [1, 5, 2, 6, 3, 7, 4, 8],
      wide: [5, 6, 7, 8, 5, 6, 7, 8],
      columns: [4, 1, 8, 5],
      places: [2, 2, 5, 8],
      sums: [6, 8, 10, 12],
      mean: [2.5, 6.5],
      size: [4],
      range: [0, 1, 2, 3],
      sevens: [7, 7, 7],
      row: [3, 4, 5, 6],
      added: [201, 2, 3, 4, 5, 6, 7, 8],
    };
    for (const [name, data] of Object.entries(expected)) {
      expect([name, ...out[name].data]).toEqual([name, ...data]);
      expect([name, ...out[name].shape]).toEqual([name, ...results[name].shape]);
    }
  });

  test('comparisons, limits and types', async () => {
    const [graph, a] = setup([3]);
    const n = graph.input('n', 'int64', [3]);
    const half = g.cast(a, 'float16');
    const results: Record<string, Value> = {
      clip: g.clip(a, -0.5, 1),
      min: g.min(a, 0),
      max: g.max(0, a),
      equal: g.equal(n, 2),
      least: g.greaterOrEqual(a, 0.25),
      chosen: g.where(g.equal(n, 2), a, 9),
      half: g.cast(g.clip(g.mul(half, 2), -1, 3), 'float32'),
      padded: g.padAxis(half, 0, 1, 0),
      whole: g.cast(a, 'int32'),
      same: g.cast(a, 'float32'),
    };
    for (const [name, value] of Object.entries(results)) graph.output(name, value);
    const out = await runGraph(graph, { a: Float32Array.of(-2, 0.25, 1.75), n: BigInt64Array.of(1n, 2n, 3n) });
    const expected: Record<string, number[]> = {
      clip: [-0.5, 0.25, 1],
      min: [-2, 0, 0],
      max: [0, 0.25, 1.75],
      equal: [0, 1, 0],
      least: [0, 1, 1],
      chosen: [9, 0.25, 9],
      half: [-1, 0.5, 3],
      padded: [0, -2, 0.25, 1.75],
      whole: [-2, 0, 1],
      same: [-2, 0.25, 1.75],
    };
    for (const [name, data] of Object.entries(expected)) expect([name, ...out[name].data]).toEqual([name, ...data]);
  });
});
