import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitHash, sha256 } from '../../../test/support/hub-server.ts';
import { COMMIT, ID, isGet, NEXT, pullBench, SMALL, weights } from '../../../test/support/pull-bench.ts';
import { LOCK_HOST } from './lock.ts';
import type { PullProgress } from './progress.ts';
import { pullModel } from './pull.ts';

const bench = pullBench();

describe('a fresh download', () => {
  test('gives Python’s layout, and asks for nothing twice', async () => {
    const content = weights(5000);
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content, 'vision_tower/config.json': '{}' });
    const dir = await bench.pull();
    expect(dir).toBe(join(bench.root(), 'snapshots', COMMIT));
    expect((await readdir(dir)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json', 'vision_tower']);
    expect(await readFile(join(bench.root(), 'refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(await readlink(join(dir, 'model.safetensors'))).toBe(`../../blobs/${sha256(content)}`);
    expect(await readlink(join(dir, 'vision_tower', 'config.json'))).toBe(
      `../../../blobs/${gitHash(Buffer.from('{}'))}`,
    );
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    expect((await readdir(join(bench.root(), 'blobs'))).sort()).toEqual(
      [sha256(content), gitHash(Buffer.from('{}')), gitHash(Buffer.from(SMALL['config.json']))].sort(),
    );
    bench.hub.forget();
    expect(await bench.pull()).toBe(dir);
    expect(bench.hub.requests()).toEqual([`hub GET /api/models/${ID}/revision/main?blobs=true`]);
    bench.hub.forget();
    expect(await bench.pull({ revision: COMMIT })).toBe(dir);
    expect(bench.hub.requests()).toEqual([]);
    // What another program put there may lack files that only this model needs.
    await rm(join(bench.root(), '.llava-mini'), { recursive: true });
    await rm(join(dir, 'vision_tower', 'config.json'));
    expect(await bench.pull({ revision: COMMIT })).toBe(dir);
    expect(await readFile(join(dir, 'vision_tower', 'config.json'), 'utf8')).toBe('{}');
  });

  test('in parallel ranges, within the number of connections, with progress', async () => {
    const content = weights(100_500);
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    const reports: PullProgress[] = [];
    const dir = await bench.pull({ spanBytes: 1000, connections: 4, onProgress: (progress) => reports.push(progress) });
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    const ranges = bench.hub.seen.filter(isGet).map(({ headers }) => headers.range);
    expect(new Set(ranges).size).toBe(101);
    expect(ranges).toContain('bytes=100000-100499');
    expect(bench.hub.mostAtOnce).toBeLessThanOrEqual(4);
    expect(bench.hub.requests(/hub HEAD/)).toHaveLength(3);
    const last = reports[reports.length - 1];
    expect(last.totalBytes).toBe(100_500 + SMALL['config.json'].length + 2);
    expect(last).toMatchObject({ bytes: last.totalBytes, secondsLeft: 0 });
    for (let i = 1; i < reports.length; i++) expect(reports[i].bytes).toBeGreaterThanOrEqual(reports[i - 1].bytes);
  });

  test('takes pickles only where there is no safetensors file', async () => {
    bench.hub.add(ID, COMMIT, {
      ...SMALL,
      'model-00001-of-00001.safetensors': 'w',
      'model.safetensors.index.json': '{"weight_map":{"a":"model-00001-of-00001.safetensors"}}',
      'pytorch_model.bin': 'p',
      'pytorch_model.bin.index.json': '{}',
      'original/consolidated.00.pth': 'o',
      'training_args.bin': 't',
      'modeling.py': 'x',
    });
    expect((await readdir(await bench.pull())).sort()).toEqual([
      'config.json',
      'model-00001-of-00001.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
    ]);
    bench.hub.add(ID, NEXT, { ...SMALL, 'pytorch_model.bin': 'p', 'training_args.bin': 't' });
    expect((await readdir(await bench.pull())).sort()).toEqual(['config.json', 'pytorch_model.bin', 'tokenizer.json']);
  });

  test('of a branch, a tag, a pull request', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    await bench.pull({ revision: 'refs/pr/1' });
    expect(bench.hub.requests(/api/)).toEqual([`hub GET /api/models/${ID}/revision/refs%2Fpr%2F1?blobs=true`]);
    expect(await readFile(join(bench.root(), 'refs', 'refs', 'pr', '1'), 'utf8')).toBe(COMMIT);
    await expect(bench.pull({ revision: '../x' })).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(pullModel('../x', { env: bench.env })).rejects.toMatchObject({ code: 'bad-argument' });
  });

  test('of a model that was renamed', async () => {
    bench.hub.add(ID, COMMIT, {}, { movedTo: 'New/name' });
    bench.hub.add('New/name', COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    expect(await readFile(join(await bench.pull(), 'model.safetensors'), 'utf8')).toBe('w');
  });

  test('of an empty file and files that share a content', async () => {
    bench.hub.add(ID, COMMIT, {
      ...SMALL,
      'model.safetensors': weights(300),
      'copy.safetensors': weights(300),
      'empty.json': '',
    });
    const dir = await bench.pull();
    expect(await readFile(join(dir, 'copy.safetensors'))).toEqual(await readFile(join(dir, 'model.safetensors')));
    expect(await readFile(join(dir, 'empty.json'), 'utf8')).toBe('');
    expect(bench.hub.requests(/cdn GET/)).toHaveLength(1);
  });
});

describe('what is in the cache', () => {
  test('by Python is used as it is', async () => {
    const content = weights(2000);
    bench.hub.add(ID, COMMIT, { 'config.json': '{}', 'tokenizer.json': '[]', 'model.safetensors': content });
    const dir = join(bench.root(), 'snapshots', COMMIT);
    await mkdir(join(bench.root(), 'blobs'), { recursive: true });
    await mkdir(join(bench.root(), 'refs'));
    await mkdir(dir, { recursive: true });
    await writeFile(join(bench.root(), 'refs', 'main'), COMMIT);
    for (const [name, blob, bytes] of [
      ['config.json', gitHash(Buffer.from('{}')), '{}'],
      ['tokenizer.json', gitHash(Buffer.from('[]')), '[]'],
      ['model.safetensors', sha256(content), content],
    ] as const) {
      await writeFile(join(bench.root(), 'blobs', blob), bytes);
      await symlink(`../../blobs/${blob}`, join(dir, name));
    }
    expect(await bench.pull()).toBe(dir);
    expect(bench.hub.requests(/HEAD|cdn/)).toEqual([]);
    expect(await bench.pull({ env: { ...bench.env, HF_HUB_OFFLINE: '1', HF_ENDPOINT: 'http://127.0.0.1:9' } })).toBe(
      dir,
    );
  });

  test('is shared between revisions', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(2000) });
    const first = await bench.pull();
    bench.hub.add(ID, NEXT, { ...SMALL, 'config.json': '{"new":1}', 'model.safetensors': weights(2000) });
    bench.hub.forget();
    const second = await bench.pull();
    expect(second).not.toBe(first);
    expect(bench.hub.requests(/GET .*resolve|cdn/)).toEqual([`hub GET /${ID}/resolve/${NEXT}/config.json`]);
    expect(await readFile(join(bench.root(), 'refs', 'main'), 'utf8')).toBe(NEXT);
    expect(await readFile(join(first, 'config.json'), 'utf8')).toBe(SMALL['config.json']);
  });

  test('in the wrong size is fetched again', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(2000) });
    const dir = await bench.pull();
    await writeFile(join(bench.root(), 'blobs', sha256(weights(2000))), 'short');
    await bench.pull();
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(weights(2000)));
  });

  test('is enough when the hub is down, with a warning; also when it answers 503 or 429', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    const dir = await bench.pull();
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    expect(await bench.pull({ onWarning, env: { ...bench.env, HF_ENDPOINT: 'http://127.0.0.1:9' } })).toBe(dir);
    bench.hub.misbehave = () => ({ status: 503 });
    expect(await bench.pull({ onWarning })).toBe(dir);
    bench.hub.misbehave = () => ({ status: 429, headers: { 'retry-after': '86400' } });
    expect(await bench.pull({ onWarning })).toBe(dir);
    expect(warnings).toHaveLength(3);
    for (const warning of warnings) expect(warning).toMatch(/going on with the copy in the cache/);
    bench.hub.misbehave = () => ({ status: 403 });
    await expect(bench.pull({ onWarning })).rejects.toMatchObject({ code: 'download' });
    await rm(join(dir, 'tokenizer.json'));
    await expect(
      bench.pull({ onWarning, env: { ...bench.env, HF_ENDPOINT: 'http://127.0.0.1:9' } }),
    ).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'download',
    });
  });

  test('offline: only the cache counts', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    await expect(bench.pull({ env: { ...bench.env, HF_HUB_OFFLINE: 'TRUE' } })).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringMatching(/HF_HUB_OFFLINE/),
    });
    expect(bench.hub.seen).toEqual([]);
  });
});

describe('two at once', () => {
  test('fetch each content once', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(40_000) });
    const warnings: string[] = [];
    const dirs = await Promise.all([1, 2, 3].map(() => bench.pull({ onWarning: (message) => warnings.push(message) })));
    expect(new Set(dirs).size).toBe(1);
    expect(bench.hub.requests(/cdn GET/)).toHaveLength(1);
    expect(warnings.filter((message) => /waiting/.test(message))).toHaveLength(2);
  });

  test('the lock of a process that is gone does not hold us up', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    const locks = join(bench.home, 'hf', 'hub', '.locks', 'models--Some-Org--llava.mini_1');
    await mkdir(locks, { recursive: true });
    await writeFile(join(locks, 'llava-mini.lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: LOCK_HOST, key: 'x' }));
    await bench.pull();
    expect(await readdir(locks)).toEqual([]);
  });
});
