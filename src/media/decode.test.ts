import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { decodePicture } from './decode.ts';
import type { PictureSource } from './source.ts';

let folder: string;
let jpeg: Buffer;
const plain = (width: number, height: number, colour: string): Sharp =>
  sharp({ create: { width, height, channels: 3, background: colour } });
const noise = (width: number, height: number): Sharp =>
  sharp(
    Buffer.from({ length: width * height * 3 }).map((_, i) => (i * i * 31 + i * 7) >> 3),
    { raw: { width, height, channels: 3 } },
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-'));
  jpeg = await noise(300, 300).jpeg().toBuffer();
});
afterAll(() => rm(folder, { recursive: true }));

const failure = async (source: unknown, options = {}): Promise<LlavaMiniError> => {
  const error = await decodePicture(source as PictureSource, options).then(
    () => 'no error',
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(LlavaMiniError);
  return error as LlavaMiniError;
};
const pixel = async (source: PictureSource, at = 0): Promise<number[]> => [
  ...(await decodePicture(source)).data.subarray(at * 3, at * 3 + 3),
];

describe('conversion', () => {
  test.each([
    [1, 'red green', [0, 1]],
    [2, 'green red', [1, 0]],
    [3, 'green red', [1, 0]],
    [6, 'turned', [0, 1]],
    [8, 'turned back', [1, 0]],
  ])('EXIF orientation %s', async (orientation, _, order) => {
    const colours = [
      [255, 0, 0],
      [0, 255, 0],
    ];
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const half = { width: 32, height: 32, channels: 3 as const };
      const bytes = await sharp({ create: { ...half, width: 64, background: '#f00' } })
        .composite([{ input: { create: { ...half, background: '#0f0' } }, left: 32, top: 0 }])
        .toFormat(format, { quality: 100 })
        .withMetadata({ orientation })
        .toBuffer();
      const picture = await decodePicture(bytes);
      const upright = orientation < 5;
      expect([picture.width, picture.height]).toEqual(upright ? [64, 32] : [32, 64]);
      const last = picture.data.length - 3;
      for (const [at, colour] of [
        [0, colours[order[0]]],
        [last, colours[order[1]]],
      ] as const)
        colour.forEach((v, c) => {
          expect(Math.abs(picture.data[at + c] - v)).toBeLessThan(8);
        });
    }
  });

  test('transparency is put on white', async () => {
    const clear = (alpha: number, channels: 4 = 4): Sharp =>
      sharp({ create: { width: 2, height: 2, channels, background: { r: 0, g: 0, b: 0, alpha } } });
    expect(await pixel(await clear(0).png().toBuffer())).toEqual([255, 255, 255]);
    expect(await pixel(await clear(0).webp({ lossless: true }).toBuffer())).toEqual([255, 255, 255]);
    expect(await pixel(await clear(0).gif().toBuffer())).toEqual([255, 255, 255]);
    expect(await pixel(await clear(0).png({ palette: true }).toBuffer())).toEqual([255, 255, 255]);
    expect(await pixel(await clear(0).toColourspace('rgb16').png().toBuffer())).toEqual([255, 255, 255]);
    const half = await pixel(await clear(0.5).png().toBuffer());
    half.forEach((v) => {
      expect(Math.abs(v - 127)).toBeLessThanOrEqual(1);
    });
    const grey = sharp(Buffer.from([10, 0, 10, 255]), { raw: { width: 2, height: 1, channels: 2 } });
    const file = await grey.toColourspace('b-w').png().toBuffer();
    expect((await sharp(file).metadata()).channels).toBe(2);
    expect([...(await decodePicture(file)).data]).toEqual([255, 255, 255, 10, 10, 10]);
  });

  test('CMYK', async () => {
    const file = await plain(16, 16, '#ff0000').toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(file).metadata()).space).toBe('cmyk');
    const [r, g, b] = await pixel(file);
    expect(r).toBeGreaterThan(200);
    expect(Math.max(g, b)).toBeLessThan(80);
  });

  test('16 bits, palette, grey, one bit', async () => {
    const deep = await plain(3, 3, '#1280ff').toColourspace('rgb16').png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expect(await pixel(deep)).toEqual([0x12, 0x80, 0xff]);
    const palette = await plain(3, 3, '#1280ff').png({ palette: true }).toBuffer();
    expect((await sharp(palette).metadata()).isPalette).toBe(true);
    expect(await pixel(palette)).toEqual([0x12, 0x80, 0xff]);
    const raw = sharp(Buffer.from([10, 200]), { raw: { width: 2, height: 1, channels: 1 } });
    for (const colours of ['b-w', 'grey16'] as const) {
      const grey = await raw.clone().toColourspace(colours).png().toBuffer();
      expect((await sharp(grey).metadata()).channels).toBe(1);
      expect([...(await decodePicture(grey)).data]).toEqual([10, 10, 10, 200, 200, 200]);
    }
    // One bit, grey: a row of eight pixels in one byte.
    const bits = makePng(8, 1, { depth: 1, colour: 0 }, Buffer.from([0, 0b10100000]));
    expect([...(await decodePicture(bits)).data].filter((_, i) => i % 3 === 0)).toEqual([255, 0, 255, 0, 0, 0, 0, 0]);
  });

  test('the first frame of animated pictures', async () => {
    const frames = Buffer.concat([Buffer.alloc(12, 255), Buffer.alloc(12, 0)]);
    const film = sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } });
    for (const bytes of [await film.clone().gif().toBuffer(), await film.clone().webp({ lossless: true }).toBuffer()]) {
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      expect(await decodePicture(bytes)).toEqual({ width: 2, height: 2, data: new Uint8Array(12).fill(255) });
    }
  });

  test('one pixel', async () => {
    const one = plain(1, 1, '#123456');
    expect(await decodePicture(await one.png().toBuffer())).toEqual({
      width: 1,
      height: 1,
      data: Uint8Array.of(0x12, 0x34, 0x56),
    });
    expect(await decodePicture(await one.jpeg().toBuffer())).toMatchObject({ width: 1, height: 1 });
  });
});

