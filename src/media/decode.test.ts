import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePicture } from './decode.ts';
import { fetchMedia } from './fetch.ts';

let folder: string;
let server: Server;
let base: string;
const red = sharp({ create: { width: 40, height: 20, channels: 3, background: '#ff0000' } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-'));
  const png = await red.png().toBuffer();
  server = createServer((request, response) => {
    if (request.url === '/ok.png') response.end(png);
    else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (request.url === '/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    else if (request.url === '/big') response.end(Buffer.alloc(100_000));
    else if (request.url === '/slow') response.write('x');
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error) => (error instanceof DOMException ? error.name : error.code),
  );

test('reads every source a picture can come from', async () => {
  const png = await red.png().toBuffer();
  const path = join(folder, 'red.png');
  await writeFile(path, png);
  const bytes = new Uint8Array(png);
  const sources = [
    path,
    new URL(`file://${path}`),
    bytes,
    bytes.buffer.slice(0),
    new Blob([bytes]),
    new Blob([bytes]).stream(),
    `data:image/png;base64,${png.toString('base64')}`,
  ];
  for (const source of sources) {
    const picture = await decodePicture(source);
    expect([picture.width, picture.height, ...picture.data.subarray(0, 3)]).toEqual([40, 20, 255, 0, 0]);
  }
});

test('turns, flattens and converts', async () => {
  const turned = await red.jpeg().withMetadata({ orientation: 6 }).toBuffer();
  expect(await decodePicture(turned)).toMatchObject({ width: 20, height: 40 });
  const clear = await sharp({
    create: { width: 2, height: 2, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  })
    .png()
    .toBuffer();
  expect([...(await decodePicture(clear)).data.subarray(0, 3)]).toEqual([255, 255, 255]);
  const cmyk = await red.toColourspace('cmyk').jpeg().toBuffer();
  const pixel = (await decodePicture(cmyk)).data;
  expect(pixel.length).toBe(40 * 20 * 3);
  expect(pixel[0]).toBeGreaterThan(180);
  const deep = await sharp({ create: { width: 3, height: 3, channels: 3, background: '#00ff00' } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  expect([...(await decodePicture(deep)).data.subarray(0, 3)]).toEqual([0, 255, 0]);
  const palette = await red.png({ palette: true }).toBuffer();
  expect((await decodePicture(palette)).data[0]).toBeGreaterThan(225); // sharp's own palette is not exact
  const grey = await sharp(Buffer.from([10, 200]), { raw: { width: 2, height: 1, channels: 1 } })
    .png()
    .toBuffer();
  expect([...(await decodePicture(grey)).data]).toEqual([10, 10, 10, 200, 200, 200]);
  const film = await sharp(Buffer.concat([Buffer.alloc(12, 255), Buffer.alloc(12, 0)]), {
    raw: { width: 2, height: 4, channels: 3, pageHeight: 2 },
  })
    .gif()
    .toBuffer();
  expect(await decodePicture(film)).toMatchObject({ width: 2, height: 2 });
  const one = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
  expect([...(await decodePicture(one)).data]).toEqual([0x12, 0x34, 0x56]);
});

test('bad files give typed errors that say what to do', async () => {
  const png = await red.png().toBuffer();
  const jpeg = await sharp({ create: { width: 300, height: 300, channels: 3, background: '#123' } })
    .jpeg()
    .toBuffer();
  expect(await code(decodePicture(join(folder, 'missing.png')))).toBe('not-found');
  expect(await code(decodePicture(folder))).toBe('bad-image');
  expect(await code(decodePicture(new Uint8Array()))).toBe('bad-image');
  expect(await code(decodePicture(Buffer.from('hello, this is text and no picture')))).toBe('bad-image');
  expect(await code(decodePicture(png.subarray(0, 60)))).toBe('bad-image');
  expect(await code(decodePicture(jpeg.subarray(0, jpeg.length >> 1)))).toBe('bad-image');
  expect(await code(decodePicture('data:image/png;base64,@@@'))).toBe('bad-url');
  expect(await code(decodePicture('http://example.com/x.png'))).toBe('bad-url');
  expect(await code(decodePicture('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe('not-found');
  expect(await code(decodePicture(42 as unknown as string))).toBe('bad-argument');
  expect(await code(decodePicture(png, { signal: AbortSignal.abort() }))).toBe('AbortError');
  await expect(decodePicture(png.subarray(0, 60))).rejects.toThrow(/damaged/);
});

/** A PNG that claims any size; its data is a few zeros. */
function bomb(width: number, height: number): Buffer {
  const table = Int32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return c;
  });
  const crc = (bytes: Buffer): number => {
    let c = -1;
    for (const b of bytes) c = table[(c ^ b) & 255] ^ (c >>> 8);
    return (c ^ -1) >>> 0;
  };
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test('sizes are refused from the header', async () => {
  const before = process.memoryUsage().rss;
  for (const [w, h] of [
    [20000, 100],
    [100, 20000],
    [8000, 8000],
    [60000, 60000],
  ])
    expect(await code(decodePicture(bomb(w, h)))).toBe('image-too-large');
  expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
  expect(await code(decodePicture(new Uint8Array(100), { limits: { maxBytes: 50 } }))).toBe('image-too-large');
  const big = await sharp({ create: { width: 8000, height: 5000, channels: 3, background: '#777' } })
    .png()
    .toBuffer();
  expect(await decodePicture(big)).toMatchObject({ width: 8000, height: 5000 });
});

test.each([
  'http://127.0.0.1/',
  'http://localhost/',
  'http://127.1/',
  'http://0x7f.1/',
  'http://2130706433/',
  'http://017700000001/',
  'http://0.0.0.0/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:7f00:1]/',
  'http://169.254.169.254/latest/meta-data',
  'http://10.0.0.1/',
  'http://172.16.3.4/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://224.0.0.1/',
  'http://[fe80::1]/',
  'http://[fc00::1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[ff02::1]/',
  'http://user:pw@93.184.216.34/',
  'http://a\\@b/',
  'http:\\\\127.0.0.1/',
  'ftp://example.com/a.png',
  'file:///etc/passwd',
  'gopher://example.com/',
  'javascript:alert(1)',
  'http://93.184.216.34:22/',
  'http://',
  'not an address',
])('%s is refused', async (address) => {
  expect(await code(fetchMedia(address, { timeoutMs: 2000 }))).toBe('bad-url');
});

test('fetches from a server, within limits', async () => {
  const open = { allowPrivate: true, timeoutMs: 3000 };
  expect((await fetchMedia(`${base}/ok.png`, open)).length).toBeGreaterThan(50);
  expect(await decodePicture(`${base}/ok.png`, { allowRemote: true, fetch: open })).toMatchObject({ width: 40 });
  expect(await code(fetchMedia(`${base}/loop`, open))).toBe('download');
  expect(await code(fetchMedia(`${base}/file`, open))).toBe('bad-url');
  expect(await code(fetchMedia(`${base}/none`, open))).toBe('download');
  expect(await code(fetchMedia(`${base}/big`, { ...open, maxBytes: 1000 }))).toBe('image-too-large');
  expect(await code(fetchMedia(`${base}/slow`, { ...open, timeoutMs: 200 }))).toBe('download');
  expect(await code(fetchMedia(`${base}/slow`, { ...open, signal: AbortSignal.timeout(100) }))).toBe('TimeoutError');
  expect(await code(fetchMedia(`${base}/ok.png`))).toBe('bad-url');
});
