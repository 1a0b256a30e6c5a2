import { describe, expect, test } from 'vitest';
import { CLIP_MEAN, CLIP_STD, type ImageProcessor } from './image-processor.ts';
import type { Picture } from './picture.ts';
import { normalisePicture, prepareFrame, preparePicture, splitTiles, squarePicture } from './prepare.ts';
import { resizeNearest } from './resize.ts';

const processor = (aspect: 'pad' | 'crop', size = 8): ImageProcessor => ({
  size,
  mean: CLIP_MEAN,
  std: CLIP_STD,
  rescaleFactor: 1 / 255,
  aspect,
});
const numbered = (width: number, height: number): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % 256),
});

describe('squarePicture', () => {
  test('pads with the mean colour, the spare pixel last', () => {
    const { data } = squarePicture({ width: 8, height: 3, data: new Uint8Array(72).fill(9) }, processor('pad'));
    const rows = Array.from({ length: 8 }, (_, y) => [...data.subarray(y * 24, y * 24 + 3)]);
    const mean = [122, 116, 104];
    const own = [9, 9, 9];
    expect(rows).toEqual([mean, mean, own, own, own, mean, mean, mean]);
  });

  test('cuts the middle', () => {
    const wide: Picture = { width: 13, height: 8, data: new Uint8Array(13 * 8 * 3) };
    for (let i = 0; i < 13 * 8; i++) wide.data[i * 3] = (i % 13) * 10;
    expect([...squarePicture(wide, processor('crop')).data.subarray(0, 24)].filter((_, i) => i % 3 === 0)).toEqual([
      20, 30, 40, 50, 60, 70, 80, 90,
    ]);
  });

  test.each([
    [16_384, 1],
    [1, 16_384],
    [16_384, 2_441],
    [1, 1],
  ])('a picture of %s×%s takes neither long nor much memory', (width, height) => {
    const picture: Picture = { width, height, data: new Uint8Array(width * height * 3).fill(77) };
    const before = process.memoryUsage().arrayBuffers;
    for (const aspect of ['pad', 'crop'] as const) {
      const { data } = squarePicture(picture, processor(aspect, 336));
      expect(data.length).toBe(336 * 336 * 3);
      if (aspect === 'crop') expect(data.every((v) => v === 77)).toBe(true);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 << 20);
  });

  test('leaves its input alone', () => {
    const picture = numbered(8, 8);
    const before = picture.data.slice();
    const out = squarePicture(picture, processor('pad'));
    out.data.fill(0);
    expect(picture.data).toEqual(before);
  });
});

test('normalised values are channel by channel, each step in float32', () => {
  const picture = numbered(3, 2);
  const out = normalisePicture(picture, processor('pad'));
  const f = Math.fround;
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < 6; i++)
      expect(out[c * 6 + i]).toBe(f(f(f(picture.data[i * 3 + c] * (1 / 255)) - f(CLIP_MEAN[c])) / f(CLIP_STD[c])));
  expect(preparePicture(picture, processor('crop')).length).toBe(3 * 64);
});

test('a video frame is stretched', () => {
  const picture = numbered(5, 11);
  const p = processor('pad');
  expect(prepareFrame(picture, p)).toEqual(normalisePicture(resizeNearest(picture, 8, 8), p));
});

describe('splitTiles', () => {
  const first = (p: Picture): number[] => [...p.data.subarray(0, 3)];
  const at = (p: Picture, x: number, y: number): number[] => [
    ...p.data.subarray((y * p.width + x) * 3, (y * p.width + x) * 3 + 3),
  ];

  test('row by row by integer division, the whole last', () => {
    const picture = numbered(7, 5);
    const parts = splitTiles(picture, 2);
    expect(parts.map((p) => [p.width, p.height])).toEqual([
      [3, 2],
      [3, 2],
      [3, 2],
      [3, 2],
      [7, 5],
    ]);
    expect(parts.slice(0, 4).map(first)).toEqual([
      at(picture, 0, 0),
      at(picture, 3, 0),
      at(picture, 0, 2),
      at(picture, 3, 2),
    ]);
    expect(parts[4]).toBe(picture);
    expect(splitTiles(picture, 1)).toEqual([picture]);
    expect(splitTiles(picture, 3).length).toBe(10);
  });

  test('a picture of one pixel has tiles too', () => {
    const picture = numbered(1, 1);
    expect(splitTiles(picture, 2)).toEqual([picture, picture, picture, picture, picture]);
    expect(splitTiles(numbered(3, 1), 2).map((p) => p.width)).toEqual([1, 1, 1, 1, 3]);
  });

  test.each([0, -1, 1.5, Number.NaN])('ratio %s is refused', (ratio) => {
    expect(() => splitTiles(numbered(4, 4), ratio)).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });
});
