import { describe, expect, it } from 'vitest';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { fitPositions } from './fit-positions.ts';

const towerOf = (imageSize: number): LiteVisionConfig => ({ imageSize }) as LiteVisionConfig;
const NAME = 'model.vision_tower.vision_tower.fold.positions';

/** Each patch's own middle, x and y from 0 to 1. */
function middles(side: number): Float32Array {
  return Float32Array.from({ length: side * side * 2 }, (_, i) => {
    const patch = i >> 1;
    return ((i % 2 ? Math.floor(patch / side) : patch % side) + 0.5) / side;
  });
}

describe('fitPositions', () => {
  it('reads what lies between the old patches, and the outermost beyond them', () => {
    const weights = new Map([[NAME, { shape: [16, 2], data: middles(4) }]]);
    fitPositions(towerOf(160), weights);
    const { shape, data } = weights.get(NAME) as { shape: number[]; data: Float32Array };
    expect(shape).toEqual([25, 2]);
    const wanted = middles(5).map((x) => Math.min(0.875, Math.max(0.125, x)));
    data.forEach((x, i) => {
      expect(x).toBeCloseTo(wanted[i], 6);
    });
  });

  it('keeps tables that fit, other weights, and what no square of patches has', () => {
    const table = { shape: [16, 2], data: middles(4) };
    const odd = { shape: [15, 2], data: new Float32Array(30) };
    const other = { shape: [9, 2], data: new Float32Array(18) };
    const places = NAME.replace('positions', 'places');
    const weights = new Map([
      [NAME, table],
      [places, odd],
      ['model.norm.weight', other],
    ]);
    fitPositions(towerOf(128), weights);
    expect([weights.get(NAME), weights.get(places), weights.get('model.norm.weight')]).toEqual([table, odd, other]);
    expect(weights.get(NAME)?.data).toBe(table.data);
  });
});
