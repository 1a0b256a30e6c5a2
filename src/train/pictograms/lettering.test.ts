import { describe, expect, it } from 'vitest';
import { capitalHeight, FONTS, glyph, isCapitalsOnly } from './fonts.ts';
import { letteringAspect, letteringPatch } from './lettering.ts';
import type { LetteringPlan } from './plan.ts';

const PLAN: LetteringPlan = {
  text: 'HI',
  font: 'roboto',
  paint: [200, 10, 10],
  x: 0.5,
  y: 0.5,
  size: 0.25,
  angle: 0,
  spacing: 0,
  panel: null,
};

describe('fonts', () => {
  it('have an outline for each letter and digit, different in each font', () => {
    expect(FONTS.length).toBeGreaterThanOrEqual(5);
    const widths = new Set<number>();
    for (const font of FONTS) {
      expect(capitalHeight(font)).toBeGreaterThan(0.5);
      expect(capitalHeight(font)).toBeLessThan(0.9);
      for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789') {
        const { contours, advance } = glyph(font, character);
        expect(contours.length, `${font} ${character}`).toBeGreaterThan(0);
        expect(advance).toBeGreaterThan(0.1);
      }
      widths.add(glyph(font, 'W').advance);
    }
    expect(widths.size).toBe(FONTS.length);
    expect(FONTS.filter(isCapitalsOnly)).toEqual(['bebas-neue']);
  });

  it('unknown are a typed error', () => {
    expect(() => glyph('chalk', 'A')).toThrow(expect.objectContaining({ code: 'bad-argument' }));
  });
});

describe('lettering', () => {
  it('is as high and wide as planned, and where planned', () => {
    const { patch, box } = letteringPatch(PLAN, 200);
    expect(box[3] - box[1]).toBeGreaterThan(0.24);
    expect(box[3] - box[1]).toBeLessThan(0.28);
    expect((box[0] + box[2]) / 2).toBeCloseTo(0.5, 1);
    expect((box[1] + box[3]) / 2).toBeCloseTo(0.5, 1);
    expect(box[2] - box[0]).toBeLessThan(letteringAspect(PLAN) * PLAN.size);
    const ink = patch.alpha.reduce((a, b) => a + b, 0);
    expect(ink).toBeGreaterThan(300);
    expect(ink).toBeLessThan(0.6 * 50 * letteringAspect(PLAN) * 50);
  });

  it('lies on a panel when there is one, letters keeping their box', () => {
    const plain = letteringPatch(PLAN, 200);
    const onPanel = letteringPatch({ ...PLAN, panel: [0, 0, 255] }, 200);
    expect(onPanel.box).toEqual(plain.box);
    expect(onPanel.patch.width).toBeGreaterThan(plain.patch.width + 20);
    const middle = Math.floor(onPanel.patch.height / 2) * onPanel.patch.width + 3;
    expect(onPanel.patch.alpha[middle]).toBeCloseTo(1, 3);
    expect(onPanel.patch.blue[middle]).toBe(255);
  });

  it('turns with its angle and holds empty text', () => {
    const { box } = letteringPatch({ ...PLAN, text: 'LLLLLL', size: 0.1, angle: Math.PI / 2 }, 200);
    expect(box[3] - box[1]).toBeGreaterThan(2 * (box[2] - box[0]));
    expect(letteringPatch({ ...PLAN, text: '' }, 200).patch.alpha).toHaveLength(1);
  });
});
