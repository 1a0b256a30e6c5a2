import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openCheckpoint } from './checkpoint.ts';
import { writeSafetensors } from './safetensors-write.ts';

const INDEX = 'model.safetensors.index.json';
let top: string;
let dir: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
beforeEach(async () => {
  dir = await mkdtemp(join(top, 'model-'));
});
afterAll(() => rm(top, { recursive: true, force: true }));

const shard = (path: string, tensors: Record<string, number>): Promise<void> =>
  writeSafetensors(
    path,
    Object.entries(tensors).map(([name, value]) => ({
      name,
      shape: [1],
      dtype: 'F32' as const,
      data: new Float32Array([value]),
    })),
    { format: 'pt' },
  );
const index = (places: unknown): Promise<void> => writeFile(join(dir, INDEX), JSON.stringify({ weight_map: places }));

describe('openCheckpoint', () => {
  test('one file', async () => {
    await shard(join(dir, 'model.safetensors'), { a: 1, b: 2 });
    const checkpoint = await openCheckpoint(dir);
    expect(checkpoint.names()).toEqual(['a', 'b']);
    expect(checkpoint.has('a')).toBe(true);
    expect(checkpoint.has('c')).toBe(false);
    expect(checkpoint.info('b')).toMatchObject({ dtype: 'F32', shape: [1], file: join(dir, 'model.safetensors') });
    expect([...(await checkpoint.readFloat32('b'))]).toEqual([2]);
    expect(checkpoint.metadata).toEqual({ format: 'pt' });
    expect(() => checkpoint.info('c')).toThrow(expect.objectContaining({ code: 'not-found' }));
    await expect(checkpoint.readRaw('c')).rejects.toMatchObject({ code: 'not-found' });
    await checkpoint.close();
  });

  test('shards', async () => {
    await shard(join(dir, 'x-1.safetensors'), { a: 1 });
    await shard(join(dir, 'x-2.safetensors'), { b: 2, unlisted: 3 });
    await index({ a: 'x-1.safetensors', b: 'x-2.safetensors' });
    const checkpoint = await openCheckpoint(dir);
    expect(checkpoint.names()).toEqual(['a', 'b', 'unlisted']);
    expect(checkpoint.info('b').file).toBe(join(dir, 'x-2.safetensors'));
    expect([...(await checkpoint.readFloat32('b'))]).toEqual([2]);
    await checkpoint.close();
  });

  test('the reference writer’s mixed F32, F16 and BF16 shards', async () => {
    const checkpoint = await openCheckpoint(new URL('../../test/golden/models/mixed-dtypes', import.meta.url).pathname);
    expect(checkpoint.files).toHaveLength(3);
    const types = new Set<string>();
    for (const name of checkpoint.names()) {
      const { dtype, shape } = checkpoint.info(name);
      types.add(dtype);
      const values = await checkpoint.readFloat32(name);
      expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values.some((v) => v !== 0)).toBe(true);
    }
    expect(types.size).toBeGreaterThan(1);
    await checkpoint.close();
  });
});

describe('broken folders', () => {
  const refused = (message: RegExp, code = 'bad-checkpoint') =>
    expect(openCheckpoint(dir)).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code,
      message: expect.stringMatching(message),
    });

  test('no folder, no weights, only a pickle', async () => {
    await expect(openCheckpoint(join(dir, 'none'))).rejects.toMatchObject({ code: 'not-found' });
    await refused(/neither model\.safetensors nor/, 'not-found');
    await writeFile(join(dir, 'pytorch_model.bin'), 'x');
    await expect(openCheckpoint(dir)).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringMatching(/convert/),
    });
  });

  test('missing shard: names index and shard', async () => {
    await shard(join(dir, 'x-1.safetensors'), { a: 1 });
    await index({ a: 'x-1.safetensors', b: 'x-2.safetensors' });
    await refused(/index\.json names x-2\.safetensors, but .*x-2\.safetensors is missing/);
  });

  test('index naming an absent tensor: names tensor and shard', async () => {
    await shard(join(dir, 'x-1.safetensors'), { a: 1 });
    await index({ a: 'x-1.safetensors', ghost: 'x-1.safetensors' });
    await refused(/"ghost" in x-1\.safetensors/);
  });

  test('tensor in two files: names both', async () => {
    await shard(join(dir, 'x-1.safetensors'), { a: 1 });
    await shard(join(dir, 'x-2.safetensors'), { a: 1, b: 2 });
    await index({ a: 'x-1.safetensors', b: 'x-2.safetensors' });
    await refused(/"a" is in two files: .*x-1\.safetensors and .*x-2\.safetensors/);
  });

  test.each([
    '../x.safetensors',
    '/etc/x.safetensors',
    'sub/x.safetensors',
    'sub\\x.safetensors',
    'C:x.safetensors',
    '.x.safetensors',
    '..',
    'x.bin',
    'x\u0000.safetensors',
    'x\n.safetensors',
    3,
    null,
  ])('shard name %j', async (name) => {
    await index({ a: name });
    await refused(/not a plain \.safetensors name/);
  });

  test.each([
    ['', /not valid JSON/],
    ['{', /not valid JSON/],
    ['[]', /no weight_map/],
    ['{"weight_map":[]}', /no weight_map/],
    ['{"weight_map":{}}', /no weight_map/],
    ['{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}', /duplicate key "a"/],
    [Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
  ])('index %j', async (text, message) => {
    await writeFile(join(dir, INDEX), text);
    await refused(message);
  });

  test('links: out of the folder refused, into the folder’s own hub cache accepted', async () => {
    const outside = join(top, 'outside.safetensors');
    await shard(outside, { a: 1 });
    await symlink(outside, join(dir, 'x.safetensors'));
    await index({ a: 'x.safetensors' });
    await refused(/link that leads out/);

    const repo = await mkdtemp(join(top, 'models--o--n-'));
    dir = join(repo, 'snapshots', 'abc');
    await mkdir(dir, { recursive: true });
    await mkdir(join(repo, 'blobs'));
    await shard(join(repo, 'blobs', 'hash'), { a: 5 });
    await symlink('../../blobs/hash', join(dir, 'x.safetensors'));
    await index({ a: 'x.safetensors' });
    const checkpoint = await openCheckpoint(dir);
    expect([...(await checkpoint.readFloat32('a'))]).toEqual([5]);
    await checkpoint.close();
  });
});
