import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { LlavaMiniError } from '../errors.ts';
import { conversionCache, type EnsureOptions, ensureConverted } from './ensure-converted.ts';
import { MANIFEST_FILE, type Manifest, readManifest, writeManifest } from './manifest.ts';

let dir: string;
let source: string;
let cache: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ensure-'));
  source = join(dir, 'model');
  cache = join(dir, 'cache');
  await cp('test/golden/models/mixed-dtypes', source, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Number of conversions that a call made, with its folder. */
async function ensure(
  options: Partial<EnsureOptions> = {},
  from = source,
): Promise<{ out: string; converted: boolean }> {
  let converted = false;
  const out = await ensureConverted(from, {
    dtype: 'q4',
    cache,
    ...options,
    onProgress: ({ phase }) => {
      converted ||= phase === 'converting';
    },
  });
  return { out, converted };
}

const manifestOf = async (out: string): Promise<Manifest> => (await readManifest(out))!;

describe('ensureConverted', () => {
  it('converts once', async () => {
    const first = await ensure();
    expect(first.converted).toBe(true);
    expect(first.out.startsWith(join(cache, 'model-q4-'))).toBe(true);
    expect(await ensure()).toEqual({ out: first.out, converted: false });
    expect(await readdir(cache)).toHaveLength(1);
  });

  it('keeps one conversion for each kind', async () => {
    const { out } = await ensure();
    for (const options of [{ dtype: 'q8' }, { block: 32 }, { symmetric: false }, { partBytes: 1 << 20 }] as const) {
      const other = await ensure(options);
      expect(other.converted, JSON.stringify(options)).toBe(true);
      expect(other.out).not.toBe(out);
    }
    expect((await ensure()).converted).toBe(false);
    expect(await readdir(cache)).toHaveLength(5);
  });

  it('makes graphs for longer sequences when they are asked for, and uses them for shorter ones', async () => {
    const { out } = await ensure({ maxLength: 100 });
    expect(await ensure({ maxLength: 50 })).toEqual({ out, converted: false });
    expect(await ensure({ maxLength: 200 })).toEqual({ out, converted: true });
    expect((await manifestOf(out)).maxLength).toBe(200);
    expect(await ensure({ maxLength: 100 })).toEqual({ out, converted: false });
  });

  it('sees a change of content, but a new date alone changes nothing', async () => {
    const { out } = await ensure();
    const weights = join(source, 'model-00002-of-00003.safetensors');
    await utimes(weights, new Date(), new Date(2020, 1, 1));
    expect(await ensure()).toEqual({ out, converted: false });
    expect((await manifestOf(out)).source.files.map(({ modified }) => modified)).toContain(
      new Date(2020, 1, 1).getTime(),
    );
    const data = await readFile(weights);
    data[data.length - 1] ^= 1;
    await writeFile(weights, data);
    expect(await ensure()).toEqual({ out, converted: true });
    expect(await ensure()).toEqual({ out, converted: false });
  });

  it('sees a changed, a new and a missing file beside the weights', async () => {
    await ensure();
    const path = join(source, 'generation_config.json');
    await writeFile(path, '{"eos_token_id": 7}');
    const { out, converted } = await ensure();
    expect(converted).toBe(true);
    expect(await readFile(join(out, 'generation_config.json'), 'utf8')).toBe('{"eos_token_id": 7}');
    await writeFile(path, '{"eos_token_id": 8}');
    expect((await ensure()).converted).toBe(true);
    await rm(path);
    expect((await ensure()).converted).toBe(true);
    expect(await readdir(out)).not.toContain('generation_config.json');
  });

  it('makes anew what another version made, and what is damaged', async () => {
    const { out } = await ensure();
    const manifest = await manifestOf(out);
    await writeManifest(out, { ...manifest, builder: '0.0.1/0' });
    expect(await ensure()).toEqual({ out, converted: true });
    for (const damage of [
      () => truncate(join(out, 'weights-00001.bin'), 1000),
      () => rm(join(out, 'weights-00001.bin')),
      () => writeFile(join(out, MANIFEST_FILE), '{'),
      () => writeFile(join(out, MANIFEST_FILE), '{"format": 99}'),
      () => rm(join(out, MANIFEST_FILE)),
    ]) {
      await damage();
      expect(await ensure(), String(damage)).toEqual({ out, converted: true });
    }
    expect(await readdir(cache)).toHaveLength(1);
  });

  it('makes anew what lacks a graph, or a file that was copied', async () => {
    await writeFile(join(source, 'tokenizer.json'), '{}');
    await writeFile(join(source, 'merges.txt'), 'a b');
    const { out } = await ensure();
    for (const damage of [
      () => rm(join(out, 'decoder.onnx')),
      () => truncate(join(out, 'vision.onnx'), 100),
      () => rm(join(out, 'tokenizer.json')),
      () => truncate(join(out, 'merges.txt'), 1),
      () => rm(join(out, 'vision_tower'), { recursive: true }),
    ]) {
      await damage();
      expect(await ensure(), String(damage)).toEqual({ out, converted: true });
      expect(await ensure(), String(damage)).toEqual({ out, converted: false });
    }
  });

  it('takes one for whatever length where that does not matter', async () => {
    const { out } = await ensure({ maxLength: 100 });
    expect(await ensure({ anyLength: true })).toEqual({ out, converted: false });
    expect(await ensure({ maxLength: 200, anyLength: true })).toEqual({ out, converted: false });
    expect(await ensure()).toEqual({ out, converted: true });
    await rm(out, { recursive: true });
    await ensure({ anyLength: true });
    expect((await manifestOf(out)).maxLength).toBeGreaterThan(200);
  });

  it('converts once when two ask at the same time', async () => {
    const both = await Promise.all([ensure(), ensure()]);
    expect(both.map(({ converted }) => converted).sort()).toEqual([false, true]);
    expect(both[0].out).toBe(both[1].out);
  });

  it('takes a converted folder as it is', async () => {
    const { out } = await ensure();
    expect(await ensure({}, out)).toEqual({ out, converted: false });
    const error = await ensure({ dtype: 'q8' }, out).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(LlavaMiniError);
    expect((error as LlavaMiniError).message).toContain('is converted to q4, not q8');
    const { block, symmetric, partBytes } = (await manifestOf(out)).options;
    expect(await ensure({ block, symmetric, partBytes, maxLength: 10 }, out)).toEqual({ out, converted: false });
    const others: [Partial<EnsureOptions>, string][] = [
      [{ block: 32 }, 'is converted with block 128, not 32'],
      [{ symmetric: false }, 'is converted with symmetric true, not false'],
      [{ uniform: true }, 'is converted with uniform false, not true'],
      [{ partBytes: 1 << 20 }, 'is converted with partBytes 2000000000, not 1048576'],
      [{ layout: 'llava' }, 'is converted with layout mini, not llava'],
      [{ maxLength: 100_000 }, 'positions, not 100000'],
      [{ tower: source }, 'has its vision tower'],
    ];
    for (const [options, message] of others)
      await expect(ensure(options, out), message).rejects.toMatchObject({
        code: 'bad-argument',
        message: expect.stringContaining(message),
        hint: expect.stringContaining('convert the model that it was made of'),
      });
  });

  it('takes in a vision tower that is kept elsewhere, and sees when it changes', async () => {
    const whole = await openCheckpoint(source);
    const prefix = 'model.vision_tower.vision_tower.';
    const tensors = await Promise.all(
      whole.names().map(async (name) => ({
        name: name.replace(prefix, ''),
        shape: whole.info(name).shape,
        dtype: 'F32' as const,
        data: await whole.readFloat32(name),
        isTower: name.startsWith(prefix),
      })),
    );
    await whole.close();
    const tower = join(dir, 'tower');
    await mkdir(tower);
    for (const name of await readdir(source)) if (name.startsWith('model')) await rm(join(source, name));
    const write = (to: string, isTower: boolean): Promise<void> =>
      writeSafetensors(
        join(to, 'model.safetensors'),
        tensors.filter((t) => t.isTower === isTower),
      );
    await write(source, false);
    await write(tower, true);
    await expect(ensure()).rejects.toThrow('has no tensor model.vision_tower');
    const { out, converted } = await ensure({ tower });
    expect(converted).toBe(true);
    expect(await ensure({ tower })).toEqual({ out, converted: false });
    expect((await manifestOf(out)).source.files.map(({ name }) => name)).toContain('../tower/model.safetensors');
    tensors.find((t) => t.isTower)!.data[0] += 1;
    await write(tower, true);
    expect(await ensure({ tower })).toEqual({ out, converted: true });
  });

  it("keeps one conversion for all revisions of a model in the hub's cache", async () => {
    const snapshots = join(dir, 'models--someone--thing', 'snapshots');
    const [first, second] = ['a', 'b'].map((letter) => join(snapshots, letter.repeat(40)));
    await cp(source, first, { recursive: true });
    await cp(source, second, { recursive: true });
    const { out } = await ensure({}, first);
    expect(await ensure({}, second)).toEqual({ out, converted: false });
    await writeFile(join(second, 'generation_config.json'), '{"eos_token_id": 7}');
    expect(await ensure({}, second)).toEqual({ out, converted: true });
    expect(await readdir(cache)).toHaveLength(1);
  });

  it("takes a file's name in the hub's cache for its hash", async () => {
    const root = join(dir, 'models--someone--thing');
    const snapshot = join(root, 'snapshots', 'a'.repeat(40));
    await mkdir(join(root, 'blobs'), { recursive: true });
    await cp('test/golden/models/llama31-c1', snapshot, { recursive: true });
    const blob = join(root, 'blobs', 'b'.repeat(64));
    await cp(join(snapshot, 'model.safetensors'), blob);
    await rm(join(snapshot, 'model.safetensors'));
    await symlink(blob, join(snapshot, 'model.safetensors'));
    const { out } = await ensure({}, snapshot);
    expect(out.startsWith(join(cache, 'someone--thing-q4-'))).toBe(true);
    const weights = (await manifestOf(out)).source.files.find(({ name }) => name === 'model.safetensors');
    expect(weights).toMatchObject({ sha256: 'b'.repeat(64), bytes: (await stat(blob)).size });
  });
});

describe('conversionCache', () => {
  it('is where the variables say', () => {
    expect(conversionCache({ LLAVA_MINI_CACHE: '/big' })).toBe('/big/converted');
    expect(conversionCache({ XDG_CACHE_HOME: '/x', HOME: '/home/me' })).toBe('/x/llava-mini/converted');
    expect(conversionCache({ HOME: '/home/me' })).toBe('/home/me/.cache/llava-mini/converted');
  });
});
