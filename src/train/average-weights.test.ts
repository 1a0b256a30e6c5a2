import { expect, test } from 'vitest';
import { averageWeights } from './average-weights.ts';
import type { Weights } from './weights.ts';

const weights = (tensors: Record<string, number[]>): Weights =>
  new Map(
    Object.entries(tensors).map(([name, data]) => [name, { shape: [data.length], data: Float32Array.from(data) }]),
  );

const values = (of: Weights): Record<string, number[]> =>
  Object.fromEntries([...of].map(([name, { data }]) => [name, [...data]]));

test('weights of one name are averaged by share, what only one has stays or is not taken over', () => {
  const own = weights({ a: [1, 2], head: [5] });
  averageWeights(own, weights({ a: [3, -2], other: [7] }), 0.25);
  expect(values(own)).toEqual({ a: [1.5, 1], head: [5] });
});

test('what training left alone stays bit for bit', () => {
  const same = Float32Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i) / 3));
  const own: Weights = new Map([['a', { shape: [1000], data: same }]]);
  averageWeights(own, new Map([['a', { shape: [1000], data: Float32Array.from(same) }]]), 0.3);
  expect([...(own.get('a')?.data ?? [])]).toEqual([...same]);
});

test('other shapes and strangers are refused, and nothing is changed', () => {
  const own = weights({ a: [1, 2], b: [1] });
  expect(() => averageWeights(own, weights({ a: [3, 4], b: [1, 2] }), 0.5)).toThrow(
    expect.objectContaining({ code: 'bad-checkpoint', message: expect.stringContaining('weight b is [1]') }),
  );
  expect(() => averageWeights(own, weights({ c: [1] }), 0.5)).toThrow('no tensor in common');
  expect(values(own)).toEqual({ a: [1, 2], b: [1] });
});
