import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../util/random.ts';
import { ColourCount, fromHsv, nameColour, shadeOf, toHsv } from './colour.ts';
import { COLOUR_NAMES } from './types.ts';

describe('colour', () => {
  it('names the plain colours and leaves doubtful ones without a name', () => {
    expect(nameColour([255, 0, 0])).toBe('red');
    expect(nameColour([255, 128, 0])).toBe('orange');
    expect(nameColour([255, 235, 0])).toBe('yellow');
    expect(nameColour([0, 160, 0])).toBe('green');
    expect(nameColour([30, 80, 230])).toBe('blue');
    expect(nameColour([130, 50, 200])).toBe('purple');
    expect(nameColour([255, 130, 190])).toBe('pink');
    expect(nameColour([110, 65, 30])).toBe('brown');
    expect(nameColour([10, 10, 12])).toBe('black');
    expect(nameColour([252, 252, 250])).toBe('white');
    expect(nameColour([128, 128, 130])).toBe('grey');
    expect(nameColour([0, 170, 170])).toBeNull();
    expect(nameColour([225, 225, 225])).toBeNull();
  });

  it('goes to hue, saturation and value and back', () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)), (rgb) => {
        const back = fromHsv(...toHsv(rgb));
        for (let c = 0; c < 3; c++) expect(back[c]).toBeCloseTo(rgb[c], 6);
      }),
    );
  });

  it('mixes shades that bear their name', () => {
    const random = new Random(7);
    for (const name of COLOUR_NAMES) for (let i = 0; i < 200; i++) expect(nameColour(shadeOf(name, random))).toBe(name);
  });

  it('tells the ruling colour only where one clearly rules', () => {
    const count = (parts: [number, number, number, number][]) => {
      const colours = new ColourCount();
      for (const [times, ...rgb] of parts) for (let i = 0; i < times; i++) colours.add(...rgb);
      return colours.ruling();
    };
    expect(
      count([
        [90, 220, 10, 10],
        [10, 10, 10, 10],
      ]),
    ).toBe('red');
    expect(
      count([
        [60, 220, 10, 10],
        [40, 20, 60, 220],
      ]),
    ).toBeNull();
    expect(
      count([
        [40, 220, 10, 10],
        [60, 0, 170, 170],
      ]),
    ).toBeNull();
    expect(count([])).toBeNull();
  });
});
