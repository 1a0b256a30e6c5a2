import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hubCache, hubSettings } from './settings.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hub-settings-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('where the cache is', () => {
  test.each([
    [{ HOME: '/h' }, '/h/.cache/huggingface/hub'],
    [{ HOME: '/h', XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    [{ HOME: '/h', XDG_CACHE_HOME: '/x', HF_HOME: '/hf' }, '/hf/hub'],
    [{ HF_HOME: '/hf', HF_HUB_CACHE: '/c' }, '/c'],
    [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
    [{ HF_HUB_CACHE: '~/c' }, join(homedir(), 'c')],
    [{ HOME: '/h', HF_HUB_CACHE: '' }, '/h/.cache/huggingface/hub'],
  ])('%j', (env, path) => {
    expect(hubCache(env)).toBe(path);
  });
});

test('endpoint, offline, proxies', async () => {
  expect(await hubSettings({ HOME: home })).toMatchObject({
    endpoint: 'https://huggingface.co',
    offline: false,
    token: undefined,
  });
  expect((await hubSettings({ HOME: home, HF_ENDPOINT: 'https://mirror.example/hf/' })).endpoint).toBe(
    'https://mirror.example/hf',
  );
  for (const yes of ['1', 'true', 'YES', 'On'])
    expect((await hubSettings({ HOME: home, HF_HUB_OFFLINE: yes })).offline).toBe(true);
  for (const no of ['', '0', 'no']) expect((await hubSettings({ HOME: home, HF_HUB_OFFLINE: no })).offline).toBe(false);
  expect(await hubSettings({ HOME: home, HTTPS_PROXY: 'http://p:1', no_proxy: 'x' })).toMatchObject({
    httpsProxy: 'http://p:1',
    noProxy: 'x',
  });
});

test('token: variable, then file', async () => {
  const file = join(home, 'token');
  await writeFile(file, '  hf_file\n');
  expect((await hubSettings({ HF_HOME: home })).token).toBe('hf_file');
  expect((await hubSettings({ HF_HOME: '/nowhere', HF_TOKEN_PATH: file })).token).toBe('hf_file');
  expect((await hubSettings({ HF_HOME: home, HF_TOKEN: 'hf_env' })).token).toBe('hf_env');
  expect((await hubSettings({ HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).token).toBeUndefined();
  const error = await hubSettings({ HF_TOKEN: 'hf_sécret' }).catch((e) => e);
  expect(error.code).toBe('bad-argument');
  expect(error.message).not.toContain('cret');
});
