import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodePicture } from './decode.ts';
import { frameIndices } from './frames.ts';
import { CLIP_MEAN, CLIP_STD, type ImageProcessor } from './image-processor.ts';
import type { Picture } from './picture.ts';
import { normalisePicture, splitTiles, squarePicture } from './prepare.ts';
import { nearestIndices } from './resize.ts';

const folder = process.env.GOLDEN_DIR ?? 'test/golden';
const read = <T>(path: string): T => JSON.parse(readFileSync(join(folder, path), 'utf8')) as T;
/** A folder given by GOLDEN_DIR may lack a part; the project's own may not. */
const present = (path: string): boolean => process.env.GOLDEN_DIR === undefined || existsSync(join(folder, path));

interface PictureCase {
  input: string;
  aspect: 'pad' | 'crop';
  size: number;
  tile?: number;
  resolution_ratio?: number;
  expected: string;
}

describe.runIf(present('pictures/cases.json'))('prepared as the CLIP processor over PIL does it', () => {
  const cases = present('pictures/cases.json') ? read<PictureCase[]>('pictures/cases.json') : [];
  // Two inputs may name one expected picture (photo.jpg and photo.webp do: the later run wrote over the earlier), so
  // of the inputs that share one, the best must match.
  const expected = [...new Set(cases.map((c) => c.expected))];
  test.each(expected)('%s', async (path) => {
    const want = await decodePicture(join(folder, 'pictures', path));
    const inputs = cases.filter((c) => c.expected === path);
    const misses: string[] = [];
    for (const c of inputs) {
      const { largest, different } = await compare(c, want);
      // After lossless decoding nothing may differ; two steps of a JPEG or WebP decoder can become three.
      const slack = /\.(jpe?g|webp)$/.test(c.input) ? 3 : 0;
      if (largest > slack) misses.push(`${c.input}: ${different} values differ, by up to ${largest}`);
    }
    expect(misses.length, misses.join('; ')).toBeLessThan(inputs.length);
  });
});

async function compare(c: PictureCase, want: Picture): Promise<{ largest: number; different: number }> {
  const processor: ImageProcessor = {
    size: c.size,
    mean: CLIP_MEAN,
    std: CLIP_STD,
    rescaleFactor: 1 / 255,
    aspect: c.aspect,
  };
  const picture = await decodePicture(join(folder, 'pictures', c.input));
  const part = c.tile === undefined ? picture : splitTiles(picture, c.resolution_ratio ?? 2)[c.tile];
  const got = squarePicture(part, processor);
  expect([got.width, got.height]).toEqual([want.width, want.height]);
  let largest = 0;
  let different = 0;
  for (let i = 0; i < want.data.length; i++) {
    const d = Math.abs(got.data[i] - want.data[i]);
    if (d > 0) different++;
    largest = Math.max(largest, d);
  }
  return { largest, different };
}

test.runIf(present('pictures/normalised.json'))('normalised values', async () => {
  const golden = read<{ mean: [number, number, number]; std: [number, number, number]; values: number[][][] }>(
    'pictures/normalised.json',
  );
  const picture = await decodePicture(join(folder, 'pictures/square-336.png'));
  const got = normalisePicture(picture, {
    size: 336,
    mean: golden.mean,
    std: golden.std,
    rescaleFactor: 1 / 255,
    aspect: 'pad',
  });
  golden.values.forEach((rows, channel) => {
    rows.forEach((values, k) => {
      values.forEach((v, x) => {
        expect(got[channel * 336 * 336 + [0, 100][k] * 336 + x]).toBe(Math.fround(v));
      });
    });
  });
});

describe.runIf(present('video/frame-indices.json'))('frames of a video', () => {
  const cases = present('video/frame-indices.json')
    ? read<{ total_frames: number; fps: number; indices: number[] }[]>('video/frame-indices.json')
    : [];
  test.each(cases)('$total_frames frames at $fps', (c) => {
    expect(frameIndices(c.total_frames, c.fps)).toEqual(c.indices);
  });
});

describe.runIf(present('video/nearest.json'))('nearest neighbour', () => {
  const cases = present('video/nearest.json')
    ? read<{ length: number; out: number; indices: number[] }[]>('video/nearest.json')
    : [];
  test.each(cases)('$length to $out', (c) => {
    expect(nearestIndices(c.length, c.out)).toEqual(c.indices);
  });
});
