import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { HubServer } from '../../../test/support/hub-server.ts';
import { listModels, removeModel } from './installed.ts';
import { pullModel } from './pull.ts';

const COMMIT = 'c'.repeat(40);
let hub: HubServer;
let top: string;
let env: Record<string, string>;
let cache: string;
beforeAll(async () => {
  hub = await HubServer.start();
  top = await mkdtemp(join(tmpdir(), 'installed-'));
  for (const id of ['org/one', 'org/two'])
    hub.add(id, COMMIT, {
      'config.json': '{"model_type":"llava_mini"}',
      'tokenizer.json': '{}',
      'model.safetensors': new Uint8Array(9000),
    });
});
beforeEach(async () => {
  cache = await mkdtemp(join(top, 'cache-'));
  env = { HF_HUB_CACHE: cache, HF_HOME: cache, HF_ENDPOINT: hub.endpoint };
});
afterAll(async () => {
  await hub.stop();
  await rm(top, { recursive: true, force: true });
});

test('lists what is there, whole or not, and nothing else', async () => {
  expect(await listModels({ HF_HUB_CACHE: join(cache, 'none') })).toEqual([]);
  await pullModel('org/two', { env });
  const dir = await pullModel('org/one', { env });
  await pullModel('org/one', { env, revision: 'v1' });
  await mkdir(join(cache, 'models--half--done', 'snapshots', COMMIT), { recursive: true });
  await mkdir(join(cache, 'models--half--done', 'snapshots', 'not-a-commit'));
  await mkdir(join(cache, 'datasets--a--b'));
  await mkdir(join(cache, 'models--..--b'));
  await writeFile(join(cache, 'models--a--file'), '');
  const models = await listModels(env);
  expect(models.map(({ id }) => id)).toEqual(['half/done', 'org/one', 'org/two']);
  expect(models[0].snapshots).toEqual([
    expect.objectContaining({ commit: COMMIT, refs: [], complete: false, modelType: undefined }),
  ]);
  expect(models[1].snapshots).toEqual([
    { commit: COMMIT, refs: ['main', 'v1'], dir, complete: true, modelType: 'llava_mini' },
  ]);
  expect(models[1].bytes).toBeGreaterThanOrEqual(9000);
});

test('removes a model, tells how much, and touches no other', async () => {
  await pullModel('org/one', { env });
  await pullModel('org/two', { env });
  expect(await removeModel('org/one', { env })).toBeGreaterThanOrEqual(9000);
  expect((await listModels(env)).map(({ id }) => id)).toEqual(['org/two']);
  expect(await readdir(join(cache, '.locks'))).toEqual(['models--org--two']);
  await expect(removeModel('org/one', { env })).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'not-found' });
  await expect(removeModel('../org', { env })).rejects.toMatchObject({ code: 'bad-argument' });
  await pullModel('org/one', { env });
});

test('a link in place of the model’s folder is not followed', async () => {
  const elsewhere = await mkdtemp(join(top, 'elsewhere-'));
  await writeFile(join(elsewhere, 'precious'), 'x');
  await symlink(elsewhere, join(cache, 'models--org--one'));
  await expect(removeModel('org/one', { env })).rejects.toMatchObject({ code: 'not-found' });
  expect(await readdir(elsewhere)).toEqual(['precious']);
});
