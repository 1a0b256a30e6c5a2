import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gitHash, HubServer, sha256 } from '../../../test/support/hub-server.ts';
import type { PullProgress } from './progress.ts';
import { type PullOptions, pullModel } from './pull.ts';

const ID = 'Some-Org/llava.mini_1';
const COMMIT = 'a'.repeat(40);
const NEXT = 'b'.repeat(40);
const SMALL = { 'config.json': '{"model_type":"llava_mini"}', 'tokenizer.json': '{}', 'README.md': '# hello' };

let hub: HubServer;
let top: string;
let home: string;
let env: Record<string, string>;
beforeAll(async () => {
  hub = await HubServer.start();
  top = await mkdtemp(join(tmpdir(), 'hub-'));
});
beforeEach(async () => {
  home = await mkdtemp(join(top, 'home-'));
  env = { HOME: home, HF_HOME: join(home, 'hf'), HF_ENDPOINT: hub.endpoint };
});
afterEach(() => {
  hub.models.clear();
  hub.forget();
});
afterAll(async () => {
  await hub.stop();
  await rm(top, { recursive: true, force: true });
});

const pull = (options: PullOptions = {}): Promise<string> => pullModel(ID, { env, retry: { pause: 1 }, ...options });
const root = (): string => join(home, 'hf', 'hub', 'models--Some-Org--llava.mini_1');
const weights = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 2654435761 * seed) >>> 13);
const left = async (): Promise<string[]> =>
  (await readdir(join(root(), 'blobs'))).filter((name) => /incomplete/.test(name));
const isGet = ({ server, method }: { server: string; method: string }): boolean => server === 'cdn' && method === 'GET';

