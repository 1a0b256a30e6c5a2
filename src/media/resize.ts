/**
 * @file Bicubic resizing of 8-bit pictures, bit for bit as PIL does it (`Image.resize(…, BICUBIC)`), because a vision
 * tower was trained behind it: antialiased cubic kernel with a = −0.5, a pass along rows and one along columns, each
 * rounded to 8 bits, weights in 22-bit fixed point. No platform API: the same code runs in Node and in browsers.
 */
import { LlavaMiniError } from '../errors.ts';
import type { Picture } from './picture.ts';
import { type AxisWeights, axisWeights, HALF, PRECISION } from './resize-weights.ts';

/** A larger canvas of one colour that the picture lies on. It is never made: its pixels only enter the sums. */
export interface Canvas {
  width: number;
  height: number;
  /** Where the picture's first column and row lie. */
  left: number;
  top: number;
  /** RGB, 0…255. */
  colour: readonly [number, number, number];
}

/** The part of the resized picture that is wanted, in its pixels. */
export interface Window {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Resizes to `width`×`height`.
 *
 * @param canvas what is resized is the picture on this canvas
 * @param window only this part of the result is computed and returned
 * @throws LlavaMiniError `bad-argument` for a side that is no positive integer
 */
export function resizeBicubic(
  picture: Picture,
  width: number,
  height: number,
  { canvas, window }: { canvas?: Canvas; window?: Window } = {},
): Picture {
  checkSides(width, height);
  const whole = canvas ?? { width: picture.width, height: picture.height, left: 0, top: 0, colour: [0, 0, 0] as const };
  const part = window ?? { left: 0, top: 0, width, height };
  const across = axisWeights({
    from: whole.width,
    to: width,
    first: part.left,
    count: part.width,
    before: whole.left,
    length: picture.width,
  });
  const down = axisWeights({
    from: whole.height,
    to: height,
    first: part.top,
    count: part.height,
    before: whole.top,
    length: picture.height,
  });
  // The first pass makes only the rows that the second will read.
  const { low, high } = down;
  const rows = alongRows(picture, across, low, high, whole.colour);
  const data = alongColumns(rows, part.width, down, low, whole.colour);
  return { width: part.width, height: part.height, data };
}

function alongRows(
  { data, width }: Picture,
  { start, count, values, taps, outside }: AxisWeights,
  low: number,
  high: number,
  [red, green, blue]: Canvas['colour'],
): Uint8Array {
  const to = start.length;
  const out = new Uint8Array(Math.max(0, high - low) * to * 3);
  let o = 0;
  for (let y = low; y < high; y++) {
    const row = y * width * 3;
    for (let x = 0; x < to; x++) {
      const rest = outside[x];
      let r = (HALF + Math.imul(rest, red)) | 0;
      let g = (HALF + Math.imul(rest, green)) | 0;
      let b = (HALF + Math.imul(rest, blue)) | 0;
      let i = row + start[x] * 3;
      let k = x * taps;
      for (const end = k + count[x]; k < end; k++, i += 3) {
        const weight = values[k];
        r = (r + Math.imul(data[i], weight)) | 0;
        g = (g + Math.imul(data[i + 1], weight)) | 0;
        b = (b + Math.imul(data[i + 2], weight)) | 0;
      }
      out[o++] = clip(r);
      out[o++] = clip(g);
      out[o++] = clip(b);
    }
  }
  return out;
}

function alongColumns(
  rows: Uint8Array,
  width: number,
  { start, count, values, taps, outside }: AxisWeights,
  low: number,
  colour: Canvas['colour'],
): Uint8Array {
  const stride = width * 3;
  const out = new Uint8Array(start.length * stride);
  const sums = new Int32Array(stride);
  for (let y = 0; y < start.length; y++) {
    // A row of the canvas alone stays its colour in the first pass: the weights of a sample sum to one within a
    // few units of 2^-22, far less than the half that rounding allows.
    for (let i = 0; i < stride; i++) sums[i] = HALF + Math.imul(outside[y], colour[i % 3]);
    let at = (start[y] - low) * stride;
    let k = y * taps;
    const end = k + count[y];
    // Four rows at a time, so that the sums are read and written a quarter as often.
    for (; k + 4 <= end; k += 4, at += 4 * stride) {
      const [a, b, c, d] = values.subarray(k, k + 4);
      for (let i = 0, j = at; i < stride; i++, j++)
        sums[i] +=
          Math.imul(rows[j], a) +
          Math.imul(rows[j + stride], b) +
          Math.imul(rows[j + 2 * stride], c) +
          Math.imul(rows[j + 3 * stride], d);
    }
    for (; k < end; k++, at += stride)
      for (let i = 0, j = at; i < stride; i++, j++) sums[i] += Math.imul(rows[j], values[k]);
    const o = y * stride;
    for (let i = 0; i < stride; i++) out[o + i] = clip(sums[i]);
  }
  return out;
}

/** From fixed point to 8 bits. */
function clip(sum: number): number {
  return Math.max(0, Math.min(sum >> PRECISION, 255));
}

/**
 * Resizes by nearest neighbour, as the reference resizes video frames (PyTorch's `interpolate(mode='nearest')`).
 *
 * @throws LlavaMiniError `bad-argument` for a side that is no positive integer
 */
export function resizeNearest(picture: Picture, width: number, height: number): Picture {
  checkSides(width, height);
  const xs = nearestIndices(picture.width, width);
  const ys = nearestIndices(picture.height, height);
  const data = new Uint8Array(width * height * 3);
  let o = 0;
  for (const y of ys)
    for (const x of xs) {
      const i = (y * picture.width + x) * 3;
      data[o++] = picture.data[i];
      data[o++] = picture.data[i + 1];
      data[o++] = picture.data[i + 2];
    }
  return { width, height, data };
}

/** Which source row or column each target takes: ⌊i·(from/to)⌋, where PyTorch keeps scale and product in float32. */
export function nearestIndices(from: number, to: number): number[] {
  const scale = Math.fround(from / to);
  return Array.from({ length: to }, (_, i) => Math.min(Math.floor(Math.fround(i * scale)), from - 1));
}

function checkSides(width: number, height: number): void {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new LlavaMiniError('bad-argument', `a picture cannot be resized to ${width}×${height}`);
}
