import { describe, expect, test } from 'vitest';
import { messageOf, setup } from '../../test/support/build-graph.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import * as g from './index.ts';
import { Graph, usedParameters, type Value } from './index.ts';

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
