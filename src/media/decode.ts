import sharp from 'sharp';
import { LlavaMiniError } from '../errors.ts';
import { abortable } from '../util/abortable.ts';
import { nameOtherFormat, readPictureHeader } from './header.ts';
import { checkSize, DEFAULT_LIMITS, type PictureLimits } from './limits.ts';
import { isPicture, type Picture } from './picture.ts';
import { type NamedBytes, type PictureSource, type ReadOptions, readBytes } from './source.ts';

// The engine needs the cores, and no picture is decoded twice.
sharp.concurrency(1);
sharp.cache(false);

export interface DecodeOptions extends ReadOptions {
  /** Default: 64 MiB, 40 megapixels, 16,384 pixels a side. */
  limits?: Partial<PictureLimits>;
}

/**
 * Decodes a picture in Node: JPEG, PNG, WebP, or GIF (of animated ones the first frame), to upright 8-bit RGB.
 * Transparency is put on white; grey, palette, CMYK and 16-bit pictures are converted. Size is checked from the
 * header, before decoding. Decoded pixels are given back as they are.
 *
 * @throws LlavaMiniError `not-found`, `bad-image`, `image-too-large`, `bad-url`, `bad-argument`, `download`, `io`; the
 *   signal's reason
 */
export async function decodePicture(source: PictureSource, options: DecodeOptions = {}): Promise<Picture> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { signal } = options;
  signal?.throwIfAborted();
  if (isPicture(source)) {
    checkSize(source.width, source.height, limits);
    return source;
  }
  const { bytes, name } = await readBytes(source as Exclude<PictureSource, Picture>, limits, options);
  signal?.throwIfAborted();
  checkHeader(bytes, name, limits);
  return abortable(decode(bytes, name, limits), signal);
}

function checkHeader(bytes: Uint8Array, name: string, limits: PictureLimits): void {
  if (bytes.byteLength === 0)
    throw new LlavaMiniError('bad-image', `${name} is empty`, { hint: 'give a file that holds a picture' });
  const header = readPictureHeader(bytes);
  if (header === null)
    throw new LlavaMiniError('bad-image', `${name} is ${nameOtherFormat(bytes) ?? 'no picture'}`, {
      hint: 'JPEG, PNG, WebP and GIF pictures are read; save it as one of them',
    });
  if (typeof header === 'string') throw damaged(name);
  checkSize(header.width, header.height, limits, name);
}

async function decode(bytes: Uint8Array, name: string, limits: PictureLimits): Promise<Picture> {
  const options = {
    limitInputPixels: limits.maxPixels,
    failOn: 'error',
    animated: false,
    // The reference takes the numbers in the file as they are.
    ignoreIcc: true,
  } as const;
  try {
    const { format, width, height } = await sharp(bytes, options).metadata();
    const header = readPictureHeader(bytes);
    // A file made to look different to the two readers of its header.
    if (header === null || typeof header === 'string' || format !== header.format) throw damaged(name);
    checkSize(width, height, limits, name);
    const { data, info } = await sharp(bytes, options)
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#fff' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
  } catch (error) {
    throw error instanceof LlavaMiniError ? error : damaged(name, error);
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

/** The decoder's own words mean nothing to people and may name memory or paths: they stay in `cause`. */
function damaged(name: NamedBytes['name'], cause?: unknown): LlavaMiniError {
  return new LlavaMiniError('bad-image', `${name} is damaged or cut short`, {
    hint: 'open it in an image viewer and save it again, or download it again',
    cause,
  });
}
