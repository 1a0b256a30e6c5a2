import { LlavaMiniError } from '../errors.ts';

/** What is checked before anything is decoded. */
export interface PictureLimits {
  /** Bytes of the encoded file. */
  maxBytes: number;
  maxPixels: number;
  maxSide: number;
}

export const DEFAULT_LIMITS: PictureLimits = { maxBytes: 64 << 20, maxPixels: 40_000_000, maxSide: 16_384 };

/** @throws LlavaMiniError `image-too-large`, `bad-image` for an empty picture */
export function checkSize(width: number, height: number, limits: PictureLimits): void {
  if (!(width > 0 && height > 0)) throw new LlavaMiniError('bad-image', `the picture is ${width}×${height} pixels`);
  if (width > limits.maxSide || height > limits.maxSide || width * height > limits.maxPixels)
    throw new LlavaMiniError('image-too-large', `the picture is ${width}×${height} pixels`, {
      hint: `at most ${limits.maxPixels / 1e6} megapixels and ${limits.maxSide} pixels a side are read; make it smaller first`,
    });
}

export function checkBytes(bytes: number, limits: PictureLimits): void {
  if (bytes > limits.maxBytes)
    throw new LlavaMiniError('image-too-large', `the picture file has ${bytes} bytes or more`, {
      hint: `at most ${limits.maxBytes} bytes are read`,
    });
}