describe('a fresh download', () => {
  test('gives Python’s layout, and asks for nothing twice', async () => {
    const content = weights(5000);
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content, 'vision_tower/config.json': '{}' });
    const dir = await pull();
    expect(dir).toBe(join(root(), 'snapshots', COMMIT));
    expect((await readdir(dir)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json', 'vision_tower']);
    expect(await readFile(join(root(), 'refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(await readlink(join(dir, 'model.safetensors'))).toBe(`../../blobs/${sha256(content)}`);
    expect(await readlink(join(dir, 'vision_tower', 'config.json'))).toBe(
      `../../../blobs/${gitHash(Buffer.from('{}'))}`,
    );
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    expect((await readdir(join(root(), 'blobs'))).sort()).toEqual(
      [sha256(content), gitHash(Buffer.from('{}')), gitHash(Buffer.from(SMALL['config.json']))].sort(),
    );
    hub.forget();
    expect(await pull()).toBe(dir);
    expect(hub.requests()).toEqual([`hub GET /api/models/${ID}/revision/main?blobs=true`]);
    hub.forget();
    expect(await pull({ revision: COMMIT })).toBe(dir);
    expect(hub.requests()).toEqual([]);
  });

  test('in parallel ranges, within the number of connections, with progress', async () => {
    const content = weights(100_500);
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    const reports: PullProgress[] = [];
    const dir = await pull({ spanBytes: 1000, connections: 4, onProgress: (progress) => reports.push(progress) });
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    const ranges = hub.seen.filter(isGet).map(({ headers }) => headers.range);
    expect(new Set(ranges).size).toBe(101);
    expect(ranges).toContain('bytes=100000-100499');
    expect(hub.mostAtOnce).toBeLessThanOrEqual(4);
    expect(hub.requests(/hub HEAD/)).toHaveLength(3);
    const last = reports[reports.length - 1];
    expect(last.totalBytes).toBe(100_500 + SMALL['config.json'].length + 2);
    expect(last).toMatchObject({ bytes: last.totalBytes, secondsLeft: 0 });
    for (let i = 1; i < reports.length; i++) expect(reports[i].bytes).toBeGreaterThanOrEqual(reports[i - 1].bytes);
  });

  test('takes pickles only where there is no safetensors file', async () => {
    hub.add(ID, COMMIT, {
      ...SMALL,
      'model-00001-of-00001.safetensors': 'w',
      'model.safetensors.index.json': '{"weight_map":{"a":"model-00001-of-00001.safetensors"}}',
      'pytorch_model.bin': 'p',
      'pytorch_model.bin.index.json': '{}',
      'original/consolidated.00.pth': 'o',
      'training_args.bin': 't',
      'modeling.py': 'x',
    });
    expect((await readdir(await pull())).sort()).toEqual([
      'config.json',
      'model-00001-of-00001.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
    ]);
    hub.add(ID, NEXT, { ...SMALL, 'pytorch_model.bin': 'p', 'training_args.bin': 't' });
    expect((await readdir(await pull())).sort()).toEqual(['config.json', 'pytorch_model.bin', 'tokenizer.json']);
  });

  test('of a branch, a tag, a pull request', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    await pull({ revision: 'refs/pr/1' });
    expect(hub.requests(/api/)).toEqual([`hub GET /api/models/${ID}/revision/refs%2Fpr%2F1?blobs=true`]);
    expect(await readFile(join(root(), 'refs', 'refs', 'pr', '1'), 'utf8')).toBe(COMMIT);
    await expect(pull({ revision: '../x' })).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(pullModel('../x', { env })).rejects.toMatchObject({ code: 'bad-argument' });
  });

  test('of a model that was renamed', async () => {
    hub.add(ID, COMMIT, {}, { movedTo: 'New/name' });
    hub.add('New/name', COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    expect(await readFile(join(await pull(), 'model.safetensors'), 'utf8')).toBe('w');
  });

  test('of an empty file and files that share a content', async () => {
    hub.add(ID, COMMIT, {
      ...SMALL,
      'model.safetensors': weights(300),
      'copy.safetensors': weights(300),
      'empty.json': '',
    });
    const dir = await pull();
    expect(await readFile(join(dir, 'copy.safetensors'))).toEqual(await readFile(join(dir, 'model.safetensors')));
    expect(await readFile(join(dir, 'empty.json'), 'utf8')).toBe('');
    expect(hub.requests(/cdn GET/)).toHaveLength(1);
  });
});

describe('what is in the cache', () => {
  test('by Python is used as it is', async () => {
    const content = weights(2000);
    hub.add(ID, COMMIT, { 'config.json': '{}', 'tokenizer.json': '[]', 'model.safetensors': content });
    const dir = join(root(), 'snapshots', COMMIT);
    await mkdir(join(root(), 'blobs'), { recursive: true });
    await mkdir(join(root(), 'refs'));
    await mkdir(dir, { recursive: true });
    await writeFile(join(root(), 'refs', 'main'), COMMIT);
    for (const [name, blob, bytes] of [
      ['config.json', gitHash(Buffer.from('{}')), '{}'],
      ['tokenizer.json', gitHash(Buffer.from('[]')), '[]'],
      ['model.safetensors', sha256(content), content],
    ] as const) {
      await writeFile(join(root(), 'blobs', blob), bytes);
      await symlink(`../../blobs/${blob}`, join(dir, name));
    }
    expect(await pull()).toBe(dir);
    expect(hub.requests(/HEAD|cdn/)).toEqual([]);
    expect(await pull({ env: { ...env, HF_HUB_OFFLINE: '1', HF_ENDPOINT: 'http://127.0.0.1:9' } })).toBe(dir);
  });

  test('is shared between revisions', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(2000) });
    const first = await pull();
    hub.add(ID, NEXT, { ...SMALL, 'config.json': '{"new":1}', 'model.safetensors': weights(2000) });
    hub.forget();
    const second = await pull();
    expect(second).not.toBe(first);
    expect(hub.requests(/GET .*resolve|cdn/)).toEqual([`hub GET /${ID}/resolve/${NEXT}/config.json`]);
    expect(await readFile(join(root(), 'refs', 'main'), 'utf8')).toBe(NEXT);
    expect(await readFile(join(first, 'config.json'), 'utf8')).toBe(SMALL['config.json']);
  });

  test('in the wrong size is fetched again', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(2000) });
    const dir = await pull();
    await writeFile(join(root(), 'blobs', sha256(weights(2000))), 'short');
    await pull();
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(weights(2000)));
  });

  test('is enough when the hub is down, with a warning; also when it answers 503 or 429', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    const dir = await pull();
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    expect(await pull({ onWarning, env: { ...env, HF_ENDPOINT: 'http://127.0.0.1:9' } })).toBe(dir);
    hub.misbehave = () => ({ status: 503 });
    expect(await pull({ onWarning })).toBe(dir);
    hub.misbehave = () => ({ status: 429, headers: { 'retry-after': '86400' } });
    expect(await pull({ onWarning })).toBe(dir);
    expect(warnings).toHaveLength(3);
    for (const warning of warnings) expect(warning).toMatch(/going on with the copy in the cache/);
    hub.misbehave = () => ({ status: 403 });
    await expect(pull({ onWarning })).rejects.toMatchObject({ code: 'download' });
    await rm(join(dir, 'tokenizer.json'));
    await expect(pull({ onWarning, env: { ...env, HF_ENDPOINT: 'http://127.0.0.1:9' } })).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'download',
    });
  });

  test('offline: only the cache counts', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    await expect(pull({ env: { ...env, HF_HUB_OFFLINE: 'TRUE' } })).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringMatching(/HF_HUB_OFFLINE/),
    });
    expect(hub.seen).toEqual([]);
  });
});

