import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameIndices } from './frames.ts';

test('a video under one second gives its middle frame', () => {
  expect(frameIndices(10, 25)).toEqual([4]);
  expect(frameIndices(1, 30)).toEqual([0]);
  expect(frameIndices(24, 24.5)).toEqual([11]);
});

test('one frame a second, in order, inside the video', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 1, max: 240, noNaN: true }), (total, rate) => {
      const indices = frameIndices(total, rate);
      expect(Math.abs(indices.length - Math.max(1, total / rate))).toBeLessThanOrEqual(1);
      expect(indices.every((v, i) => v >= 0 && v < total && (i === 0 || v >= indices[i - 1]))).toBe(true);
    }),
  );
});

test.each([
  [0, 25],
  [-3, 25],
  [2.5, 25],
  [Number.NaN, 25],
  [100, 0],
  [100, -1],
  [100, Number.NaN],
  [100, Number.POSITIVE_INFINITY],
  [100, 1e-9],
])('%s frames at %s a second are refused', (total, rate) => {
  expect(() => frameIndices(total, rate)).toThrow(expect.objectContaining({ code: 'bad-video' }));
});