describe('unusable files', () => {
  test('missing, empty, a folder', async () => {
    const missing = await failure(join(folder, 'missing.png'));
    expect(missing).toMatchObject({ code: 'not-found', hint: expect.any(String) });
    expect(missing.message).toContain('missing.png');
    expect(await failure('<svg/>')).toMatchObject({ code: 'not-found' });
    await writeFile(join(folder, 'empty.png'), '');
    const empty = await failure(join(folder, 'empty.png'));
    expect(empty).toMatchObject({ code: 'bad-image', message: 'empty.png is empty' });
    expect(await failure(join(folder, 'empty.png', 'x.png'))).toMatchObject({ code: 'not-found' });
    expect(await failure('')).toMatchObject({ code: 'not-found' });
    expect(await failure(`${folder}/\0.png`)).toMatchObject({ code: expect.stringMatching(/io|not-found/) });
    await mkdir(join(folder, 'pictures'));
    expect(await failure(join(folder, 'pictures'))).toMatchObject({ code: 'bad-image' });
    for (const source of [new Uint8Array(), new ArrayBuffer(0), new Blob([]), new Blob([]).stream(), 'data:,'])
      expect(await failure(source)).toMatchObject({ code: 'bad-image' });
  });

  test('something else than a picture', async () => {
    const text = await failure(Buffer.from('hello, this is text and no picture'));
    expect(text).toMatchObject({ code: 'bad-image', hint: expect.stringContaining('JPEG') });
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
    expect((await failure(Buffer.from(svg))).message).toContain('SVG');
    expect((await failure(await plain(4, 4, '#123').tiff().toBuffer())).message).toContain('TIFF');
    expect((await failure(await plain(64, 64, '#123').avif().toBuffer())).message).toContain('AVIF');
    for (const bad of ['data:image/png;base64,@@@', 'data:image/png', 'data:,%4'])
      expect(await failure(bad)).toMatchObject({ code: 'bad-url' });
  });

  test('cut short or damaged: no words of the decoder', async () => {
    const files = {
      png: await noise(300, 300).png().toBuffer(),
      jpeg,
      progressive: await noise(300, 300).jpeg({ progressive: true }).toBuffer(),
      webp: await noise(300, 300).webp().toBuffer(),
      gif: await noise(300, 300).gif().toBuffer(),
    };
    for (const [name, bytes] of Object.entries(files)) {
      expect(await decodePicture(bytes), name).toMatchObject({ width: 300 });
      for (const part of [0.02, 0.3, 0.5, 0.9]) {
        const error = await failure(bytes.subarray(0, Math.max(12, bytes.length * part)));
        expect(error, `${name} ${part}`).toMatchObject({
          code: 'bad-image',
          message: 'the picture is damaged or cut short',
          hint: expect.any(String),
        });
      }
    }
    const broken = Buffer.from(files.png);
    broken.fill(0x55, 2000, 4000);
    expect(await failure(broken)).toMatchObject({ code: 'bad-image' });
  });

  test('a file that two readers take for different formats', async () => {
    // A GIF's first bytes, all of them text, with an SVG drawing behind them.
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
    expect(await failure(Buffer.from(`GIF89a \t \t          ${svg}`))).toMatchObject({ code: 'bad-image' });
  });
});

function makePng(
  width: number,
  height: number,
  { depth = 8, colour = 2 } = {},
  rows: Buffer = Buffer.alloc(1000),
): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('limits', () => {
  test.each([
    [20_000, 100],
    [16_385, 1],
    [1, 16_385],
    [8_000, 5_001],
    [60_000, 60_000],
    [4_294_967_295, 4_294_967_295],
  ])('%s×%s is refused from the header', async (width, height) => {
    const error = await failure(makePng(width, height));
    expect(error).toMatchObject({ code: 'image-too-large', hint: expect.stringContaining('40 megapixels') });
    expect(error.message).toContain(`${width}×${height}`);
  });

  test('other formats too', async () => {
    const gif = await plain(2, 2, '#123').gif().toBuffer();
    gif.writeUInt16LE(60_000, 6);
    gif.writeUInt16LE(60_000, 8);
    const large = Buffer.from(jpeg);
    const frame = large.indexOf(Buffer.from([0xff, 0xc0]));
    large.writeUInt16BE(60_000, frame + 5);
    large.writeUInt16BE(60_000, frame + 7);
    const webp = Buffer.concat([Buffer.from('RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0'), Buffer.alloc(30, 0xff)]);
    for (const bytes of [gif, large, webp]) expect(await failure(bytes)).toMatchObject({ code: 'image-too-large' });
  });

  test('a real bomb costs neither time nor memory', async () => {
    // 16,000 × 16,000 pixels of one colour: 768 MB decoded, under one MB in the file.
    const bytes = makePng(16_000, 16_000, {}, Buffer.alloc(48_001 * 2_000));
    expect(bytes.length).toBeLessThan(1 << 20);
    const before = process.memoryUsage().rss;
    const start = performance.now();
    expect(await failure(bytes)).toMatchObject({ code: 'image-too-large' });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 << 20);
  });

  test('40 megapixels are read', async () => {
    const big = await plain(8_000, 5_000, '#777').png().toBuffer();
    expect(await decodePicture(big)).toMatchObject({ width: 8_000, height: 5_000 });
  });

  test('no pixels', async () => {
    expect(await failure(makePng(0, 5))).toMatchObject({ code: 'bad-image' });
  });
});
