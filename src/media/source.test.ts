import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { decodePicture } from './decode.ts';
import type { PictureSource } from './source.ts';

let folder: string;
let png: Buffer;
const plain = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#f00' } })
    .png()
    .toBuffer();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-'));
  png = await plain(40, 20);
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

describe('sources', () => {
  async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < bytes.length; i += 50) yield bytes.subarray(i, i + 50);
  }
  const file = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, png);
    return path;
  };
  test.each<[string, () => Promise<PictureSource> | PictureSource]>([
    ['path', () => file('red.png')],
    ['path with the wrong ending', () => file('red.txt')],
    ['path with a colon and spaces', () => file('a: b#c?d%20.png')],
    ['file: text', async () => pathToFileURL(await file('ä b.png')).href],
    ['file: URL', async () => pathToFileURL(await file('ä b.png'))],
    ['bytes', () => new Uint8Array(png)],
    ['Buffer', () => png],
    ['bytes inside a larger buffer', () => new Uint8Array(Buffer.concat([png, png]).subarray(png.length))],
    ['ArrayBuffer', () => new Uint8Array(png).buffer],
    ['Blob', () => new Blob([new Uint8Array(png)])],
    ['web stream', () => new Blob([new Uint8Array(png)]).stream()],
    ['Node stream', async () => createReadStream(await file('s.png'))],
    ['generator', () => inPieces(png)],
    ['data: base64', () => `data:image/png;base64,${png.toString('base64')}`],
    ['data: URL with a wrong type', () => new URL(`data:text/plain;x=y;base64,${png.toString('base64url')}`)],
    ['data: escaped base64', () => `DATA:;base64,${encodeURIComponent(png.toString('base64'))}`],
    ['data: escaped bytes', () => `data:,${[...png].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('')}`],
  ])('%s', async (_, make) => {
    const { width, height, data } = await decodePicture(await make());
    expect([width, height, ...data.subarray(0, 3)]).toEqual([40, 20, 255, 0, 0]);
  });

  test('a pipe', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const [picture] = await Promise.all([decodePicture(path), writeFile(path, png)]);
    expect(picture).toMatchObject({ width: 40, height: 20 });
  });

  test('a pipe that nobody writes to, until the call is cancelled', async () => {
    const path = join(folder, 'silent');
    execFileSync('mkfifo', [path]);
    const given = () => ({ signal: AbortSignal.timeout(50) });
    await expect(decodePicture(path, given())).rejects.toMatchObject({ name: 'TimeoutError' });
    // The thread that waits for a writer would keep the process: let it go.
    await writeFile(path, '');
    const silent = await open(path, 'r+');
    await expect(decodePicture(path, given())).rejects.toMatchObject({ name: 'TimeoutError' });
    await silent.write('x');
    await silent.close();
  });

  test('a data: address of white space and one wrong character is refused at once', async () => {
    const address = `data:image/png;base64,${' '.repeat(3_000_000)}!`;
    expect(await failure(address)).toMatchObject({ code: 'bad-url', message: /base64/ });
  });

  test('pixels come back as they are, with their size checked', async () => {
    const picture = { width: 2, height: 1, data: new Uint8Array(6) };
    expect(await decodePicture(picture)).toBe(picture);
    expect(await failure(picture, { limits: { maxPixels: 1 } })).toMatchObject({ code: 'image-too-large' });
    expect(await failure({ width: 0, height: 5, data: new Uint8Array() })).toMatchObject({ code: 'bad-image' });
    expect(await failure({ width: 2, height: 1, data: new Uint8Array(8) })).toMatchObject({ code: 'bad-argument' });
  });

  test('the result owns its memory, so that it can be moved to a worker', async () => {
    for (const source of [png, await sharp(png).jpeg().toBuffer()]) {
      const picture = await decodePicture(source);
      expect(picture.data.buffer.byteLength).toBe(picture.data.length);
      const { length } = picture.data;
      expect(structuredClone(picture, { transfer: [picture.data.buffer as ArrayBuffer] }).data.length).toBe(length);
    }
  });

  test.each([42, null, undefined, {}, [], true])('%s is refused', async (source) => {
    expect(await failure(source)).toMatchObject({ code: 'bad-argument', hint: expect.any(String) });
  });

  test('files and addresses can be switched off', async () => {
    for (const source of [join(folder, 'red.png'), 'file:///etc/passwd', '/dev/zero', pathToFileURL(folder)])
      expect(await failure(source, { allowFiles: false })).toMatchObject({ code: 'bad-url' });
    expect(await failure('http://example.com/x.png')).toMatchObject({ code: 'bad-url' });
    expect(await failure(new URL('HTTPS://example.com/x.png'))).toMatchObject({ code: 'bad-url' });
    for (const source of ['ftp://example.com/x.png', 'gopher://x/', 'file://elsewhere/x.png', 'file:///a%2Fb'])
      expect(await failure(source, { allowRemote: true })).toMatchObject({ code: 'bad-url' });
    expect(await decodePicture(png, { allowFiles: false })).toMatchObject({ width: 40 });
  });
});

test('bytes are counted for every source, as they come', async () => {
  const limits = { maxBytes: 50 };
  const path = join(folder, 'large.png');
  await writeFile(path, png);
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(10);
    } finally {
      closed = true;
    }
  }
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel: () => {
      cancelled = true;
    },
  });
  for (const source of [
    path,
    png,
    new Uint8Array(png).buffer,
    new Blob([new Uint8Array(png)]),
    endless(),
    stream,
    '/dev/zero',
    `data:image/png;base64,${png.toString('base64')}`,
    `data:,${'a'.repeat(60)}`,
  ])
    expect(await failure(source, { limits })).toMatchObject({ code: 'image-too-large', hint: expect.any(String) });
  expect([closed, cancelled]).toEqual([true, true]);
  // Of 64 MiB and more nothing is read.
  await truncate(path, (64 << 20) + 1);
  expect(await failure(path)).toMatchObject({ code: 'image-too-large' });
});

describe('cancelling', () => {
  test('before, and while a source is silent', async () => {
    const reason = new Error('enough');
    await expect(decodePicture(png, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const silent = [
      new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) }),
      {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<Uint8Array>>(() => {}) }),
      },
    ];
    for (const source of silent) {
      const control = new AbortController();
      setTimeout(() => control.abort(reason), 20);
      await expect(decodePicture(source, { signal: control.signal })).rejects.toBe(reason);
    }
  });

  test('while decoding', async () => {
    const large = await plain(6_000, 5_000);
    const control = new AbortController();
    setTimeout(() => control.abort(), 5);
    await expect(decodePicture(large, { signal: control.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a stream of text, a broken one and one in use', async () => {
    const texts = new ReadableStream({ start: (c) => c.enqueue('text') });
    expect(await failure(texts)).toMatchObject({ code: 'bad-argument' });
    const broken = new ReadableStream<Uint8Array>({ start: (c) => c.error(new Error('line cut')) });
    expect(await failure(broken)).toMatchObject({ code: 'io', hint: expect.any(String) });
    const locked = new Blob(['x']).stream();
    locked.getReader();
    expect(await failure(locked)).toMatchObject({ code: 'bad-argument' });
  });
});
