import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../test/support/hub-server.ts';
import { COMMIT, ID, isGet, pullBench, SMALL, weights } from '../../../test/support/pull-bench.ts';
import type { PullProgress } from './progress.ts';

const bench = pullBench();

describe('interruptions', () => {
  test('a cut connection goes on where it was cut', async () => {
    const content = weights(50_000);
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    let cuts = 3;
    bench.hub.misbehave = (request) => (isGet(request) && cuts-- > 0 ? { cutAfter: 7000 } : undefined);
    const dir = await bench.pull();
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    expect(bench.hub.seen.filter(isGet).map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=7000-49999',
      'bytes=14000-49999',
      'bytes=21000-49999',
    ]);
    expect(bench.hub.requests(/HEAD.*model/)).toHaveLength(1);
  });

  test('one that is cut again and again without a byte is given up', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(5000) });
    bench.hub.misbehave = (request) => (isGet(request) ? { cutAfter: 0 } : undefined);
    await expect(bench.pull()).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'download' });
    expect(bench.hub.seen.filter(isGet)).toHaveLength(5);
  });

  test('an aborted download throws the signal’s reason and goes on later', async () => {
    const content = weights(90_000);
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    const abort = new AbortController();
    const reason = new Error('enough');
    bench.hub.misbehave = (request) => {
      if (!isGet(request)) return undefined;
      if (bench.hub.seen.filter(isGet).length < 5) return undefined;
      setTimeout(() => abort.abort(reason), 50);
      return { stallAfter: 4000 };
    };
    await expect(bench.pull({ spanBytes: 10_000, connections: 3, signal: abort.signal })).rejects.toBe(reason);
    expect(await bench.left()).toHaveLength(2);
    bench.hub.forget();
    const reports: PullProgress[] = [];
    const dir = await bench.pull({ spanBytes: 7777, onProgress: (progress) => reports.push(progress) });
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    expect(bench.hub.bytesSent).toBeLessThan(50_000);
    expect(reports[0].bytes).toBeGreaterThan(40_000);
    expect(await bench.left()).toEqual([]);
    await expect(bench.pull({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('a killed process leaves what the next one uses', async () => {
    const content = weights(60_000);
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    const abort = new AbortController();
    bench.hub.misbehave = (request) => (isGet(request) ? { stallAfter: 9000 } : undefined);
    const killed = bench.pull({ spanBytes: 20_000, signal: abort.signal });
    killed.catch(() => {});
    const blobs = join(bench.root(), 'blobs');
    const state = join(blobs, `${sha256(content)}.llava-mini.incomplete.json`);
    while (!(await readFile(state, 'utf8').catch(() => ''))) await new Promise((done) => setTimeout(done, 20));
    // What is on disk at this moment is what a kill would leave.
    const bytes = await readFile(state.replace('.json', ''));
    const noted = await readFile(state);
    abort.abort();
    await expect(killed).rejects.toThrow();
    await writeFile(state.replace('.json', ''), bytes);
    await writeFile(state, noted);
    bench.hub.forget();
    const dir = await bench.pull();
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    expect(bench.hub.bytesSent).toBeLessThan(60_000 - 8000);
  });

  test('a server without ranges still serves', async () => {
    const content = weights(50_000);
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    let cut = true;
    bench.hub.misbehave = (request) => {
      if (!isGet(request)) return undefined;
      const first = cut && request.headers.range === undefined;
      if (first) cut = false;
      return { ignoreRange: true, cutAfter: first ? 30_000 : undefined };
    };
    const dir = await bench.pull({ spanBytes: 10_000 });
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
  });

  test('a signed address that ran out is asked for again', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(30_000) });
    const signatures = new Set<string>();
    bench.hub.misbehave = (request) => {
      if (!isGet(request)) return undefined;
      signatures.add(request.path);
      return signatures.size < 2 ? { status: 403 } : undefined;
    };
    await bench.pull({ spanBytes: 10_000 });
    expect(signatures.size).toBe(2);
    expect(bench.hub.requests(/HEAD.*model/)).toHaveLength(2);
  });
});

describe('damage', () => {
  test('wrong SHA-256: typed error, nothing kept, fine the next time', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(30_000) });
    bench.hub.misbehave = (request) => (isGet(request) ? { damage: true } : undefined);
    await expect(bench.pull({ spanBytes: 10_000 })).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'download',
      message: expect.stringMatching(/model\.safetensors .*arrived damaged: hash/),
    });
    expect(await bench.left()).toEqual([]);
    expect(await readdir(join(bench.root(), 'blobs'))).not.toContain(sha256(weights(30_000)));
    expect(await readdir(join(bench.root(), 'refs')).catch(() => [])).toEqual([]);
    bench.hub.forget();
    await bench.pull();
  });

  test('wrong Git hash of a small file', async () => {
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    bench.hub.misbehave = ({ method, path }) =>
      method === 'GET' && path.endsWith('/config.json') ? { damage: true } : undefined;
    await expect(bench.pull()).rejects.toMatchObject({
      message: expect.stringMatching(/config\.json .*damaged: hash/),
    });
  });

  test('a partial file of an earlier run that was tampered with is found out', async () => {
    const content = weights(30_000);
    bench.hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    const partial = join(bench.root(), 'blobs', `${sha256(content)}.llava-mini.incomplete`);
    await mkdir(join(bench.root(), 'blobs'), { recursive: true });
    await writeFile(partial, new Uint8Array(30_000));
    await writeFile(`${partial}.json`, JSON.stringify({ size: 30_000, spans: [[0, 30_000, 20_000]] }));
    await expect(bench.pull()).rejects.toMatchObject({ code: 'download', message: expect.stringMatching(/damaged/) });
    await bench.pull();
  });
});
