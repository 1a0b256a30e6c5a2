import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HubServer } from '../../../test/support/hub-server.ts';
import { HubClient } from './client.ts';
import { PATIENT, traitsOf } from './failure.ts';
import { hubSettings } from './settings.ts';

let hub: HubServer;
beforeAll(async () => {
  hub = await HubServer.start();
});
afterAll(() => hub.stop());

test('goes through the proxy the environment names, except where it says not to', async () => {
  const tunnels: string[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    tunnels.push(request.url ?? '');
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const env = {
    HF_HOME: '/nowhere',
    HF_ENDPOINT: hub.endpoint,
    http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  };
  hub.misbehave = () => ({ status: 200, body: '{"ok":1}' });
  for (const no_proxy of ['', '127.0.0.1']) {
    const client = new HubClient(await hubSettings({ ...env, no_proxy }), PATIENT, 2);
    expect(await client.json('/api/x')).toEqual({ ok: 1 });
    await client.close();
  }
  expect(tunnels).toEqual([new URL(hub.endpoint).host]);
  proxy.closeAllConnections();
  await new Promise((done) => proxy.close(done));
});

test('a connection that is refused is a failure that may pass; an answer that is no JSON is not', async () => {
  const dead = new HubClient(
    await hubSettings({ HF_HOME: '/nowhere', HF_ENDPOINT: 'http://127.0.0.1:9' }),
    { ...PATIENT, tries: 2, pause: 1 },
    2,
  );
  const error = await dead.json('/x').catch((e) => e);
  expect(error).toMatchObject({
    name: 'LlavaMiniError',
    code: 'download',
    message: expect.stringMatching(/127\.0\.0\.1:9/),
  });
  expect(traitsOf(error)).toMatchObject({ retry: true, down: true });
  await dead.close();

  const client = new HubClient(await hubSettings({ HF_HOME: '/nowhere', HF_ENDPOINT: hub.endpoint }), PATIENT, 2);
  hub.misbehave = () => ({ status: 200, body: '<html>' });
  expect(traitsOf(await client.json('/x').catch((e) => e))).toMatchObject({ retry: false });
  await expect(client.json('/x', AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  await client.close();
});
