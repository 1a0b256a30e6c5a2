import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMIT, ID, isGet, NEXT, pullBench, SMALL, weights } from '../../../test/support/pull-bench.ts';

const bench = pullBench();

describe('refusals', () => {
  test('401, 403, 404', async () => {
    await expect(bench.pull()).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/404.*Repository not found/),
    });
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' }, { token: 'hf_right' });
    await expect(bench.pull()).rejects.toMatchObject({ code: 'download', hint: expect.stringMatching(/HF_TOKEN/) });
    const error = await bench.pull({ env: { ...bench.env, HF_TOKEN: 'hf_wrong' } }).catch((e) => e);
    expect(error).toMatchObject({ name: 'LlavaMiniError', code: 'download', message: expect.stringMatching(/403/) });
    expect(JSON.stringify([error.message, error.hint])).not.toContain('hf_wrong');
    expect(bench.hub.requests(/resolve|cdn/)).toEqual([]);
  });

  test('the token goes to the hub, never to the content server; the token file is used', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' }, { token: 'hf_right' });
    await mkdir(join(bench.home, 'hf'));
    await writeFile(join(bench.home, 'hf', 'token'), 'hf_right\n');
    await bench.pull();
    for (const { server, headers } of bench.hub.seen)
      expect(headers.authorization).toBe(server === 'hub' ? 'Bearer hf_right' : undefined);
    expect(bench.hub.requests(/cdn/)).toHaveLength(1);
  });

  test('429 with Retry-After is waited for, 5xx is tried again', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    const troubles: Record<string, number[]> = { api: [429, 502], HEAD: [500, 503], cdn: [504, 429] };
    bench.hub.misbehave = ({ server, method, path }) => {
      const kind =
        server === 'cdn'
          ? 'cdn'
          : path.startsWith('/api')
            ? 'api'
            : method === 'HEAD' && /model\./.test(path)
              ? 'HEAD'
              : '';
      const status = troubles[kind]?.shift();
      const headers: Record<string, string> = status === 429 ? { 'retry-after': '0.4' } : {};
      return status ? { status, headers } : undefined;
    };
    const started = performance.now();
    await bench.pull();
    expect(performance.now() - started).toBeGreaterThan(750);
    expect(Object.values(troubles).flat()).toEqual([]);
  });

  test('a server that stays broken is given up; one that asks for too long a wait, at once', async () => {
    bench.hub.misbehave = () => ({ status: 500 });
    await expect(bench.pull()).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(/answered 500/),
    });
    expect(bench.hub.seen).toHaveLength(5);
    bench.hub.forget();
    bench.hub.misbehave = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    await expect(bench.pull()).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(/answered 429/),
    });
    expect(bench.hub.seen).toHaveLength(1);
  });

  test.each([
    '../../../evil.json',
    '/etc/evil.json',
    'a/../evil.json',
    'a\\evil.json',
    'C:evil.json',
    'a//b.json',
    'nul.json',
    'x\u0000.json',
  ])('a file named %j', async (name) => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w', [name]: 'x' });
    await expect(bench.pull()).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'download',
      message: expect.stringMatching(/refused/),
    });
    expect(bench.hub.requests(/resolve|cdn/)).toEqual([]);
    await expect(lstat(bench.root())).rejects.toThrow();
  });

  test.each<[string, Record<string, string>]>([
    ['a traversing ETag', { etag: '"../../evil"' }],
    ['no ETag', { etag: '' }],
    ['another commit', { 'x-repo-commit': NEXT }],
    ['another size', { 'content-length': '3' }],
  ])('%s', async (_, headers) => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    bench.hub.misbehave = ({ method, path }) =>
      method === 'HEAD' && path.endsWith('/config.json') ? { headers } : undefined;
    await expect(bench.pull()).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'download' });
  });

  test('another part than asked for, endless redirects, a redirect to a file', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(5000) });
    bench.hub.misbehave = (request) =>
      isGet(request) ? { status: 206, headers: { 'content-range': 'bytes 1-2/5000' }, body: 'xx' } : undefined;
    await expect(bench.pull({ spanBytes: 1000 })).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(/another part/),
    });
    bench.hub.misbehave = ({ path }) => ({ status: 302, headers: { location: path } });
    await expect(bench.pull()).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(/redirects more than/),
    });
    bench.hub.misbehave = () => ({ status: 302, headers: { location: 'file:///etc/passwd' } });
    await expect(bench.pull()).rejects.toMatchObject({ code: 'download', message: expect.stringMatching(/refused/) });
  });

  test.each([
    ['<html>', /JSON/],
    ['{}', /malformed at sha/],
    [JSON.stringify({ sha: '../..', siblings: [] }), /malformed at sha/],
    [JSON.stringify({ sha: COMMIT, siblings: [{ rfilename: 3 }] }), /malformed at siblings\.0\.rfilename/],
    [JSON.stringify({ sha: COMMIT, siblings: [{ rfilename: 'a.json', size: -1 }] }), /malformed at siblings\.0\.size/],
  ])('a listing %j', async (body, message) => {
    bench.hub.misbehave = () => ({ status: 200, body });
    await expect(bench.pull()).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'download',
      message: expect.stringMatching(message),
    });
  });

  test('a repository that is no model', async () => {
    bench.hub.add(ID, COMMIT, SMALL);
    await expect(bench.pull()).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/no weights/),
    });
    bench.hub.add(ID, COMMIT, { 'model.safetensors': 'w' });
    await expect(bench.pull()).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/config\.json/),
    });
  });

  test('a model larger than the disk, before anything is fetched', async () => {
    const size = 2 ** 50;
    bench.hub.misbehave = ({ method, path }) => {
      if (path.startsWith('/api'))
        return {
          status: 200,
          body: JSON.stringify({
            sha: COMMIT,
            siblings: [
              { rfilename: 'config.json', size: 2 },
              { rfilename: 'model.safetensors', size },
            ],
          }),
        };
      if (method !== 'HEAD') return undefined;
      return { status: 200, headers: { etag: '"x"', 'x-linked-size': String(/config/.test(path) ? 2 : size) } };
    };
    await expect(bench.pull()).rejects.toMatchObject({
      code: 'no-space',
      message: expect.stringMatching(/needs 1125899\.91 GB more, and .* has [\d.]+ [GM]B free/),
    });
    expect(bench.hub.requests(/GET .*resolve|cdn/)).toEqual([]);
  });

  test('settings that make no sense', async () => {
    for (const HF_ENDPOINT of ['ftp://x', 'nonsense', 'https://user:pw@x'])
      await expect(bench.pull({ env: { ...bench.env, HF_ENDPOINT } })).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(bench.pull({ env: { ...bench.env, HF_TOKEN: 'a\nb' } })).rejects.toMatchObject({
      code: 'bad-argument',
    });
  });
});
