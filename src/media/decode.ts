import sharp from 'sharp';
import { LlavaMiniError } from '../errors.ts';
import { checkSize, DEFAULT_LIMITS, type PictureLimits } from './limits.ts';
import { isPicture, type Picture } from './picture.ts';
import { sniffFormat } from './sniff.ts';
import { type PictureSource, type ReadOptions, readBytes } from './source.ts';

// Pictures are decoded one at a time beside the engine, which needs the cores.
sharp.concurrency(1);
sharp.cache(false);

export interface DecodeOptions extends ReadOptions {
  limits?: Partial<PictureLimits>;
}

/**
 * Decodes a picture in Node: JPEG, PNG, WebP, or the first frame of a GIF, to upright 8-bit RGB. Transparency is put
 * on white; grey, palette, CMYK and 16-bit pictures are converted. Size is checked from the header, before decoding.
 *
 * @throws LlavaMiniError `not-found`, `bad-image`, `image-too-large`, `bad-url`, `download`, `io`
 */
export async function decodePicture(source: PictureSource, options: DecodeOptions = {}): Promise<Picture> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  if (isPicture(source)) {
    checkSize(source.width, source.height, limits);
    return source;
  }
  const bytes = await readBytes(source, limits, options);
  options.signal?.throwIfAborted();
  if (bytes.byteLength === 0) throw new LlavaMiniError('bad-image', 'the picture file is empty');
  if (!sniffFormat(bytes))
    throw new LlavaMiniError('bad-image', 'this is not a picture that can be read', {
      hint: 'JPEG, PNG, WebP and GIF pictures are read',
    });
  const input = { limitInputPixels: limits.maxPixels, failOn: 'error', pages: 1, animated: false } as const;
  let size: { width: number; height: number };
  try {
    size = await sharp(bytes, { ...input, limitInputPixels: false }).metadata();
  } catch (cause) {
    throw damaged(cause);
  }
  checkSize(size.width, size.height, limits);
  try {
    const { data, info } = await sharp(bytes, input)
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#fff' })
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    options.signal?.throwIfAborted();
    return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw damaged(cause);
  }
}

function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const pixels = data.length / channels;
  const out = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++)
    for (let c = 0; c < 3; c++) out[i * 3 + c] = data[i * channels + (channels < 3 ? 0 : c)];
  return out;
}

/** The decoder's own words may name memory or paths: they stay in `cause`. */
function damaged(cause: unknown): LlavaMiniError {
  return new LlavaMiniError('bad-image', 'the picture is damaged or cut short', {
    hint: 'open it in an image viewer and save it again',
    cause,
  });
}
