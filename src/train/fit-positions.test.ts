import { describe, expect, it } from 'vitest';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { fitPositions } from './fit-positions.ts';

const towerOf = (imageSize: number): LiteVisionConfig => ({ imageSize }) as LiteVisionConfig;
const NAME = 'model.vision_tower.vision_tower.fold.positions';
const PLACES = NAME.replace('positions', 'places');

/** Waves of some lengths along x, then along y, and one number that is the same everywhere: `[side², 2 · waves + 1]`. */
function wavesOf(side: number, waves: readonly number[]): Float32Array {
  const wave = (k: number, i: number): number => Math.cos((Math.PI * k * (i + 0.5)) / side);
  return Float32Array.from(
    Array.from({ length: side * side }, (_, p) => [
      ...waves.map((k) => wave(k, p % side)),
      ...waves.map((k) => 3 * wave(k, Math.floor(p / side))),
      -0.7,
    ]).flat(),
  );
}

describe('fitPositions', () => {
  for (const [from, to] of [
    [8, 10],
    [8, 9],
    [10, 8],
  ])
    it(`gives a grid of ${to} the waves that one of ${from} has`, () => {
      const waves = [1, 2, 6];
      const weights = new Map([[PLACES, { shape: [from * from, 7], data: wavesOf(from, waves) }]]);
      expect(fitPositions(towerOf(32 * to), weights)).toEqual([PLACES]);
      const { shape, data } = weights.get(PLACES) as { shape: number[]; data: Float32Array };
      expect(shape).toEqual([to * to, 7]);
      const wanted = wavesOf(to, waves);
      data.forEach((x, i) => {
        expect(x).toBeCloseTo(wanted[i], 5);
      });
    });

  it('leaves out waves that a coarser grid cannot hold', () => {
    const weights = new Map([[PLACES, { shape: [100, 3], data: wavesOf(10, [9]) }]]);
    fitPositions(towerOf(256), weights);
    const { data } = weights.get(PLACES) as { data: Float32Array };
    data.forEach((x, i) => {
      expect(x).toBeCloseTo(i % 3 === 2 ? -0.7 : 0, 5);
    });
  });

  it('keeps tables that fit, other weights, and what no square of patches has', () => {
    const table = { shape: [16, 7], data: wavesOf(4, [1, 2, 3]) };
    const odd = { shape: [15, 2], data: new Float32Array(30) };
    const other = { shape: [9, 2], data: new Float32Array(18) };
    const weights = new Map([
      [NAME, table],
      [PLACES, odd],
      ['model.norm.weight', other],
    ]);
    expect(fitPositions(towerOf(128), weights)).toEqual([]);
    expect([weights.get(NAME), weights.get(PLACES), weights.get('model.norm.weight')]).toEqual([table, odd, other]);
    expect(weights.get(NAME)?.data).toBe(table.data);
  });
});
