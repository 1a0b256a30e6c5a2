import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeTorchFile } from '../../test/support/torch-file.ts';
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

const pickle = (path: string, tensors: Record<string, number>): Promise<void> =>
  writeTorchFile(
    path,
    new Map(
      Object.entries(tensors).map(([name, value]) => [
        name,
        { shape: [1], storage: 'FloatStorage', size: 4, data: new Uint8Array(new Float32Array([value]).buffer) },
      ]),
    ),
  );

describe('pickled checkpoints', () => {
  const values = async (options = {}): Promise<Record<string, number>> => {
    const checkpoint = await openCheckpoint(dir, options);
    const out: Record<string, number> = {};
    for (const name of checkpoint.names()) {
      expect(checkpoint.info(name).name).toBe(name);
      [out[name]] = await checkpoint.readFloat32(name);
      expect(new Float32Array((await checkpoint.readRaw(name)).buffer)[0]).toBe(out[name]);
    }
    await checkpoint.close();
    return out;
  };
  const refused = (message: RegExp, code = 'bad-checkpoint', options = {}) =>
    expect(openCheckpoint(dir, options)).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code,
      message: expect.stringMatching(message),
      hint: expect.anything(),
    });

  test('one file, and shards with an index', async () => {
    await pickle(join(dir, 'pytorch_model-00001-of-00002.bin'), { a: 1 });
    await pickle(join(dir, 'pytorch_model-00002-of-00002.bin'), { b: 2 });
    const places = { a: 'pytorch_model-00001-of-00002.bin', b: 'pytorch_model-00002-of-00002.bin' };
    await writeFile(join(dir, 'pytorch_model.bin.index.json'), JSON.stringify({ weight_map: places }));
    expect(await values()).toEqual({ a: 1, b: 2 });
    await pickle(join(dir, 'pytorch_model.bin'), { a: 3 });
    expect(await values()).toEqual({ a: 3 });
    await shard(join(dir, 'model.safetensors'), { a: 4 });
    expect(await values()).toEqual({ a: 4 });
  });

  test('shard missing, or no pickle by its name', async () => {
    const index = (place: string): Promise<void> =>
      writeFile(join(dir, 'pytorch_model.bin.index.json'), JSON.stringify({ weight_map: { a: place } }));
    await index('pytorch_model-1.bin');
    await refused(/index\.json names pytorch_model-1\.bin, but .* is missing/);
    await index('../x.bin');
    await expect(openCheckpoint(dir)).rejects.toMatchObject({
      message: expect.stringMatching(/not a plain \.bin name/),
    });
    await index('x.safetensors');
    await expect(openCheckpoint(dir)).rejects.toMatchObject({
      message: expect.stringMatching(/not a plain \.bin name/),
    });
  });

  test('separate parts win, each under its published name', async () => {
    const base = { 'model.norm.weight': 1, 'model.mm_projector.0.weight': 1 };
    await shard(join(dir, 'model.safetensors'), base);
    await pickle(join(dir, 'mm_projector.bin'), {
      'model.mm_projector.0.weight': 2,
      'base_model.model.model.prefusion_layers.0.input_layernorm.weight': 2,
      'base_model.model.model.prefusion_layers.0.mlp.up_proj.weight': 2,
    });
    await pickle(join(dir, 'compressor.bin'), { query: 3, 'attn.in_proj_weight': 3 });
    await pickle(join(dir, 'prefusion.bin'), { '0.input_layernorm.weight': 4, '1.input_layernorm.weight': 4 });
    expect(await values()).toEqual({
      'model.norm.weight': 1,
      'model.mm_projector.0.weight': 2,
      'model.compressor.query': 3,
      'model.compressor.attn.in_proj_weight': 3,
      'model.prefusion_layers.0.mlp.up_proj.weight': 2,
      'model.prefusion_layers.0.input_layernorm.weight': 4,
      'model.prefusion_layers.1.input_layernorm.weight': 4,
    });
    await writeFile(join(dir, 'compressor.bin'), 'not looked at');
    await shard(join(dir, 'compressor.safetensors'), { 'compressor.query': 5 });
    expect((await values())['model.compressor.query']).toBe(5);
    // A whole LLaVA-Mini: what lies beside it is left from its training.
    const whole = { ...base, 'model.compressor.query': 6 };
    await shard(join(dir, 'model.safetensors'), whole);
    expect(await values()).toEqual(whole);
  });

  test('separate parts that are none, or mean one tensor twice', async () => {
    await shard(join(dir, 'model.safetensors'), { a: 1 });
    await pickle(join(dir, 'compressor.bin'), { 'lm_head.weight': 1 });
    await refused(/compressor\.bin has tensor "lm_head\.weight", which belongs to no known part/);
    await pickle(join(dir, 'compressor.bin'), { query: 1, 'model.compressor.query': 2 });
    await expect(openCheckpoint(dir)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringMatching(/"query" and "model\.compressor\.query", which both mean/),
    });
  });

  describe('a tower that the checkpoint does not hold', () => {
    const NAME = 'model.vision_tower.vision_tower.vision_model.pre_layrnorm.weight';
    const clip = { 'vision_model.pre_layrnorm.weight': 7, 'text_model.x': 8, logit_scale: 9 };
    const config = (tower: string): Promise<void> =>
      writeFile(join(dir, 'config.json'), JSON.stringify({ mm_vision_tower: tower }));
    beforeEach(() => shard(join(dir, 'model.safetensors'), { a: 1 }));

    test('comes from the folder that is given', async () => {
      const tower = await mkdtemp(join(top, 'tower-'));
      await refused(/no weights of a vision tower/, 'not-found', { tower });
      await pickle(join(tower, 'pytorch_model.bin'), clip);
      expect(await values({ tower })).toEqual({ a: 1, [NAME]: 7 });
      await refused(/there is no vision tower \.\/nowhere/, 'not-found', { tower: './nowhere' });
      await shard(join(dir, 'model.safetensors'), { [NAME]: 1 });
      await refused(/has a vision tower of its own/, 'bad-argument', { tower });
    });

    test('comes from the folder inside the model’s that config.json names', async () => {
      await mkdir(join(dir, 'vision_tower'));
      await config('./vision_tower');
      expect(await values()).toEqual({ a: 1 });
      await shard(join(dir, 'vision_tower', 'model.safetensors'), clip);
      expect(await values()).toEqual({ a: 1, [NAME]: 7 });
      await shard(join(dir, 'vision_tower', 'model.safetensors'), { 'text_model.x': 8 });
      await refused(/no CLIP vision tower/);
      await config('../elsewhere');
      expect(await values()).toEqual({ a: 1 });
    });

    test('comes from the hub cache, as Python leaves it there', async () => {
      const name = 'openai/clip-vit-large-patch14-336';
      const env = { HF_HUB_CACHE: await mkdtemp(join(top, 'hub-')) };
      await config(name);
      await expect(openCheckpoint(dir, { env })).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringMatching(/openai\/clip-vit-large-patch14-336 is not in the hub cache/),
        hint: expect.stringMatching(/llava-mini pull openai\/clip-vit-large-patch14-336/),
      });
      const repo = join(env.HF_HUB_CACHE, 'models--openai--clip-vit-large-patch14-336');
      const commit = 'a'.repeat(40);
      await mkdir(join(repo, 'refs'), { recursive: true });
      await writeFile(join(repo, 'refs', 'main'), commit);
      await mkdir(join(repo, 'snapshots', commit), { recursive: true });
      await refused(/no weights of a vision tower/, 'not-found', { env });
      await pickle(join(repo, 'snapshots', commit, 'pytorch_model.bin'), clip);
      expect(await values({ env })).toEqual({ a: 1, [NAME]: 7 });
      await config('./nowhere');
      expect(await values({ env, tower: name })).toEqual({ a: 1, [NAME]: 7 });
    });
  });
});

describe('broken folders', () => {
  const refused = (message: RegExp, code = 'bad-checkpoint') =>
    expect(openCheckpoint(dir)).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code,
      message: expect.stringMatching(message),
    });

  test('an adapter is no model; one left beside a model does no harm', async () => {
    await writeFile(join(dir, 'adapter_config.json'), '{}');
    await shard(join(dir, 'adapter_model.safetensors'), { a: 2 });
    await refused(/LoRA adapter/, 'unsupported');
    await shard(join(dir, 'model.safetensors'), { a: 1 });
    const checkpoint = await openCheckpoint(dir);
    expect([...(await checkpoint.readFloat32('a'))]).toEqual([1]);
    await checkpoint.close();
  });

  test('no folder, no weights, no real pickle', async () => {
    await expect(openCheckpoint(join(dir, 'none'))).rejects.toMatchObject({ code: 'not-found' });
    await refused(/neither model\.safetensors nor/, 'not-found');
    await writeFile(join(dir, 'pytorch_model.bin'), 'x');
    await refused(/pytorch_model\.bin is no zip archive/);
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