describe('interruptions', () => {
  test('a cut connection goes on where it was cut', async () => {
    const content = weights(50_000);
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    let cuts = 3;
    hub.misbehave = (request) => (isGet(request) && cuts-- > 0 ? { cutAfter: 7000 } : undefined);
    const dir = await pull();
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    expect(hub.seen.filter(isGet).map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=7000-49999',
      'bytes=14000-49999',
      'bytes=21000-49999',
    ]);
    expect(hub.requests(/HEAD.*model/)).toHaveLength(1);
  });

  test('one that is cut again and again without a byte is given up', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(5000) });
    hub.misbehave = (request) => (isGet(request) ? { cutAfter: 0 } : undefined);
    await expect(pull()).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'download' });
    expect(hub.seen.filter(isGet)).toHaveLength(5);
  });

  test('an aborted download throws the signal’s reason and goes on later', async () => {
    const content = weights(90_000);
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    const abort = new AbortController();
    const reason = new Error('enough');
    hub.misbehave = (request) => {
      if (!isGet(request)) return undefined;
      if (hub.seen.filter(isGet).length < 5) return undefined;
      setTimeout(() => abort.abort(reason), 50);
      return { stallAfter: 4000 };
    };
    await expect(pull({ spanBytes: 10_000, connections: 3, signal: abort.signal })).rejects.toBe(reason);
    expect(await left()).toHaveLength(2);
    hub.forget();
    const reports: PullProgress[] = [];
    const dir = await pull({ spanBytes: 7777, onProgress: (progress) => reports.push(progress) });
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    expect(hub.bytesSent).toBeLessThan(50_000);
    expect(reports[0].bytes).toBeGreaterThan(40_000);
    expect(await left()).toEqual([]);
    await expect(pull({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('a killed process leaves what the next one uses', async () => {
    const content = weights(60_000);
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    const abort = new AbortController();
    hub.misbehave = (request) => (isGet(request) ? { stallAfter: 9000 } : undefined);
    const killed = pull({ spanBytes: 20_000, signal: abort.signal });
    killed.catch(() => {});
    const blobs = join(root(), 'blobs');
    const state = join(blobs, `${sha256(content)}.llava-mini.incomplete.json`);
    while (!(await readFile(state, 'utf8').catch(() => ''))) await new Promise((done) => setTimeout(done, 20));
    // What is on disk at this moment is what a kill would leave.
    const bytes = await readFile(state.replace('.json', ''));
    const noted = await readFile(state);
    abort.abort();
    await expect(killed).rejects.toThrow();
    await writeFile(state.replace('.json', ''), bytes);
    await writeFile(state, noted);
    hub.forget();
    const dir = await pull();
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
    expect(hub.bytesSent).toBeLessThan(60_000 - 8000);
  });

  test('a server without ranges still serves', async () => {
    const content = weights(50_000);
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    let cut = true;
    hub.misbehave = (request) => {
      if (!isGet(request)) return undefined;
      const first = cut && request.headers.range === undefined;
      if (first) cut = false;
      return { ignoreRange: true, cutAfter: first ? 30_000 : undefined };
    };
    const dir = await pull({ spanBytes: 10_000 });
    expect(await readFile(join(dir, 'model.safetensors'))).toEqual(Buffer.from(content));
  });

  test('a signed address that ran out is asked for again', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(30_000) });
    const signatures = new Set<string>();
    hub.misbehave = (request) => {
      if (!isGet(request)) return undefined;
      signatures.add(request.path);
      return signatures.size < 2 ? { status: 403 } : undefined;
    };
    await pull({ spanBytes: 10_000 });
    expect(signatures.size).toBe(2);
    expect(hub.requests(/HEAD.*model/)).toHaveLength(2);
  });
});

