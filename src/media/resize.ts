/**
 * @file Bicubic resizing of 8-bit pictures, bit for bit as PIL does it (`Image.resize(…, BICUBIC)`), because a vision
 * tower was trained behind it: antialiased cubic kernel with a = −0.5, a pass along rows and one along columns, each
 * rounded to 8 bits, weights in 22-bit fixed point. No platform API: the same code runs in Node and in browsers.
 */
import { LlavaMiniError } from '../errors.ts';
import { checkPicture, type Picture } from './picture.ts';
import { pixelLoops, SLACK } from './pixels.ts';
import { type AxisWeights, axisWeights } from './resize-weights.ts';

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
 * @throws LlavaMiniError `bad-argument` for a side that is no positive integer, and for a picture without pixels or
 *   whose pixels do not agree with its sides
 */
export function resizeBicubic(
  picture: Picture,
  width: number,
  height: number,
  { canvas, window }: { canvas?: Canvas; window?: Window } = {},
): Picture {
  checkPicture(picture);
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
  return { width: part.width, height: part.height, data: resample(picture, across, down, whole.colour) };
}

/** About how many bytes of the picture are copied at a time. */
const BAND = 1 << 16;

/**
 * Both passes together: the first makes rows as the second comes to need them, so that few are kept at a time, and
 * none that no output reads.
 */
function resample(picture: Picture, across: AxisWeights, down: AxisWeights, colour: Canvas['colour']): Uint8Array {
  const width = across.start.length;
  const height = down.start.length;
  const rowBytes = picture.width * 3;
  const stride = Math.ceil((width * 3) / 8) * 8;
  const band = Math.max(1, Math.floor(BAND / rowBytes));
  const window = down.count.reduce((a, b) => Math.max(a, b), 0);
  const room = Math.min(down.high - down.low, 2 * window + band);

  let size = 0;
  const place = (bytes: number): number => {
    const at = size;
    size += Math.ceil((bytes + SLACK) / 16) * 16;
    return at;
  };
  const entries = place(width * 16);
  const acrossPairs = place(across.pairs.byteLength);
  const downPairs = place(down.pairs.byteLength);
  const colours = place(stride);
  const line = place(stride);
  const source = place(band * rowBytes);
  // One more, for the second of a pair.
  const rows = place((room + 1) * stride);
  const loops = pixelLoops(size);
  const { buffer } = loops.memory;
  const bytes = new Uint8Array(buffer);
  new Int16Array(buffer, acrossPairs).set(across.pairs);
  new Int16Array(buffer, downPairs).set(down.pairs);
  const entry = new Int32Array(buffer, entries);
  for (let x = 0; x < width; x++) {
    entry[x * 4] = across.start[x] * 3;
    entry[x * 4 + 1] = Math.ceil(across.count[x] / 4);
    entry[x * 4 + 2] = across.outside[x];
  }
  // A row of the canvas alone stays its colour in the first pass: the weights of a sample sum to one within a few
  // units of 2^-22, far less than the half that rounding allows.
  for (let x = 0; x < width * 3; x++) bytes[colours + x] = colour[x % 3];

  const out = new Uint8Array(width * height * 3);
  /** Rows `kept` up to and without `made` lie at `rows`. */
  let kept = down.low;
  let made = down.low;
  for (let y = 0; y < height; y++) {
    const start = down.start[y];
    const end = start + down.count[y];
    while (down.count[y] > 0 && made < end) {
      if (made === kept + room) {
        bytes.copyWithin(rows, rows + (start - kept) * stride, rows + (made - kept) * stride);
        kept = start;
      }
      const count = Math.min(band, down.high - made, kept + room - made);
      bytes.set(picture.data.subarray(made * rowBytes, (made + count) * rowBytes), source);
      const to = rows + (made - kept) * stride;
      loops.alongRows(source, rowBytes, count, to, stride, entries, width, acrossPairs, across.stride, ...colour);
      made += count;
    }
    const pairs = Math.ceil(down.count[y] / 2);
    const from = pairs > 0 ? rows + (start - kept) * stride : rows;
    loops.alongColumns(from, stride, line, downPairs + y * down.stride, pairs, down.outside[y], colours);
    out.set(bytes.subarray(line, line + width * 3), y * width * 3);
  }
  return out;
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
