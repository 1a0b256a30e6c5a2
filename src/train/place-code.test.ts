import { expect, test } from 'vitest';
import { normals, tinyConfigs, tinyWeights } from '../../test/support/tiny-lite.ts';
import { Random } from '../util/random.ts';
import { writePlaces } from './place-code.ts';

const { vision } = tinyConfigs();
const WIDTH = vision.width;
const PLACES = 'model.vision_tower.vision_tower.fold.places';

/** Patches that fill all but sixteen channels. */
function patches(): Float32Array {
  const data = normals(new Random('patches'), 400 * WIDTH);
  return data.map((x, i) => (i % WIDTH < 16 ? 0.01 * x : 3 * x));
}

function written() {
  const weights = tinyWeights('places');
  const before = structuredClone(weights.get('model.mm_projector.0.weight')?.data as Float32Array);
  writePlaces(vision, weights, patches());
  const dataOf = (name: string): Float32Array => weights.get(name)?.data as Float32Array;
  return { table: dataOf(PLACES), projector: dataOf('model.mm_projector.0.weight'), before };
}

test('places are as loud as other channels, and lie where features hold next to nothing', () => {
  const { table } = written();
  const side = vision.imageSize / 32;
  expect(table).toHaveLength(side * side * WIDTH);
  const energy = (from: number, to: number): number =>
    table.reduce((s, x, i) => (i % WIDTH >= from && i % WIDTH < to ? s + x * x : s), 0);
  expect(energy(0, 16) / energy(0, WIDTH)).toBeGreaterThan(0.8);
  const loudness = Math.sqrt(patches().reduce((s, x) => s + x * x, 0) / 400 / WIDTH);
  expect(Math.sqrt(energy(0, WIDTH) / side ** 2 / 12) / loudness).toBeGreaterThan(0.5);
  expect(Math.sqrt(energy(0, WIDTH) / side ** 2 / 12) / loudness).toBeLessThan(1.5);
});

test('every patch has a code of its own, and the projector does not see any at first', () => {
  const { table, projector, before } = written();
  const rows = Array.from({ length: table.length / WIDTH }, (_, p) => table.subarray(p * WIDTH, (p + 1) * WIDTH));
  for (const [i, a] of rows.entries())
    for (const b of rows.slice(i + 1)) expect(Math.hypot(...a.map((x, d) => x - b[d]))).toBeGreaterThan(1);
  const seen = (matrix: Float32Array): number =>
    Math.max(...rows.map((row) => Math.abs(matrix.subarray(0, WIDTH).reduce((s, w, d) => s + w * row[d], 0))));
  expect(seen(before)).toBeGreaterThan(0.1);
  expect(seen(projector)).toBeLessThan(1e-4);
});

test('a tower without such a table is refused', () => {
  const { vision: plain } = tinyConfigs({}, { fold_places: false });
  expect(() => writePlaces(plain, tinyWeights('places'), patches())).toThrow(/no table of places/);
});
