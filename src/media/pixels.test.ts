import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CLIP_MEAN, CLIP_STD } from './image-processor.ts';
import { pixelLoops } from './pixels.ts';
import { SOURCE_SHA256 } from './pixels-wasm.ts';
import { normalisePicture, squarePicture } from './prepare.ts';
import { resizeBicubic } from './resize.ts';

test('the module was assembled from the source beside it', () => {
  const source = readFileSync(join(import.meta.dirname, 'pixels.wat'));
  expect(createHash('sha256').update(source).digest('hex'), 'run: node scripts/assemble-pixels.mjs').toBe(
    SOURCE_SHA256,
  );
});

test('memory is kept for the next call, unless it is large', () => {
  const size = (bytes: number): number => pixelLoops(bytes).memory.buffer.byteLength;
  expect(size(1)).toBeGreaterThanOrEqual(1);
  expect(size(5 << 20)).toBeGreaterThanOrEqual(5 << 20);
  expect(size(1)).toBeGreaterThanOrEqual(5 << 20);
  expect(size(20 << 20)).toBeGreaterThanOrEqual(20 << 20);
  expect(size(1)).toBeLessThan(1 << 20);
});

test('nothing of an earlier picture is left in a later one', () => {
  const processor = { size: 30, mean: CLIP_MEAN, std: CLIP_STD, rescaleFactor: 1 / 255, aspect: 'pad' as const };
  const make = (): Uint8Array[] =>
    [
      [7, 5],
      [61, 2],
      [1, 1],
      [90, 91],
    ].flatMap(([width, height]) => {
      const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
      const square = squarePicture({ width, height, data }, processor);
      return [square.data, new Uint8Array(normalisePicture(square, processor).buffer)];
    });
  const dirty = (value: number): void => {
    new Uint8Array(pixelLoops(4 << 20).memory.buffer).fill(value);
  };
  dirty(0);
  const clean = make();
  dirty(255);
  expect(make()).toEqual(clean);
});

test.each([
  ['no pixels', { width: 0, height: 0, data: new Uint8Array(0) }],
  ['too few bytes', { width: 2, height: 2, data: new Uint8Array(11) }],
  ['sides that are no integers', { width: 1.5, height: 2, data: new Uint8Array(9) }],
])('%s: refused', (_, picture) => {
  const refusal = expect.objectContaining({ code: 'bad-argument' });
  expect(() => resizeBicubic(picture, 4, 4)).toThrow(refusal);
  expect(() =>
    normalisePicture(picture, { size: 4, mean: CLIP_MEAN, std: CLIP_STD, rescaleFactor: 1, aspect: 'pad' }),
  ).toThrow(refusal);
});
