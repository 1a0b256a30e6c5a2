import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cropPicture, type Picture } from './picture.ts';
import { type Canvas, nearestIndices, resizeBicubic, resizeNearest } from './resize.ts';

const pictures = (most = 24): fc.Arbitrary<Picture> =>
  fc
    .record({ width: fc.integer({ min: 1, max: most }), height: fc.integer({ min: 1, max: most }) })
    .chain(({ width, height }) =>
      fc
        .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
        .map((data) => ({ width, height, data })),
    );
const side = fc.integer({ min: 1, max: 40 });

function plain(width: number, height: number, colour: readonly number[]): Picture {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]) };
}

describe('bicubic', () => {
  test('the same size is the same picture', () => {
    fc.assert(
      fc.property(pictures(), (p) => {
        const out = resizeBicubic(p, p.width, p.height);
        expect(out).toEqual(p);
        expect(out.data).not.toBe(p.data);
      }),
    );
  });

  test('overshoot stays near the range of the input, as the kernel allows', () => {
    fc.assert(
      fc.property(pictures(), side, side, (p, width, height) => {
        const out = resizeBicubic(p, width, height);
        expect(out.data.length).toBe(width * height * 3);
        for (let c = 0; c < 3; c++) {
          const channel = (d: Uint8Array): Uint8Array => d.filter((_, i) => i % 3 === c);
          const [from, to] = [channel(p.data), channel(out.data)];
          const [low, high] = [Math.min(...from), Math.max(...from)];
          // Negative weights sum to at most −0.14 a pass, at the edges too; rounding adds one step a pass.
          const reach = (high - low) * (0.14 + 0.14 * (1 + 2 * 0.14)) + 2;
          expect(Math.min(...to)).toBeGreaterThanOrEqual(Math.max(0, low - reach));
          expect(Math.max(...to)).toBeLessThanOrEqual(Math.min(255, high + reach));
        }
      }),
    );
  });

  test('one colour stays that colour', () => {
    fc.assert(
      fc.property(fc.tuple(side, side, side, side), fc.uint8Array({ minLength: 3, maxLength: 3 }), (s, colour) => {
        expect(resizeBicubic(plain(s[0], s[1], [...colour]), s[2], s[3])).toEqual(plain(s[2], s[3], [...colour]));
      }),
    );
  });

  test('a window is cut out of the whole result', () => {
    fc.assert(
      fc.property(pictures(), side, side, fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }), (p, w, h, r) => {
        const left = r[0] % w;
        const top = r[1] % h;
        const window = { left, top, width: 1 + (r[2] % (w - left)), height: 1 + (r[3] % (h - top)) };
        expect(resizeBicubic(p, w, h, { window })).toEqual(
          cropPicture(resizeBicubic(p, w, h), left, top, window.width, window.height),
        );
      }),
    );
  });

  test('a canvas is as good as a picture made larger', () => {
    fc.assert(
      fc.property(pictures(), side, side, fc.array(fc.nat(30), { minLength: 4, maxLength: 4 }), (p, w, h, r) => {
        const colour = [122, 116, 104] as const;
        const canvas: Canvas = {
          width: p.width + r[0] + r[1],
          height: p.height + r[2] + r[3],
          left: r[0],
          top: r[2],
          colour,
        };
        const large = plain(canvas.width, canvas.height, colour);
        for (let y = 0; y < p.height; y++)
          large.data.set(
            p.data.subarray(y * p.width * 3, (y + 1) * p.width * 3),
            ((y + canvas.top) * canvas.width + canvas.left) * 3,
          );
        expect(resizeBicubic(p, w, h, { canvas })).toEqual(resizeBicubic(large, w, h));
      }),
    );
  });

  test('black and white stripes at the largest weights do not pass 32 bits', () => {
    const stripes = plain(1024, 1, [0, 0, 0]);
    for (let x = 0; x < 1024; x++) stripes.data.fill(x % 4 < 2 ? 255 : 0, x * 3, x * 3 + 3);
    for (const to of [1, 2, 255, 511, 512, 513, 767, 1023, 1025, 2048]) {
      const { data } = resizeBicubic(stripes, to, 1);
      expect(data.length).toBe(to * 3);
      if (to <= 255) expect(data.every((v) => v > 90 && v < 165)).toBe(true);
    }
  });

  test.each([
    [0, 5],
    [5, -1],
    [1.5, 5],
    [Number.NaN, 5],
  ])('%s×%s is refused', (w, h) => {
    expect(() => resizeBicubic(plain(2, 2, [1, 2, 3]), w, h)).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
    expect(() => resizeNearest(plain(2, 2, [1, 2, 3]), w, h)).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
  });
});

describe('nearest', () => {
  test('takes pixels of the source, in order', () => {
    fc.assert(
      fc.property(pictures(), side, side, (p, width, height) => {
        const out = resizeNearest(p, width, height);
        const xs = nearestIndices(p.width, width);
        const ys = nearestIndices(p.height, height);
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            expect(cropPicture(out, x, y, 1, 1).data).toEqual(cropPicture(p, xs[x], ys[y], 1, 1).data);
        expect(resizeNearest(p, p.width, p.height)).toEqual(p);
      }),
      { numRuns: 30 },
    );
  });
});
