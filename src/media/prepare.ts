import { LlavaMiniError } from '../errors.ts';
import type { ImageProcessor } from './image-processor.ts';
import { checkPicture, cropPicture, type Picture } from './picture.ts';
import { pixelLoops } from './pixels.ts';
import { resizeBicubic, resizeNearest } from './resize.ts';

/** One picture as a vision tower takes it: squared, then normalised, `[3, S, S]`. */
export function preparePicture(picture: Picture, processor: ImageProcessor): Float32Array {
  return normalisePicture(squarePicture(picture, processor), processor);
}

/** A video frame as a vision tower takes it, `[3, S, S]`: stretched to a square by nearest neighbour, normalised. */
export function prepareFrame(picture: Picture, processor: ImageProcessor): Float32Array {
  return normalisePicture(resizeNearest(picture, processor.size, processor.size), processor);
}

/**
 * A picture made S×S, still 8-bit: put in the middle of a square of the mean colour and resized (`pad`), or resized
 * until its shorter side is S and cut out of the middle (`crop`).
 */
export function squarePicture(picture: Picture, { size, aspect, mean }: ImageProcessor): Picture {
  const { width, height } = picture;
  if (aspect === 'pad') {
    const side = Math.max(width, height);
    const [r, g, b] = mean.map((m) => Math.trunc(m * 255));
    const left = Math.floor((side - width) / 2);
    const top = Math.floor((side - height) / 2);
    const canvas = { width: side, height: side, left, top, colour: [r, g, b] as const };
    return resizeBicubic(picture, size, size, { canvas });
  }
  const long = Math.trunc((size * Math.max(width, height)) / Math.min(width, height));
  const [w, h] = width <= height ? [size, long] : [long, size];
  const window = {
    left: Math.floor((w - size) / 2),
    top: Math.floor((h - size) / 2),
    width: size,
    height: size,
  };
  return resizeBicubic(picture, w, h, { window });
}

/** Pixels normalised at a time. */
const CHUNK = 1 << 14;

/**
 * `[3, H, W]`, channel by channel: (v · rescale − mean) / std, each step rounded to float32 as the reference does.
 *
 * @throws LlavaMiniError `bad-argument` for a picture without pixels, or whose pixels do not agree with its sides
 */
export function normalisePicture(picture: Picture, processor: ImageProcessor): Float32Array {
  checkPicture(picture);
  const pixels = picture.width * picture.height;
  const out = new Float32Array(3 * pixels);
  const chunk = Math.min(CHUNK, pixels);
  const table = 0;
  const planes = 3 * 256 * 4;
  const source = planes + 3 * chunk * 4;
  const loops = pixelLoops(source + chunk * 3);
  const { buffer } = loops.memory;
  const values = new Float32Array(buffer, table, 3 * 256);
  for (let c = 0; c < 3; c++) {
    const mean = Math.fround(processor.mean[c]);
    const std = Math.fround(processor.std[c]);
    for (let v = 0; v < 256; v++)
      values[c * 256 + v] = Math.fround(Math.fround(v * processor.rescaleFactor) - mean) / std;
  }
  for (let first = 0; first < pixels; first += chunk) {
    const count = Math.min(chunk, pixels - first);
    new Uint8Array(buffer, source).set(picture.data.subarray(first * 3, (first + count) * 3));
    loops.toPlanes(source, count, table, planes, chunk * 4);
    for (let c = 0; c < 3; c++) out.set(new Float32Array(buffer, planes + c * chunk * 4, count), c * pixels + first);
  }
  return out;
}

/**
 * High resolution: `ratio`×`ratio` tiles row by row, cut by integer division (what is left over at the right and at
 * the bottom is dropped, as the reference does), then the whole picture. For ratio 1 the picture alone. Of a picture
 * with fewer pixels than tiles along a side, tiles repeat its last pixels; the reference fails there.
 *
 * @throws LlavaMiniError `bad-argument` for a ratio that is no positive integer
 */
export function splitTiles(picture: Picture, ratio: number): Picture[] {
  if (!(Number.isInteger(ratio) && ratio >= 1))
    throw new LlavaMiniError('bad-argument', `the resolution ratio must be a positive integer, not ${ratio}`);
  if (ratio === 1) return [picture];
  const width = Math.max(1, Math.floor(picture.width / ratio));
  const height = Math.max(1, Math.floor(picture.height / ratio));
  const parts: Picture[] = [];
  for (let row = 0; row < ratio; row++)
    for (let column = 0; column < ratio; column++) {
      const left = Math.min(column * width, picture.width - width);
      const top = Math.min(row * height, picture.height - height);
      parts.push(cropPicture(picture, left, top, width, height));
    }
  parts.push(picture);
  return parts;
}
