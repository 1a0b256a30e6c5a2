import { mkdir, mkdtemp, readFile, readlink, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ModelCache, missingFiles } from './cache.ts';

const COMMIT = 'd'.repeat(40);
let top: string;
let cache: ModelCache;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'cache-'));
});
beforeEach(async () => {
  cache = new ModelCache(await mkdtemp(join(top, 'one-')), 'org/name');
  await mkdir(cache.snapshot(COMMIT), { recursive: true });
  await mkdir(join(cache.root, 'blobs'));
});
afterAll(() => rm(top, { recursive: true, force: true }));

const put = (name: string, text = 'x'): Promise<void> => writeFile(join(cache.snapshot(COMMIT), name), text);

test('refs', async () => {
  expect(await cache.commitOf('main')).toBeUndefined();
  await cache.setRef('main', COMMIT);
  await cache.setRef('refs/pr/3', COMMIT);
  expect(await cache.commitOf('main')).toBe(COMMIT);
  expect(await readFile(join(cache.root, 'refs', 'refs', 'pr', '3'), 'utf8')).toBe(COMMIT);
  expect(await cache.commitOf(COMMIT)).toBe(COMMIT);
  await writeFile(join(cache.root, 'refs', 'main'), '../../../etc');
  expect(await cache.commitOf('main')).toBeUndefined();
});

test('places relative links, over whatever was there', async () => {
  await writeFile(cache.blob('h1'), 'one');
  await writeFile(cache.blob('h2'), 'two');
  await cache.place(COMMIT, 'sub/a.json', 'h1');
  await cache.place(COMMIT, 'sub/a.json', 'h2');
  const path = join(cache.snapshot(COMMIT), 'sub', 'a.json');
  expect(await readlink(path)).toBe('../../../blobs/h2');
  expect(await readFile(path, 'utf8')).toBe('two');
});

test('knows what is missing', async () => {
  const dir = cache.snapshot(COMMIT);
  expect(await missingFiles(dir)).toEqual(['config.json', 'tokenizer.json', 'model.safetensors']);
  await put('config.json');
  await put('tokenizer.model');
  await put(
    'model.safetensors.index.json',
    '{"weight_map":{"a":"s1.safetensors","b":"s2.safetensors","c":"s1.safetensors"}}',
  );
  await put('s1.safetensors');
  expect(await missingFiles(dir)).toEqual(['s2.safetensors']);
  await symlink('../../blobs/gone', join(dir, 's2.safetensors'));
  expect(await missingFiles(dir)).toEqual(['s2.safetensors']);
  await writeFile(cache.blob('gone'), 'x');
  expect(await missingFiles(dir)).toEqual([]);
  expect(await cache.complete(COMMIT)).toBe(dir);
  expect(await cache.complete('main')).toBeUndefined();
  await unlink(join(dir, 'model.safetensors.index.json'));
  await put('pytorch_model.bin');
  expect(await missingFiles(dir)).toEqual([]);
});

test('knows what is missing of a converted model', async () => {
  const dir = cache.snapshot(COMMIT);
  await put('config.json');
  await put('tokenizer.json');
  await put('llava-mini.json', '{');
  expect(await missingFiles(dir)).toEqual(['llava-mini.json']);
  const [one, two] = ['weights-00001.bin', 'weights-00002.bin'];
  await put('llava-mini.json', JSON.stringify({ weights: { a: { file: one }, b: { file: two }, c: { file: one } } }));
  expect(await missingFiles(dir)).toEqual([one, two]);
  await put(one);
  expect(await missingFiles(dir)).toEqual([two]);
  await put(two);
  expect(await cache.complete(COMMIT)).toBe(dir);
});
