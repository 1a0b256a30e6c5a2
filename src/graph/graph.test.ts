import { describe, expect, test } from 'vitest';
import { runGraph } from '../../test/support/run-graph.ts';
import { LlavaMiniError } from '../errors.ts';
import * as g from './index.ts';
import { Graph, usedParameters, type Value } from './index.ts';

function setup(...shapes: (readonly (number | string)[])[]): [Graph, ...Value[]] {
  const graph = new Graph('test', 'inference');
  return [graph, ...shapes.map((shape, i) => graph.input('abcdef'[i], 'float32', shape))];
}

function messageOf(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    expect(error).toBeInstanceOf(LlavaMiniError);
    expect((error as LlavaMiniError).code).toBe('bad-graph');
    return (error as LlavaMiniError).message;
  }
  throw new Error('nothing was thrown');
}

describe('errors name the operation, its operands and their shapes', () => {
  const cases: [string, number[][], (...v: Value[]) => unknown, string][] = [
    [
      'add',
      [
        [2, 3],
        [2, 4],
      ],
      g.add,
      'Add(a float32[2,3], b float32[2,4]): shapes do not broadcast',
    ],
    [
      'matmul',
      [
        [2, 3],
        [4, 2],
      ],
      g.matmul,
      'matmul(a float32[2,3], b float32[4,2]): inner dimensions 3 and 4 differ',
    ],
    ['matmul of vectors', [[3], [3, 2]], g.matmul, 'matmul(a float32[3], b float32[3,2]): both operands need two'],
    [
      'matmul of batches',
      [
        [2, 1, 3],
        [4, 3, 1],
      ],
      g.matmul,
      'matmul(a float32[2,1,3], b float32[4,3,1]): the dimensions before',
    ],
    [
      'gemm',
      [
        [2, 3],
        [2, 3],
      ],
      (a, b) => g.gemm(a, b),
      'gemm(a float32[2,3], b float32[2,3]): inner dimensions 3 and 2 differ',
    ],
    [
      'gemm, bias',
      [[2, 3], [3, 4], [3]],
      (a, b, c) => g.gemm(a, b, c),
      'gemm(a float32[2,3], b float32[3,4], c float32[3]): the bias must be [4]',
    ],
    [
      'concat',
      [
        [2, 3],
        [3, 3],
      ],
      (...v) => g.concat(v, 1),
      'concat(a float32[2,3], b float32[3,3]): do not fit along axis 1',
    ],
    ['reshape', [[2, 3]], (a) => g.reshape(a, [4, 2]), 'reshape(a float32[2,3]): cannot become [4,2]'],
    ['transpose', [[2, 3]], (a) => g.transpose(a, [0, 2]), 'transpose(a float32[2,3]): bad permutation 0,2'],
    ['expand', [[2, 3]], (a) => g.expand(a, [2, 1]), 'expand(a float32[2,3]): cannot become [2,1]'],
    ['slice', [[2, 3]], (a) => g.slice(a, 1, 1, 4), 'slice(a float32[2,3]): 1…4 along axis 1 is out of range'],
    ['split', [[2, 3]], (a) => g.split(a, 1, [1, 1]), 'split(a float32[2,3]): sizes 1,1 do not add up to axis 1'],
    ['an axis', [[2, 3]], (a) => g.reduceSum(a, [2]), 'axis(a float32[2,3]): axis 2 is out of range'],
    [
      'gather',
      [[2, 3], [1]],
      (a, b) => g.gather(a, b),
      'gather(a float32[2,3], b float32[1]): indices must be integers',
    ],
    [
      'gatherLast',
      [
        [2, 3],
        [3, 1],
      ],
      g.gatherLast,
      'gatherLast(a float32[2,3], b float32[3,1]): all dimensions but the last',
    ],
    [
      'gatherLast, type',
      [
        [2, 3],
        [2, 1],
      ],
      g.gatherLast,
      'gatherLast(a float32[2,3], b float32[2,1]): indices must be integers',
    ],
    [
      'gatherRow',
      [
        [2, 3],
        [2, 1],
      ],
      g.gatherRow,
      'gatherRow(a float32[2,3], b float32[2,1]): expected [B,T,D], [B,1]',
    ],
    ['where', [[2], [2], [2]], g.where, 'where(a float32[2], b float32[2], c float32[2]): shapes or types do not fit'],
    [
      'linear',
      [
        [2, 3],
        [4, 5],
      ],
      g.linear,
      'linear(a float32[2,3], b float32[4,5]): input width differs',
    ],
    [
      'linear, bias',
      [[2, 3], [4, 3], [1]],
      g.linear,
      'linear(a float32[2,3], b float32[4,3], c float32[1]): the bias must be [4]',
    ],
    [
      'layerNorm',
      [[2, 3], [3], [2]],
      (a, b, c) => g.layerNorm(a, b, c, 1e-5),
      'layerNorm(a float32[2,3], b float32[3], c float32[2]): weight',
    ],
    [
      'rmsNorm',
      [[2, 3], [2]],
      (a, b) => g.rmsNorm(a, b, 1e-5),
      'rmsNorm(a float32[2,3], b float32[2]): weight must have the width of x',
    ],
    [
      'crossEntropy',
      [[2, 3], [3], [2]],
      g.crossEntropy,
      'crossEntropy(a float32[2,3], b float32[3], c float32[2]): expected',
    ],
    [
      'takeRows',
      [[2, 3], [1], [3]],
      g.takeRows,
      'takeRows(a float32[2,3], b float32[1], c float32[3]): expected [R, D], [M], [R]',
    ],
    [
      'spaceToDepth',
      [[1, 2, 4, 5]],
      (a) => g.spaceToDepth(a, 2),
      'spaceToDepth(a float32[1,2,4,5]): 4×5 is no multiple of 2',
    ],
    [
      'rotary',
      [[1, 1, 2, 4], [2], [3, 4], [3, 4]],
      g.rotary,
      'rotary(a float32[1,1,2,4], b float32[2], c float32[3,4], d float32[3,4]): expected',
    ],
  ];
  for (const [name, shapes, build, start] of cases)
    test(name, () => {
      const [, ...values] = setup(...shapes);
      expect(messageOf(() => build(...values))).toContain(start);
    });

  test('conv2d', () => {
    const conv = (shapes: number[][], options: Partial<g.ConvOptions> = {}): string => {
      const [, x, weight, bias] = setup(...shapes);
      return messageOf(() => g.conv2d(x, weight, bias ?? null, { stride: 1, padding: [0, 0, 0, 0], ...options }));
    };
    expect(
      conv([
        [1, 3, 4, 4],
        [8, 2, 3, 3],
      ]),
    ).toBe('conv2d(a float32[1,3,4,4], b float32[8,2,3,3]): 3 channels to 8 do not fit 1 groups of 2');
    expect(
      conv(
        [
          [1, 4, 4, 4],
          [3, 2, 3, 3],
        ],
        { groups: 2 },
      ),
    ).toContain('4 channels to 3 do not fit 2 groups of 2');
    expect(conv([[1, 3, 4, 4], [8, 3, 3, 3], [7]])).toContain('c float32[7]): the bias must be [8]');
    expect(
      conv([
        [3, 4, 4],
        [8, 3, 3, 3],
      ]),
    ).toContain('conv2d(a float32[3,4,4], b float32[8,3,3,3]): expected [N, C, H, W]');
    expect(
      conv([
        [1, 3, 2, 9],
        [8, 3, 3, 3],
      ]),
    ).toContain('the kernel is larger than x');
  });

  test('groupQueryAttention', () => {
    const [graph, q, k, v, cos] = setup([1, 2, 12], [1, 2, 8], [1, 2, 8], [4, 1]);
    const [lengths, total] = [graph.input('lengths', 'int32', [1]), graph.input('total', 'int32', [])];
    const attend = (heads: number, kvHeads: number) => () =>
      g.groupQueryAttention(q, k, v, null, lengths, total, heads, kvHeads);
    expect(messageOf(attend(3, 1))).toContain('groupQueryAttention(a float32[1,2,12], b float32[1,2,8]');
    expect(messageOf(attend(3, 2))).toContain('3 heads over 2 key heads do not fit');
    expect(messageOf(attend(6, 4))).toContain('6 heads over 4 key heads do not fit');
    expect(messageOf(() => g.groupQueryAttention(q, q, q, null, lengths, total, 1, 1))).toContain(
      'the engine wants heads of a multiple of 8 numbers, not 12',
    );
    expect(messageOf(() => g.prefixAttention(q, k, v, { key: k, value: v }, { cos, sin: cos }, 5, 1))).toContain(
      'prefixAttention(a float32[1,2,12], b float32[1,2,8], c float32[1,2,8]): 5 heads over 1 key heads do not fit',
    );
    expect(messageOf(attend(5, 1))).toContain('5 heads over 1 key heads do not fit');
  });

  test('element types', () => {
    const [graph, a] = setup([2, 2]);
    const n = graph.input('n', 'int64', [2, 2]);
    expect(messageOf(() => g.add(a, n))).toBe('Add(a float32[2,2], n int64[2,2]): element types differ');
    expect(messageOf(() => g.matmul(a, n))).toContain('matmul(a float32[2,2], n int64[2,2]): element types differ');
    expect(messageOf(() => g.gemm(a, n))).toContain('gemm(a float32[2,2], n int64[2,2]): element types differ');
    expect(messageOf(() => g.linear(a, n))).toContain('linear(a float32[2,2], n int64[2,2]): element types differ');
    expect(messageOf(() => g.where(g.greaterOrEqual(a, 0), a, n))).toContain('shapes or types do not fit');
  });
});