describe('damage', () => {
  test('wrong SHA-256: typed error, nothing kept, fine the next time', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(30_000) });
    hub.misbehave = (request) => (isGet(request) ? { damage: true } : undefined);
    await expect(pull({ spanBytes: 10_000 })).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'download',
      message: expect.stringMatching(/model\.safetensors .*arrived damaged: hash/),
    });
    expect(await left()).toEqual([]);
    expect(await readdir(join(root(), 'blobs'))).not.toContain(sha256(weights(30_000)));
    expect(await readdir(join(root(), 'refs')).catch(() => [])).toEqual([]);
    hub.forget();
    await pull();
  });

  test('wrong Git hash of a small file', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    hub.misbehave = ({ method, path }) =>
      method === 'GET' && path.endsWith('/config.json') ? { damage: true } : undefined;
    await expect(pull()).rejects.toMatchObject({ message: expect.stringMatching(/config\.json .*damaged: hash/) });
  });

  test('a partial file of an earlier run that was tampered with is found out', async () => {
    const content = weights(30_000);
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': content });
    const partial = join(root(), 'blobs', `${sha256(content)}.llava-mini.incomplete`);
    await mkdir(join(root(), 'blobs'), { recursive: true });
    await writeFile(partial, new Uint8Array(30_000));
    await writeFile(`${partial}.json`, JSON.stringify({ size: 30_000, spans: [[0, 30_000, 20_000]] }));
    await expect(pull()).rejects.toMatchObject({ code: 'download', message: expect.stringMatching(/damaged/) });
    await pull();
  });
});

