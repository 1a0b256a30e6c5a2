import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fetchMedia, type ResolvedAddress } from './fetch.ts';
import { refusedHost } from './remote-url.ts';

// The one thing that is pretended: the test's own server would have a public address.
vi.mock('./address.ts', async (original) => {
  const { isPublicAddress } = await original<typeof import('./address.ts')>();
  return { isPublicAddress: (address: string) => address === '127.0.0.1' || isPublicAddress(address) };
});

let server: Server;
let address: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(302, { location: 'http://pictures.example:8080/' }).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  address = `http://pictures.example:${(server.address() as AddressInfo).port}/moved`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('a public name that leads to a private address when it redirects to itself', async () => {
  const addresses = ['127.0.0.1', '10.1.2.3'];
  const resolve = vi.fn(async (): Promise<ResolvedAddress[]> => [{ address: addresses.shift() as string, family: 4 }]);
  // Allowed, as for an address that a person typed: they meant a public host.
  const bytes = fetchMedia(address, { allowPrivate: true, resolve, timeoutMs: 2000 });
  await expect(bytes).rejects.toMatchObject({ code: 'bad-url', message: refusedHost().message });
  expect(resolve.mock.calls).toEqual([['pictures.example'], ['pictures.example']]);
  expect(asked).toEqual(['/moved']);
});
