import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LlavaMiniError } from '../../errors.ts';
import { type BlockSize, dequantiseRow } from '../../graph/index.ts';
import { Random } from '../../util/random.ts';
import { type BlockFormat, quantiseRows } from './quantise-rows.ts';

const FORMATS: BlockFormat[] = ([4, 8] as const).flatMap((bits) =>
  ([16, 32, 64, 128, 256] as BlockSize[]).flatMap((block) =>
    [true, false].map((symmetric) => ({ kind: 'blocks' as const, bits, block, symmetric })),
  ),
);
const label = ({ bits, block, symmetric }: BlockFormat): string =>
  `${bits} bits, blocks of ${block}, ${symmetric ? 'symmetric' : 'with zero points'}`;

/** Quantises and reads back. */
function roundTrip(values: Float32Array, columns: number, format: BlockFormat): Float32Array {
  const { blocks, scales, zeros } = quantiseRows('w', values, columns, format);
  const rows = values.length / columns;
  const perRow = Math.ceil(columns / format.block);
  const bytes = (perRow * format.block * format.bits) / 8;
  const zeroBytes = Math.ceil((perRow * format.bits) / 8);
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    dequantiseRow(
      format,
      blocks.subarray(r * bytes, (r + 1) * bytes),
      scales.subarray(r * perRow, (r + 1) * perRow),
      zeros?.subarray(r * zeroBytes, (r + 1) * zeroBytes) ?? null,
      out.subarray(r * columns, (r + 1) * columns),
    );
  return out;
}

/** What the search must beat: the scale of the largest value, or of the range, as ONNX Runtime's own tool takes it. */
function plainRounding(values: Float32Array, columns: number, { bits, block, symmetric }: BlockFormat): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += columns)
    for (let from = row; from < row + columns; from += block) {
      const part = values.subarray(from, Math.min(from + block, row + columns));
      let [low, high] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
      let scale: number;
      if (symmetric) {
        const extreme = part.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
        scale = Math.fround(extreme / low);
      } else {
        const min = Math.min(0, ...part);
        scale = Math.fround((Math.max(0, ...part) - min) / (2 ** bits - 1));
        const zero = scale === 0 ? 0 : Math.min(2 ** bits - 1, Math.round(-min / scale));
        [low, high] = [-zero, 2 ** bits - 1 - zero];
      }
      part.forEach((x, i) => {
        const d = scale === 0 ? 0 : Math.max(low, Math.min(high, Math.round(x / scale)));
        out[from + i] = d * scale;
      });
    }
  return out;
}

/** −0 is as good as 0. */
const unsigned = (x: number): number => x + 0;

const squared = (a: Float32Array, b: Float32Array): number =>
  a.reduce((total, x, i) => total + (x - b[i]) * (x - b[i]), 0);

/** Values of every size that float32 has, zeros among them. */
const weights = fc
  .tuple(
    fc.array(fc.oneof(fc.constant(0), fc.double({ min: -1, max: 1, noNaN: true })), { minLength: 1, maxLength: 300 }),
    fc.constantFrom(1, 1e-30, 1e30, 1e-44, 3e38),
  )
  .map(([values, size]) => Float32Array.from(values, (x) => x * size));

describe.each(FORMATS)('quantiseRows: $bits bits, block $block, symmetric $symmetric', (format) => {
  it('is never further off than plain rounding, and keeps zeros', () => {
    fc.assert(
      fc.property(weights, (values) => {
        const got = roundTrip(values, values.length, format);
        const error = squared(got, values);
        expect(error).toBeLessThanOrEqual(squared(plainRounding(values, values.length, format), values) * (1 + 1e-6));
        values.forEach((x, i) => {
          if (x === 0) expect(Math.abs(got[i])).toBe(0);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('gives back exactly what it can express', () => {
    const random = new Random('quantise/exact');
    const top = 2 ** format.bits - 1;
    for (let run = 0; run < 30; run++) {
      const columns = format.block * 2;
      // Scales with few binary digits, so that every code times its scale is a float32.
      const values = new Float32Array(columns);
      for (let b = 0; b < 2; b++) {
        const scale = (1 + random.int(256)) * 2 ** random.int(20) * 2 ** -20 * (random.chance(0.5) ? 1 : -1);
        const zero = format.symmetric ? (top + 1) / 2 : random.int(top + 1);
        for (let i = 0; i < format.block; i++) {
          // Both ends of the range are taken, which is what makes the scale the largest possible one.
          const code = i === 0 ? 0 : i === 1 ? top : random.int(top + 1);
          values[b * format.block + i] = (code - zero) * scale;
        }
      }
      expect(roundTrip(values, columns, format).map(unsigned)).toEqual(values.map(unsigned));
    }
  });

  it('copes with equal values and with one outlier', () => {
    for (const x of [1e-30, 1, -1, 1e30]) {
      const got = roundTrip(new Float32Array(300).fill(x), 300, format);
      for (const y of got) expect(Math.abs(y / x - 1)).toBeLessThan(1e-6);
    }
    const outlier = new Float32Array(256);
    outlier[17] = 5;
    expect(roundTrip(outlier, 256, format).map(unsigned)).toEqual(outlier);
  });

  it('refuses what is no number, and says where', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const values = new Float32Array(64).fill(1);
      values[37] = bad;
      const error = (() => {
        try {
          quantiseRows('model.layers.0.w', values, 32, format, 100);
        } catch (e) {
          return e;
        }
      })();
      expect(error).toBeInstanceOf(LlavaMiniError);
      expect((error as LlavaMiniError).code).toBe('bad-checkpoint');
      expect((error as LlavaMiniError).message).toBe(`weight "model.layers.0.w" holds ${bad} in row 101, column 5`);
    }
  });
});

describe('the search', () => {
  const random = new Random('quantise/normal');
  const normal = Float32Array.from({ length: 64 * 1024 }, () => random.normal() * 0.02);
  it.each(FORMATS.filter((f) => f.bits === 4 && f.block > 16))('wins on normal weights: %o', (format) => {
    const gain = Math.sqrt(
      squared(roundTrip(normal, 1024, format), normal) / squared(plainRounding(normal, 1024, format), normal),
    );
    expect(gain, label(format)).toBeLessThan(0.97);
  });
});
