import { LlavaMiniError } from '../errors.ts';

/** What is checked before anything is decoded. */
export interface PictureLimits {
  /** Bytes of the encoded file. */
  maxBytes: number;
  maxPixels: number;
  /** Pixels. */
  maxSide: number;
}

export const DEFAULT_LIMITS: PictureLimits = { maxBytes: 64 << 20, maxPixels: 40_000_000, maxSide: 16_384 };

/**
 * @param name of the picture, for the message
 * @throws LlavaMiniError `image-too-large`; `bad-image` for a picture without pixels
 */
export function checkSize(width: number, height: number, limits: PictureLimits, name = 'the picture'): void {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new LlavaMiniError('bad-image', `${name} says it is ${width}×${height} pixels`, {
      hint: 'the file is damaged or not finished; save it again',
    });
  if (width > limits.maxSide || height > limits.maxSide || width * height > limits.maxPixels)
    throw new LlavaMiniError('image-too-large', `${name} is ${width}×${height} pixels`, {
      hint: `at most ${limits.maxPixels / 1e6} megapixels and ${limits.maxSide} pixels a side are read; make it smaller first`,
    });
}

/** @throws LlavaMiniError `image-too-large` */
export function checkBytes(bytes: number, limits: PictureLimits, name = 'the picture'): void {
  if (bytes > limits.maxBytes)
    throw new LlavaMiniError('image-too-large', `${name} has more than ${limits.maxBytes} bytes`, {
      hint: 'make it smaller first',
    });
}
