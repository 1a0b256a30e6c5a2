import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../util/random.ts';
import { blurPlane } from './blur.ts';
import { emptyCanvas } from './canvas.ts';
import { compressBlocks } from './compression.ts';
import { hueMatrix, toneCurve } from './look.ts';
import { halve } from './patch.ts';
import { fillPolygons } from './polygon-fill.ts';
import { TEXTURE_KINDS, TILE, texture } from './texture.ts';

describe('blur', () => {
  it('leaves an even plane as it is and keeps the sum of what lies inside', () => {
    const even = new Float32Array(30 * 20).fill(9);
    blurPlane(even, 30, 20, 3);
    expect(Math.max(...even)).toBeCloseTo(9, 4);
    expect(Math.min(...even)).toBeCloseTo(9, 4);
    const dot = new Float32Array(41 * 41);
    dot[20 * 41 + 20] = 1;
    blurPlane(dot, 41, 41, 3, 'zero');
    expect(dot.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    const variance = dot.reduce((sum, value, i) => sum + value * ((i % 41) - 20) ** 2, 0);
    expect(Math.sqrt(variance)).toBeGreaterThan(2.4);
    expect(Math.sqrt(variance)).toBeLessThan(3.6);
  });

  it('treats rows and columns alike', () => {
    const random = new Random(3);
    const plane = Float32Array.from({ length: 23 * 23 }, () => random.float());
    const turned = plane.map((_, i) => plane[(i % 23) * 23 + Math.floor(i / 23)]);
    for (const border of ['repeat', 'zero'] as const) {
      const a = Float32Array.from(plane);
      const b = Float32Array.from(turned);
      blurPlane(a, 23, 23, 2, border);
      blurPlane(b, 23, 23, 2, border);
      for (let i = 0; i < a.length; i++) expect(b[(i % 23) * 23 + Math.floor(i / 23)]).toBeCloseTo(a[i], 5);
    }
  });
});

describe('compression', () => {
  it('changes little when weak, more when strong, and nothing in an even picture', () => {
    const error = (strength: number) => {
      const random = new Random(1);
      const canvas = emptyCanvas(32);
      for (let i = 0; i < 1024; i++) {
        canvas.red[i] = canvas.green[i] = canvas.blue[i] = 90 + (i % 32) * 3 + random.normal() * 8;
      }
      const before = Float32Array.from(canvas.green);
      compressBlocks(canvas, strength);
      return Math.sqrt(canvas.green.reduce((sum, value, i) => sum + (value - before[i]) ** 2, 0) / 1024);
    };
    expect(error(0.1)).toBeLessThan(1.5);
    expect(error(8)).toBeGreaterThan(2 * error(0.1));
    expect(error(8)).toBeLessThan(15);
    const even = emptyCanvas(16);
    even.red.fill(200);
    even.green.fill(120);
    even.blue.fill(40);
    compressBlocks(even, 2);
    for (const [plane, value] of [
      [even.red, 200],
      [even.green, 120],
      [even.blue, 40],
    ] as const)
      for (const got of plane) expect(Math.abs(got - value)).toBeLessThan(6);
  });
});

describe('colour changes', () => {
  it('keep greys grey whatever the hue, and do nothing at rest', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true }), (hue, s) => {
        const m = hueMatrix(hue, s);
        for (let row = 0; row < 3; row++) expect(m[row * 3] + m[row * 3 + 1] + m[row * 3 + 2]).toBeCloseTo(1, 1);
      }),
    );
    expect(hueMatrix(0, 1).map((value) => Math.abs(Math.round(value * 1e6) / 1e6))).toEqual([
      1, 0, 0, 0, 1, 0, 0, 0, 1,
    ]);
    expect([...toneCurve(1, 1, 1)]).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });
});

describe('polygons', () => {
  it('cover the area they enclose, holes left out', () => {
    const square = Float32Array.from([2.5, 2.5, 12.5, 2.5, 12.5, 12.5, 2.5, 12.5]);
    const hole = Float32Array.from([5, 5, 5, 10, 10, 10, 10, 5]);
    const sum = (cover: Float32Array) => cover.reduce((a, b) => a + b, 0);
    expect(sum(fillPolygons([square], 16, 16))).toBeCloseTo(100, 3);
    expect(sum(fillPolygons([square, hole], 16, 16))).toBeCloseTo(75, 3);
    expect(sum(fillPolygons([square], 8, 8))).toBeCloseTo(5.5 * 5.5, 3);
    expect(sum(fillPolygons([], 8, 8))).toBe(0);
  });
});

describe('textures', () => {
  it('are the same each time, of mean 0 and like strength', () => {
    for (const kind of TEXTURE_KINDS) {
      const tile = texture(kind, 1);
      expect(tile).toHaveLength(TILE * TILE);
      expect(texture(kind, 4)).toBe(tile);
      const mean = tile.reduce((a, b) => a + b, 0) / tile.length;
      const spread = Math.sqrt(tile.reduce((a, b) => a + b * b, 0) / tile.length);
      expect(Math.abs(mean)).toBeLessThan(1e-3);
      expect(spread).toBeCloseTo(0.5, 2);
    }
  });
});

describe('halving', () => {
  it('averages, also at odd borders', () => {
    const pixels = Uint8Array.from({ length: 3 * 1 * 4 }, (_, i) => (i < 4 ? 100 : i < 8 ? 200 : 50));
    expect(halve({ width: 3, height: 1, pixels })).toEqual({
      width: 2,
      height: 1,
      pixels: Uint8Array.from([150, 150, 150, 150, 50, 50, 50, 50]),
    });
  });
});
