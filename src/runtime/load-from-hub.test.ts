import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { HubServer } from '../../test/support/hub-server.ts';
import { type TinyModel, writeTinyModel } from '../../test/support/tiny-model.ts';
import { listModels } from '../checkpoint/hub/index.ts';
import { convertModel } from '../folder/convert.ts';
import { LlavaMini } from './llava-mini.ts';
import type { LoadProgress } from './load-options.ts';

const COMMIT = 'b'.repeat(40);
let top: string;
let hub: HubServer;
let tiny: TinyModel;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'load-hub-'));
  hub = await HubServer.start();
  tiny = await writeTinyModel();
  await convertModel(tiny.dir, join(top, 'converted'), { dtype: 'fp16', threads: 1 });
  for (const [id, dir] of [
    ['org/plain', tiny.dir],
    ['org/converted', join(top, 'converted')],
  ])
    hub.add(id, COMMIT, await filesOf(dir));
  vi.stubEnv('HF_HOME', join(top, 'hub'));
  vi.stubEnv('HF_HUB_CACHE', join(top, 'hub'));
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
});
afterEach(() => {
  hub.forget();
  vi.stubEnv('HF_HUB_OFFLINE', undefined);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
  await tiny.remove();
  await rm(top, { recursive: true, force: true });
});

async function filesOf(dir: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [relative(dir, path).replaceAll('\\', '/'), await readFile(path)])),
  );
}

const quick = { engine: 'inline', threads: 1 } as const;

test('reports the download, and passes on that the hub is down', async () => {
  const reports: LoadProgress[] = [];
  const first = await LlavaMini.load('org/plain', { ...quick, onProgress: (progress) => reports.push(progress) });
  await first.dispose();
  const downloads = reports.filter(({ phase }) => phase === 'downloading');
  expect(reports.slice(0, downloads.length)).toEqual(downloads);
  const last = downloads[downloads.length - 1];
  expect(last.done).toBeGreaterThan(1000);
  expect(last).toMatchObject({ all: last.done, secondsLeft: 0 });
  expect(reports[reports.length - 1].phase).toBe('loading');

  hub.misbehave = () => ({ status: 503 });
  const warnings: string[] = [];
  const again = await LlavaMini.load('org/plain', { ...quick, onWarning: (message) => warnings.push(message) });
  await again.dispose();
  expect(warnings).toEqual([expect.stringMatching(/the hub cannot be used .*copy in the cache/)]);
});

test('a path that is mistyped is not looked for on the hub', async () => {
  await expect(LlavaMini.load('examples/nothere', quick)).rejects.toMatchObject({ code: 'not-found' });
  expect(hub.requests()).toEqual([]);
});

test('a converted model is complete once it is downloaded, and loads offline', async () => {
  const online = await LlavaMini.load('org/converted', quick);
  await online.dispose();
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  hub.forget();
  const offline = await LlavaMini.load('org/converted', quick);
  expect(offline.info.dtype).toBe('fp16');
  await offline.dispose();
  expect(hub.requests()).toEqual([]);
  const models = await listModels();
  expect(models.find(({ id }) => id === 'org/converted')?.snapshots).toMatchObject([{ complete: true }]);
});
