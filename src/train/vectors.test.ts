import { expect, test } from 'vitest';
import { Random } from '../util/random.ts';
import { dot, orthonormal, smallestDirections } from './vectors.ts';

const vectors = (count: number, length: number, seed: string): Float64Array[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => Float64Array.from({ length }, () => random.normal()));
};

test('orthonormal vectors span what was given, without what lies in the others’ span', () => {
  const [a, b] = vectors(2, 6, 'span');
  const sum = a.map((x, i) => x + 2 * b[i]);
  const made = orthonormal([a, b, sum]);
  expect(made).toHaveLength(2);
  for (const [i, x] of made.entries())
    for (const [j, y] of made.entries()) expect(dot(x, y)).toBeCloseTo(i === j ? 1 : 0);
  const left = sum.map((x, d) => x - made.reduce((s, axis) => s + dot(axis, sum) * axis[d], 0));
  expect(dot(left, left)).toBeCloseTo(0);
});

test('the smallest directions of a matrix are found', () => {
  // Known axes with 1, 2, 3 … along them.
  const axes = orthonormal(vectors(8, 8, 'axes'));
  const matrix = Array.from({ length: 8 }, (_, i) =>
    Float64Array.from({ length: 8 }, (_, j) => axes.reduce((s, axis, k) => s + (k + 1) * axis[i] * axis[j], 0)),
  );
  const found = smallestDirections(matrix, 3, new Random('start'));
  for (const [i, axis] of found.entries()) expect(Math.abs(dot(axis, axes[i]))).toBeCloseTo(1, 5);
});
