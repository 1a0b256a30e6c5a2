/** @file What a picture file says about itself in its first bytes. No platform API. */

export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'gif';

/** As stored: before any turning by EXIF orientation. */
export interface PictureHeader {
  format: PictureFormat;
  width: number;
  height: number;
}

/**
 * Reads format and size from a picture file's header, whatever its name or declared type, and nothing further.
 * Sources: ITU-T T.81 (B.1, B.2), PNG (IHDR), RFC 9649 (WebP), GIF89a (logical screen).
 *
 * @returns the header; the format alone when the file ends before its size or the size is missing; null for a file
 *   of no format that is read here
 */
export function readPictureHeader(bytes: Uint8Array): PictureHeader | PictureFormat | null {
  const format = sniffFormat(bytes);
  if (!format) return null;
  const size = SIZES[format](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return size ? { format, width: size[0], height: size[1] } : format;
}

function sniffFormat(bytes: Uint8Array): PictureFormat | null {
  const starts = (...magic: number[]): boolean => magic.every((b, i) => bytes[i] === b);
  if (starts(0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  const text = ascii(bytes, 0, 12);
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'webp';
  return null;
}

type Size = readonly [width: number, height: number] | null;

const SIZES: Record<PictureFormat, (view: DataView) => Size> = {
  png: (view) => (has(view, 24) && tag(view, 12) === 'IHDR' ? [view.getUint32(16), view.getUint32(20)] : null),
  gif: (view) => (has(view, 10) ? [view.getUint16(6, true), view.getUint16(8, true)] : null),
  jpeg: jpegSize,
  webp: webpSize,
};

/** Walks the marker segments to the first frame header. */
function jpegSize(view: DataView): Size {
  let at = 2;
  while (has(view, at + 2)) {
    const marker = view.getUint8(at + 1);
    // Decoders skip stray bytes between segments and fill bytes before a marker, so the same is done here.
    if (view.getUint8(at) !== 0xff || marker === 0xff || marker === 0) {
      at++;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return null;
    at += 2;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return has(view, at + 7) ? [view.getUint16(at + 5), view.getUint16(at + 3)] : null;
    if (!has(view, at + 2)) return null;
    at += Math.max(2, view.getUint16(at));
  }
  return null;
}

function webpSize(view: DataView): Size {
  if (!has(view, 30)) return null;
  switch (tag(view, 12)) {
    case 'VP8X':
      return [1 + uint24(view, 24), 1 + uint24(view, 27)];
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
    }
    case 'VP8 ':
      return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    default:
      return null;
  }
}

const has = (view: DataView, bytes: number): boolean => view.byteLength >= bytes;
const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
const tag = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/** A name for common files that people take for readable pictures, to say what the matter is. */
export function nameOtherFormat(bytes: Uint8Array): string | null {
  const text = ascii(bytes, 0, 256).replace(/^(ï»¿)?\s+/, '');
  const brand = text.slice(4, 12);
  if (/^ftyp(heic|heix|hevc|mif1|msf1)/.test(brand)) return 'a HEIC picture';
  if (/^ftypavi[fs]/.test(brand)) return 'an AVIF picture';
  if (brand.startsWith('ftyp') || text.startsWith('\x1aEß£')) return 'a video';
  if (text.startsWith('BM')) return 'a BMP picture';
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return 'a TIFF picture';
  if (text.startsWith('%PDF')) return 'a PDF document';
  if (/^(<\?xml[^>]*>\s*)?(<!--[^>]*>\s*)?<svg/i.test(text)) return 'an SVG drawing';
  if (/^<(!doctype html|html)/i.test(text)) return 'a web page';
  return null;
}
