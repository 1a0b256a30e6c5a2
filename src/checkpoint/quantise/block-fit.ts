/**
 * @file How a block of weights becomes whole numbers: `w ≈ d · s` with `low ≤ d ≤ high`. For fixed numbers d the best
 * scale is s = Σwd / Σd², and the squared error then is Σw² − (Σwd)² / Σd². So one pass over the block, which sums wd
 * and d², judges a candidate scale together with its own refit.
 */

/** Adding and subtracting it rounds a double to a whole number, half to even, for all we round here. */
const ROUND = 6755399441055744; // 1.5 · 2^52

/**
 * Ranges to try, as whole numbers that the block's largest value may become. Values beyond the last code are cut to
 * it: a little error there for a finer scale everywhere else.
 */
const LARGEST_4 = Float64Array.of(8, 7, 7.5, 8.5, 9, 9.6, 10.3, 11.2, 12.5);
const LARGEST_8 = Float64Array.of(128, 127, 127.5, 126.5, 131, 136);
/** The same for the whole range without symmetry, as shares of it. */
const SHARE_4 = Float64Array.of(1, 0.95, 0.9, 0.84, 0.77, 0.7);
const SHARE_8 = Float64Array.of(1, 0.98, 0.95);

export interface FitResult {
  /** A float32. */
  scale: number;
  zero: number;
}

/** `[0]` Σwd, `[1]` Σd² of the last `sums`. Numbers kept in an array are not boxed. */
const sum = new Float64Array(2);

function sums(w: Float32Array, from: number, to: number, inverse: number, low: number, high: number): void {
  let wd = 0;
  let dd = 0;
  for (let i = from; i < to; i++) {
    const x = w[i];
    let d = x * inverse + ROUND - ROUND;
    d = d < low ? low : d > high ? high : d;
    wd += x * d;
    dd += d * d;
  }
  sum[0] = wd;
  sum[1] = dd;
}

/** Squared error of the values `from` to `to` with a scale, each value at its nearest code. */
function squaredError(w: Float32Array, from: number, to: number, scale: number, low: number, high: number): number {
  // Not a number, or too small for float32: as good as no scale.
  const inverse = scale ? 1 / scale : 0;
  let error = 0;
  for (let i = from; i < to; i++) {
    const x = w[i];
    let d = x * inverse + ROUND - ROUND;
    d = d < low ? low : d > high ? high : d;
    const e = x - d * scale;
    error += e * e;
  }
  return error;
}

/** The code of a value: the nearest whole number in range. */
export function nearest(value: number, inverse: number, low: number, high: number): number {
  const d = value * inverse + ROUND - ROUND;
  return d < low ? low : d > high ? high : d;
}

/**
 * Scale and zero point of a block, by search. The result's squared error is never above that of plain rounding (scale
 * by the largest value, or by the range when not symmetric).
 *
 * @param bits 4 or 8; codes run from 0 to 2^bits − 1, and `w = (code − zero) · scale`
 * @param out takes the scale, already rounded to float32, and the zero point
 */
export function fitBlock(
  w: Float32Array,
  from: number,
  to: number,
  bits: 4 | 8,
  symmetric: boolean,
  out: FitResult,
): void {
  let min = 0;
  let max = 0;
  for (let i = from; i < to; i++) {
    const x = w[i];
    if (x < min) min = x;
    else if (x > max) max = x;
  }
  if (symmetric) fitSymmetric(w, from, to, bits, max > -min ? max : min, out);
  else fitRange(w, from, to, bits, min, max, out);
}

/** @param extreme the value of largest size, with its sign: it gets the code that has no counterpart, −2^(bits−1) */
function fitSymmetric(w: Float32Array, from: number, to: number, bits: 4 | 8, extreme: number, out: FitResult): void {
  const half = 1 << (bits - 1);
  out.zero = half;
  out.scale = 0;
  const plain = Math.fround(extreme / -half);
  if (plain === 0) return;
  const largest = bits === 4 ? LARGEST_4 : LARGEST_8;
  let best = -1;
  let scale = plain;
  for (let c = 0; c < largest.length; c++) {
    sums(w, from, to, -largest[c] / extreme, -half, half - 1);
    const gain = (sum[0] * sum[0]) / sum[1];
    if (gain > best) {
      best = gain;
      scale = sum[0] / sum[1];
    }
  }
  const refined = refit(w, from, to, scale, -half, half - 1);
  // Rounding to float32 may have lost what the search won.
  const better =
    squaredError(w, from, to, refined, -half, half - 1) <= squaredError(w, from, to, plain, -half, half - 1);
  out.scale = better ? refined : plain;
}

function fitRange(
  w: Float32Array,
  from: number,
  to: number,
  bits: 4 | 8,
  min: number,
  max: number,
  out: FitResult,
): void {
  const top = (1 << bits) - 1;
  const plain = Math.fround((max - min) / top);
  out.scale = 0;
  out.zero = 0;
  if (plain === 0) return;
  const plainZero = Math.min(top, Math.round(-min / plain));
  const shares = bits === 4 ? SHARE_4 : SHARE_8;
  let best = -1;
  let scale = plain;
  let zero = plainZero;
  for (let c = 0; c < shares.length; c++) {
    const inverse = top / ((max - min) * shares[c]);
    // The cut range may lie anywhere around the middle of the whole one: its zero point is tried on both sides.
    const middle = Math.round(top / 2 - ((min + max) / 2) * inverse);
    for (let shift = -1; shift <= 1; shift++) {
      const z = middle + shift;
      if (z < 0 || z > top) continue;
      sums(w, from, to, inverse, -z, top - z);
      const gain = (sum[0] * sum[0]) / sum[1];
      if (gain > best) {
        best = gain;
        scale = sum[0] / sum[1];
        zero = z;
      }
    }
  }
  const refined = refit(w, from, to, scale, -zero, top - zero);
  const better =
    squaredError(w, from, to, refined, -zero, top - zero) <=
    squaredError(w, from, to, plain, -plainZero, top - plainZero);
  out.scale = better ? refined : plain;
  out.zero = better ? zero : plainZero;
}

/** Codes chosen anew for a refitted scale, and the scale refitted to those codes: each step can only help. */
function refit(w: Float32Array, from: number, to: number, scale: number, low: number, high: number): number {
  sums(w, from, to, 1 / scale, low, high);
  return Math.fround(sum[0] / sum[1]);
}