describe('refusals', () => {
  test('401, 403, 404', async () => {
    await expect(pull()).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/404.*Repository not found/),
    });
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' }, { token: 'hf_right' });
    await expect(pull()).rejects.toMatchObject({ code: 'download', hint: expect.stringMatching(/HF_TOKEN/) });
    const error = await pull({ env: { ...env, HF_TOKEN: 'hf_wrong' } }).catch((e) => e);
    expect(error).toMatchObject({ name: 'LlavaMiniError', code: 'download', message: expect.stringMatching(/403/) });
    expect(JSON.stringify([error.message, error.hint])).not.toContain('hf_wrong');
    expect(hub.requests(/resolve|cdn/)).toEqual([]);
  });

  test('the token goes to the hub, never to the content server; the token file is used', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' }, { token: 'hf_right' });
    await mkdir(join(home, 'hf'));
    await writeFile(join(home, 'hf', 'token'), 'hf_right\n');
    await pull();
    for (const { server, headers } of hub.seen)
      expect(headers.authorization).toBe(server === 'hub' ? 'Bearer hf_right' : undefined);
    expect(hub.requests(/cdn/)).toHaveLength(1);
  });

  test('429 with Retry-After is waited for, 5xx is tried again', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    const troubles: Record<string, number[]> = { api: [429, 502], HEAD: [500, 503], cdn: [504, 429] };
    hub.misbehave = ({ server, method, path }) => {
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
    await pull();
    expect(performance.now() - started).toBeGreaterThan(750);
    expect(Object.values(troubles).flat()).toEqual([]);
  });

  test('a server that stays broken is given up; one that asks for too long a wait, at once', async () => {
    hub.misbehave = () => ({ status: 500 });
    await expect(pull()).rejects.toMatchObject({ code: 'download', message: expect.stringMatching(/answered 500/) });
    expect(hub.seen).toHaveLength(5);
    hub.forget();
    hub.misbehave = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    await expect(pull()).rejects.toMatchObject({ code: 'download', message: expect.stringMatching(/answered 429/) });
    expect(hub.seen).toHaveLength(1);
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
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w', [name]: 'x' });
    await expect(pull()).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'download',
      message: expect.stringMatching(/refused/),
    });
    expect(hub.requests(/resolve|cdn/)).toEqual([]);
    await expect(lstat(root())).rejects.toThrow();
  });

  test.each<[string, Record<string, string>]>([
    ['a traversing ETag', { etag: '"../../evil"' }],
    ['no ETag', { etag: '' }],
    ['another commit', { 'x-repo-commit': NEXT }],
    ['another size', { 'content-length': '3' }],
  ])('%s', async (_, headers) => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    hub.misbehave = ({ method, path }) =>
      method === 'HEAD' && path.endsWith('/config.json') ? { headers } : undefined;
    await expect(pull()).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'download' });
  });

  test('another part than asked for, endless redirects, a redirect to a file', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(5000) });
    hub.misbehave = (request) =>
      isGet(request) ? { status: 206, headers: { 'content-range': 'bytes 1-2/5000' }, body: 'xx' } : undefined;
    await expect(pull({ spanBytes: 1000 })).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(/another part/),
    });
    hub.misbehave = ({ path }) => ({ status: 302, headers: { location: path } });
    await expect(pull()).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(/redirects more than/),
    });
    hub.misbehave = () => ({ status: 302, headers: { location: 'file:///etc/passwd' } });
    await expect(pull()).rejects.toMatchObject({ code: 'download', message: expect.stringMatching(/refused/) });
  });

  test.each([
    ['<html>', /JSON/],
    ['{}', /malformed at sha/],
    [JSON.stringify({ sha: '../..', siblings: [] }), /malformed at sha/],
    [JSON.stringify({ sha: COMMIT, siblings: [{ rfilename: 3 }] }), /malformed at siblings\.0\.rfilename/],
    [JSON.stringify({ sha: COMMIT, siblings: [{ rfilename: 'a.json', size: -1 }] }), /malformed at siblings\.0\.size/],
  ])('a listing %j', async (body, message) => {
    hub.misbehave = () => ({ status: 200, body });
    await expect(pull()).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'download',
      message: expect.stringMatching(message),
    });
  });

  test('a repository that is no model', async () => {
    hub.add(ID, COMMIT, SMALL);
    await expect(pull()).rejects.toMatchObject({ code: 'bad-model', message: expect.stringMatching(/no weights/) });
    hub.add(ID, COMMIT, { 'model.safetensors': 'w' });
    await expect(pull()).rejects.toMatchObject({ code: 'bad-model', message: expect.stringMatching(/config\.json/) });
  });

  test('a model larger than the disk, before anything is fetched', async () => {
    const size = 2 ** 50;
    hub.misbehave = ({ method, path }) => {
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
    await expect(pull()).rejects.toMatchObject({
      code: 'no-space',
      message: expect.stringMatching(/needs 1125899\.91 GB more, and .* has [\d.]+ [GM]B free/),
    });
    expect(hub.requests(/GET .*resolve|cdn/)).toEqual([]);
  });

  test('settings that make no sense', async () => {
    for (const HF_ENDPOINT of ['ftp://x', 'nonsense', 'https://user:pw@x'])
      await expect(pull({ env: { ...env, HF_ENDPOINT } })).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(pull({ env: { ...env, HF_TOKEN: 'a\nb' } })).rejects.toMatchObject({ code: 'bad-argument' });
  });
});

describe('two at once', () => {
  test('fetch each content once', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': weights(40_000) });
    const warnings: string[] = [];
    const dirs = await Promise.all([1, 2, 3].map(() => pull({ onWarning: (message) => warnings.push(message) })));
    expect(new Set(dirs).size).toBe(1);
    expect(hub.requests(/cdn GET/)).toHaveLength(1);
    expect(warnings.filter((message) => /waiting/.test(message))).toHaveLength(2);
  });

  test('the lock of a process that is gone does not hold us up', async () => {
    hub.add(ID, COMMIT, { ...SMALL, 'model.safetensors': 'w' });
    const locks = join(home, 'hf', 'hub', '.locks', 'models--Some-Org--llava.mini_1');
    await mkdir(locks, { recursive: true });
    await writeFile(join(locks, 'llava-mini.lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), key: 'x' }));
    await pull();
    expect(await readdir(locks)).toEqual([]);
  });
});
