import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { decodePicture } from './decode.ts';
import { type FetchOptions, fetchMedia, type ResolvedAddress } from './fetch.ts';

let server: Server;
let base: string;
let port: number;
let png: Buffer;
let asked: { url: string; headers: IncomingHttpHeaders }[] = [];

beforeAll(async () => {
  png = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#f00' } })
    .png()
    .toBuffer();
  server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push({ url, headers: request.headers });
    const to = /^\/to\?(.*)$/.exec(url);
    const left = /^\/hops\/(\d+)$/.exec(url);
    if (url === '/ok.png') response.end(png);
    else if (to) response.writeHead(302, { location: decodeURIComponent(to[1]) }).end();
    else if (left) response.writeHead(307, { location: left[1] === '1' ? '/ok.png' : `${Number(left[1]) - 1}` }).end();
    else if (url === '/nowhere') response.writeHead(302).end();
    else if (url === '/announced') response.writeHead(200, { 'content-length': 1e9 }).write('x');
    else if (url === '/endless') {
      const send = (): void => {
        while (response.writable && response.write(Buffer.alloc(10_000)));
      };
      response.on('drain', send);
      send();
    } else if (url === '/silent') return;
    else if (url === '/slow') response.write('x');
    else if (url === '/broken') {
      response.writeHead(200, { 'content-length': 100 });
      response.write('x', () => response.destroy());
    } else if (url === '/gzip')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1e6)));
    else response.writeHead(url === '/gone' ? 404 : 500).end('inside: /etc/secret');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const failure = async (address: string, options: FetchOptions = {}): Promise<LlavaMiniError> => {
  const error = await fetchMedia(address, options).then(
    () => 'no error',
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(LlavaMiniError);
  return error as LlavaMiniError;
};
const open: FetchOptions = { allowPrivate: true, timeoutMs: 5000 };
const loopback = async (): Promise<ResolvedAddress[]> => [{ address: '127.0.0.1', family: 4 }];

describe('hostile names', () => {
  test.each([
    ['a private address', [['10.1.2.3', 4]]],
    [
      'a public and a private one',
      [
        ['8.8.8.8', 4],
        ['127.0.0.1', 4],
      ],
    ],
    ['a mapped one', [['::ffff:127.0.0.1', 6]]],
    ['something that is no address', [['localhost', 4]]],
  ] as [string, [string, number][]][])('a name that resolves to %s', async (_, found) => {
    const resolve = async (): Promise<ResolvedAddress[]> => found.map(([address, family]) => ({ address, family }));
    const error = await failure('http://pictures.example/x.png', { resolve });
    expect(error.code).toBe('bad-url');
    expect(error.message).not.toMatch(/10\.1|127/);
  });

  test('localhost by name, with the system resolver', async () => {
    for (const name of ['localhost', 'LOCALHOST', 'localhost.'])
      expect(await failure(`http://${name}/`)).toMatchObject({ code: 'bad-url' });
  });

  test('hosts outside the list', async () => {
    const allowedHosts = ['pictures.example', 'CDN.example'];
    const resolve = vi.fn(loopback);
    const ok = { ...open, allowedHosts, resolve };
    expect((await fetchMedia(`http://pictures.example:${port}/ok.png`, ok)).length).toBe(png.length);
    expect((await fetchMedia(`http://a.cdn.example:${port}/ok.png`, ok)).length).toBe(png.length);
    resolve.mockClear();
    for (const host of ['example', 'evilpictures.example', 'pictures.example.evil.com', '127.0.0.1'])
      expect(await failure(`http://${host}:${port}/ok.png`, ok)).toMatchObject({ code: 'bad-url' });
    expect(resolve).not.toHaveBeenCalled();
  });
});

describe('connecting', () => {
  test('goes to the address that was checked, looked up once, with nothing of ours', async () => {
    asked = [];
    const answers: ResolvedAddress[][] = [[{ address: '127.0.0.1', family: 4 }]];
    // A rebinding server would give another answer the second time.
    const resolve = vi.fn(async () => answers.shift() ?? [{ address: '192.0.2.1', family: 4 }]);
    const bytes = await fetchMedia(`http://pictures.example:${port}/ok.png`, { ...open, resolve });
    expect(Buffer.from(bytes).equals(png)).toBe(true);
    expect(resolve.mock.calls).toEqual([['pictures.example']]);
    expect(asked.length).toBe(1);
    expect(asked[0].headers.host).toBe(`pictures.example:${port}`);
    expect(Object.keys(asked[0].headers).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  test('private addresses only when allowed', async () => {
    asked = [];
    expect(await failure(`${base}/ok.png`)).toMatchObject({ code: 'bad-url' });
    expect(await failure(`http://localhost:${port}/ok.png`)).toMatchObject({ code: 'bad-url' });
    expect(asked).toEqual([]);
    expect((await fetchMedia(`${base}/ok.png`, open)).length).toBe(png.length);
    const picture = await decodePicture(`${base}/ok.png`, { allowRemote: true, fetch: { allowPrivate: true } });
    expect(picture).toMatchObject({ width: 40, height: 20 });
    expect(await decodePicture(new URL(`${base}/ok.png`), { allowRemote: true, fetch: open })).toEqual(picture);
  });

  test('a host that does not answer or does not exist', async () => {
    const closed = createServer();
    await new Promise<void>((done) => closed.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/`;
    await new Promise((done) => closed.close(done));
    expect(await failure(address, open)).toMatchObject({ code: 'download', hint: expect.any(String) });
    const resolve = async (): Promise<ResolvedAddress[]> => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    const error = await failure('http://nobody.example/', { resolve });
    expect(error).toMatchObject({ code: 'download' });
    expect(error.message).not.toContain('getaddrinfo');
    expect(await failure('http://nobody.example/', { resolve: async () => [] })).toMatchObject({ code: 'download' });
  });
});

describe('redirects', () => {
  const to = (target: string): string => `${base}/to?${encodeURIComponent(target)}`;

  test('three are followed, a fourth is not', async () => {
    expect((await fetchMedia(`${base}/hops/3`, open)).length).toBe(png.length);
    expect(await failure(`${base}/hops/4`, open)).toMatchObject({ code: 'download' });
    expect(await failure(`${base}/hops/1`, { ...open, maxRedirects: 0 })).toMatchObject({ code: 'download' });
    expect(await failure(`${base}/nowhere`, open)).toMatchObject({ code: 'download' });
  });

  test.each([
    'http://localhost/',
    'http://127.0.0.2/',
    'http://[::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    '//192.168.0.1/x.png',
    'http://user:pw@8.8.8.8/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'data:image/png;base64,AAAA',
    'http://8.8.8.8:22/',
    'http://[',
  ])('to %s is refused, even from an address that may be private', async (target) => {
    expect(await failure(to(target), open)).toMatchObject({ code: 'bad-url' });
  });

  test('to a name that resolves to a private address is refused', async () => {
    const resolve = vi.fn(loopback);
    expect(await failure(to(`http://inside.example:8080/`), { ...open, resolve })).toMatchObject({ code: 'bad-url' });
    expect(resolve.mock.calls).toEqual([['inside.example']]);
  });

  test('to a host outside the list is refused', async () => {
    const options = { ...open, allowedHosts: ['127.0.0.1'] };
    expect(await failure(to('http://8.8.8.8/'), options)).toMatchObject({ code: 'bad-url' });
  });
});

describe('limits', () => {
  test('bytes: announced, and counted as they come', async () => {
    expect(await failure(`${base}/announced`, open)).toMatchObject({ code: 'image-too-large' });
    expect(await failure(`${base}/endless`, { ...open, maxBytes: 1e6 })).toMatchObject({ code: 'image-too-large' });
    expect((await fetchMedia(`${base}/ok.png`, { ...open, maxBytes: png.length })).length).toBe(png.length);
    const small = { allowRemote: true, fetch: open, limits: { maxBytes: 50 } };
    await expect(decodePicture(`${base}/ok.png`, small)).rejects.toMatchObject({ code: 'image-too-large' });
  });

  test.each(['/silent', '/slow'])('time: %s', async (path) => {
    const start = performance.now();
    const error = await failure(`${base}${path}`, { ...open, timeoutMs: 200 });
    expect(error).toMatchObject({ code: 'download', message: expect.stringContaining('0.2 s') });
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test('time: a resolver that hangs', async () => {
    const resolve = (): Promise<ResolvedAddress[]> => new Promise(() => {});
    expect(await failure('http://a.example/', { resolve, timeoutMs: 100 })).toMatchObject({ code: 'download' });
  });

  test('cancelling gives the reason of the signal', async () => {
    const reason = new Error('enough');
    for (const path of ['/silent', '/slow', '/endless']) {
      const control = new AbortController();
      setTimeout(() => control.abort(reason), 50);
      const options = { ...open, maxBytes: 1e12, signal: control.signal };
      await expect(fetchMedia(`${base}${path}`, options)).rejects.toBe(reason);
    }
    asked = [];
    await expect(fetchMedia(`${base}/ok.png`, { ...open, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });

  test.each([
    ['/gone', 'not-found'],
    ['/failing', 'download'],
    ['/broken', 'download'],
    ['/gzip', 'download'],
  ])('%s gives %s and repeats nothing of what was sent', async (path, code) => {
    const error = await failure(`${base}${path}`, open);
    expect(error).toMatchObject({ code });
    expect(error.message).not.toContain('inside');
  });
});