describe('a graph keeps its values apart', () => {
  test('a parameter is one value, with one shape', () => {
    const [graph] = setup();
    const weight = graph.parameter('w', [2, 3]);
    expect(graph.parameter('w', [2, 3])).toBe(weight);
    expect(messageOf(() => graph.parameter('w', [3, 2]))).toBe('weight w is used as [3,2] and as [2,3]');
  });

  test('names are taken once', () => {
    const [graph, a] = setup([2]);
    expect(messageOf(() => graph.input('a', 'float32', [3]))).toBe('the name a is taken in graph test');
    expect(messageOf(() => graph.parameter('a', [3]))).toContain('the name a is taken');
    expect(messageOf(() => graph.output('a', a))).toContain('the name a is taken');
    graph.output('y', a);
    expect(messageOf(() => graph.output('y', a))).toContain('the name y is taken');
  });

  test('values of another graph are refused', () => {
    const other = new Graph('other', 'training');
    const x = other.input('x', 'float32', [2]);
    const [graph, a] = setup([2]);
    expect(messageOf(() => g.add(a, x))).toBe('Add: x float32[2] belongs to graph other, not test');
    expect(messageOf(() => graph.output('y', x))).toContain('output y: x float32[2] belongs to graph other, not test');
  });

  test('small constants are made once', () => {
    const [graph] = setup();
    expect(graph.scalar(2)).toBe(graph.scalar(2));
    expect(graph.ints([1, 2])).toBe(graph.ints([1, 2]));
    expect(graph.ints([1, 2])).not.toBe(graph.constant(BigInt64Array.of(1n, 2n), [2, 1], 'int64'));
    expect(graph.scalar(2)).not.toBe(graph.constant(Int32Array.of(2), [], 'int32'));
    expect(graph.scalar(0)).not.toBe(graph.scalar(-0));
    expect(graph.constants.size).toBe(6);
    expect(messageOf(() => graph.constant(new Float32Array(3), [2, 2], 'float32'))).toBe(
      'constant of shape [2,2] got 3 elements',
    );
  });

  test('scopes name the nodes, also after an error inside', () => {
    const [graph, a] = setup([2]);
    expect(() =>
      graph.scope('broken', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(graph.scope('layer.0', () => graph.scope('mlp', () => g.exp(a))).producer?.name).toMatch(
      /^layer\.0\/mlp\/Exp_\d+$/,
    );
  });
});

describe('symbolic dimensions', () => {
  test('broadcast with themselves and with 1 only', () => {
    const [, a, b, c, d] = setup(['batch', 3], ['batch', 1], [1, 3], ['tokens', 3]);
    expect(g.add(a, b).shape).toEqual(['batch', 3]);
    expect(g.add(c, b).shape).toEqual(['batch', 3]);
    expect(messageOf(() => g.add(a, d))).toBe('Add(a float32[batch,3], d float32[tokens,3]): shapes do not broadcast');
  });

  test('products of them come out in one form', () => {
    expect(g.sizeProduct('b', 4, 'a', 3)).toBe('a*b*12');
    expect(g.sizeProduct(g.sizeProduct('b', 4), 'a', 3)).toBe('a*b*12');
    expect(g.sizeProduct('a+b', 2)).toBe('a+b*2');
    expect(g.sizeProduct(2, 3)).toBe(6);
  });

  test('reshape keeps the number of elements', () => {
    const [, a, b] = setup(['batch', 4, 6], ['batch', 'tokens', 6]);
    expect(g.reshape(g.reshape(a, ['batch*4', 6]), ['batch', 4, 3, 2]).shape).toEqual(['batch', 4, 3, 2]);
    expect(messageOf(() => g.reshape(a, ['batch', 5, 6]))).toContain(
      'reshape(a float32[batch,4,6]): cannot become [batch,5,6]',
    );
    expect(messageOf(() => g.reshape(b, ['tokens', 'batch', 6]))).toContain('has more than one unknown dimension');
  });

  test('concat adds them', () => {
    const [, a, b, c] = setup(['past', 2], ['tokens', 2], [3, 2]);
    expect(g.concat([a, b], 0).shape).toEqual(['past+tokens', 2]);
    expect(g.concat([a, c, c], -2).shape).toEqual(['past+3+3', 2]);
  });
});

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

describe('branch', () => {
  test('runs one side, with values and weights from outside, also nested', async () => {
    const graph = new Graph('test', 'inference');
    const [x, w] = [graph.input('x', 'float32', [2]), graph.parameter('w', [1])];
    const [first, second] = ['first', 'second'].map((name) => graph.input(name, 'bool', []));
    const shared = g.add(x, 1);
    const inner = (): Value =>
      graph.branch(
        second,
        () => g.mul(shared, w),
        () => g.neg(g.add(shared, x)),
      );
    graph.output(
      'y',
      g.add(
        graph.branch(first, () => g.mul(x, 100), inner),
        0.5,
      ),
    );
    expect(usedParameters(graph)).toEqual([w]);
    const run = async (a: number, b: number) => {
      const flag = (v: number) => ({ data: Uint8Array.of(v), shape: [] });
      const { y } = await runGraph(graph, {
        x: Float32Array.of(1, 2),
        w: Float32Array.of(7),
        first: flag(a),
        second: flag(b),
      });
      return [...(y.data as Float32Array)];
    };
    expect(await run(1, 0)).toEqual([100.5, 200.5]);
    expect(await run(0, 1)).toEqual([14.5, 21.5]);
    expect(await run(0, 0)).toEqual([-2.5, -4.5]);
  });

  test('refuses sides that differ, conditions that are none, and what is not made inside', () => {
    const [graph, a, b] = setup([2], [3]);
    const yes = graph.input('yes', 'bool', []);
    const sides = (condition: Value, y: Value, z: Value) => () =>
      graph.branch(
        condition,
        () => g.neg(y),
        () => g.neg(z),
      );
    expect(messageOf(sides(yes, a, b))).toContain('branch(yes bool[])');
    expect(messageOf(sides(a, a, a))).toContain('branch(a float32[2])');
    expect(
      messageOf(() =>
        graph.branch(
          yes,
          () => a,
          () => g.neg(a),
        ),
      ),
    ).toContain('is not made in its branch');
  });
});
