import { describe, expect, test } from 'vitest';
import { messageOf, setup } from '../../test/support/build-graph.ts';
import type { Value } from './index.ts';
import * as g from './index.ts';

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
