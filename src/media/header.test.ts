import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { nameOtherFormat, readPictureHeader } from './header.ts';

const drawn = (width: number, height: number): Sharp =>
  sharp({ create: { width, height, channels: 4, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } });

const files: [string, () => Promise<Buffer>, object][] = [
  ['png', () => drawn(37, 21).png().toBuffer(), { format: 'png', width: 37, height: 21 }],
  ['jpeg', () => drawn(37, 21).flatten().jpeg().toBuffer(), { format: 'jpeg', width: 37, height: 21 }],
  [
    'progressive jpeg with EXIF',
    () => drawn(37, 21).flatten().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
    { format: 'jpeg', width: 37, height: 21 },
  ],
  ['gif', () => drawn(37, 21).gif().toBuffer(), { format: 'gif', width: 37, height: 21 }],
  ['lossy webp', () => drawn(37, 21).flatten().webp().toBuffer(), { format: 'webp', width: 37, height: 21 }],
  ['lossless webp', () => drawn(37, 21).webp({ lossless: true }).toBuffer(), { format: 'webp', width: 37, height: 21 }],
  [
    'extended webp',
    () => drawn(3700, 21).webp().withMetadata().toBuffer(),
    { format: 'webp', width: 3700, height: 21 },
  ],
];

describe('header', () => {
  test.each(files)('%s', async (_, make, want) => {
    const bytes = await make();
    expect(readPictureHeader(bytes)).toEqual(want);
    // Also from the middle of a larger buffer.
    const larger = Buffer.concat([Buffer.alloc(5, 0xff), bytes]);
    expect(readPictureHeader(larger.subarray(5))).toEqual(want);
  });

  test.each(files)('%s cut anywhere gives the size, the format or nothing', async (_, make, want) => {
    const bytes = await make();
    for (let length = 0; length < Math.min(bytes.length, 700); length++) {
      const header = readPictureHeader(bytes.subarray(0, length));
      expect([null, (want as { format: string }).format, want]).toContainEqual(header);
    }
  });

  test('stray and fill bytes between the segments of a JPEG are skipped, as decoders do', async () => {
    const bytes = await drawn(37, 21).flatten().jpeg().toBuffer();
    const odd = Buffer.concat([bytes.subarray(0, 2), Buffer.from([0xff, 0xff, 0xff]), bytes.subarray(2)]);
    expect(readPictureHeader(odd)).toEqual({ format: 'jpeg', width: 37, height: 21 });
  });

  test('any bytes after any magic are read without failing', () => {
    const magic = [
      [0xff, 0xd8, 0xff],
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
      [...Buffer.from('GIF89a')],
      [...Buffer.from('RIFF0000WEBPVP8X')],
      [...Buffer.from('RIFF0000WEBPVP8L')],
      [],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...magic), fc.uint8Array({ maxLength: 80 }), (start, rest) => {
        readPictureHeader(Uint8Array.from([...start, ...rest]));
        nameOtherFormat(rest);
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  [[0, 0, 0, 24, ...Buffer.from('ftypheic')], 'a HEIC picture'],
  [[0, 0, 0, 24, ...Buffer.from('ftypavif')], 'an AVIF picture'],
  [[0, 0, 0, 24, ...Buffer.from('ftypisom')], 'a video'],
  [[...Buffer.from('BM000000')], 'a BMP picture'],
  [[...Buffer.from('II*\0')], 'a TIFF picture'],
  [[...Buffer.from('%PDF-1.7')], 'a PDF document'],
  [[...Buffer.from('<?xml version="1.0"?>\n<svg xmlns="x">')], 'an SVG drawing'],
  [[...Buffer.from('\ufeff <!doctype html><p>')], 'a web page'],
  [[...Buffer.from('hello')], null],
])('%s is called %s', (bytes, name) => {
  expect(nameOtherFormat(Uint8Array.from(bytes))).toBe(name);
});
