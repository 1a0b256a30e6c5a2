import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { LlavaMiniError } from '../errors.ts';
import { convertModel } from './convert.ts';
import { exportModel } from './export.ts';
import { readManifest } from './manifest.ts';
import { readModelFolder } from './model-folder.ts';

let dir: string;
let model: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'links-'));
  model = join(dir, 'model');
  await cp('test/golden/models/mixed-dtypes', model, { recursive: true });
  await writeFile(join(dir, 'secret.txt'), '{"secret": "secret"}');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const convert = () => convertModel(model, join(dir, 'out'), { dtype: 'q4' });
const exported = () => exportModel(model, join(dir, 'out'));

async function refused(work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(LlavaMiniError);
  expect(error).toMatchObject({
    code: 'bad-checkpoint',
    message: expect.stringContaining('leads out of the model folder'),
  });
  expect((await readdir(dir)).sort()).toEqual(['model', 'secret.txt']);
}

describe('a link that leads out of a model folder is refused, and nothing is copied', () => {
  test.each(['LICENSE', 'tokenizer.model', 'generation_config.json', 'tokenizer_config.json'])('%s', async (name) => {
    await symlink('../secret.txt', join(model, name));
    if (name !== 'tokenizer.model') await refused(convert());
    await refused(exported());
  });

  test('config.json, and the tower’s', async () => {
    for (const name of ['config.json', 'vision_tower/config.json', 'vision_tower/preprocessor_config.json']) {
      const path = join(model, name);
      await rename(path, join(dir, 'aside'));
      await symlink(join(dir, 'aside'), path);
      const error = await readModelFolder(model).catch((e: unknown) => e);
      expect(error, name).toMatchObject({ code: 'bad-checkpoint', message: expect.stringContaining('leads out') });
      await rename(join(dir, 'aside'), path);
    }
    await convert();
    const manifest = join(dir, 'out', 'llava-mini.json');
    await rename(manifest, join(dir, 'aside'));
    await symlink('../aside', manifest);
    await expect(readManifest(join(dir, 'out'))).rejects.toMatchObject({ code: 'bad-checkpoint' });
  });

  test('another file in the tower’s folder, and the folder', async () => {
    await symlink('../../secret.txt', join(model, 'vision_tower', 'secret.json'));
    await refused(convert());
    await rm(join(model, 'vision_tower', 'secret.json'));
    await cp(join(model, 'vision_tower'), join(dir, 'tower'), { recursive: true });
    await rm(join(model, 'vision_tower'), { recursive: true });
    await symlink('../tower', join(model, 'vision_tower'));
    await expect(convert()).rejects.toMatchObject({ code: 'bad-checkpoint' });
  });
});

describe('weights are not read through a link that leads out', () => {
  const leadsOut = { code: 'bad-checkpoint', message: expect.stringContaining('leads out of the model folder') };
  const weights = (path: string, name: string): Promise<void> =>
    writeSafetensors(path, [{ name, shape: [1], dtype: 'F32', data: new Float32Array(1) }]);
  let one: string;
  beforeEach(async () => {
    one = join(dir, 'one');
    await mkdir(join(one, 'vision_tower'), { recursive: true });
    await writeFile(join(one, 'config.json'), '{"mm_vision_tower": "vision_tower"}');
    await weights(join(dir, 'projector'), 'mm_projector.0.weight');
    await weights(join(dir, 'tower'), 'vision_model.x');
  });

  test.each(['model.safetensors', 'pytorch_model.bin', 'model.safetensors.index.json'])('%s', async (name) => {
    await symlink('../secret.txt', join(one, name));
    await expect(openCheckpoint(one)).rejects.toMatchObject(leadsOut);
  });

  test('parts and tower in files of their own', async () => {
    await weights(join(one, 'model.safetensors'), 'model.norm.weight');
    await symlink('../projector', join(one, 'mm_projector.safetensors'));
    await expect(openCheckpoint(one)).rejects.toMatchObject(leadsOut);
    await rm(join(one, 'mm_projector.safetensors'));
    await symlink('../../tower', join(one, 'vision_tower', 'model.safetensors'));
    await expect(openCheckpoint(one)).rejects.toMatchObject(leadsOut);
  });

  test('but a tower’s are through one into the hub’s cache', async () => {
    const root = join(dir, 'models--a--b');
    await mkdir(join(root, 'snapshots'), { recursive: true });
    await mkdir(join(root, 'blobs'));
    const snapshot = join(root, 'snapshots', 'a'.repeat(40));
    await rename(one, snapshot);
    await weights(join(snapshot, 'model.safetensors'), 'model.norm.weight');
    await rename(join(dir, 'tower'), join(root, 'blobs', 'tower'));
    await symlink('../../../blobs/tower', join(snapshot, 'vision_tower', 'model.safetensors'));
    const checkpoint = await openCheckpoint(snapshot);
    expect(checkpoint.names()).toContain('model.vision_tower.vision_tower.vision_model.x');
    await checkpoint.close();
  });
});

test('links of the hub’s cache work, in folders inside too', async () => {
  const root = join(dir, 'models--a--b');
  const snapshot = join(root, 'snapshots', 'a'.repeat(40));
  await mkdir(join(root, 'blobs'), { recursive: true });
  await cp(model, snapshot, { recursive: true });
  await writeFile(join(snapshot, 'LICENSE'), 'free');
  let n = 0;
  for (const name of await readdir(snapshot, { recursive: true })) {
    const path = join(snapshot, name);
    if (!/json$|LICENSE|safetensors$/.test(name)) continue;
    const blob = join(root, 'blobs', String(n++).padStart(64, '0'));
    await rename(path, blob);
    await symlink(relative(dirname(path), blob), path);
  }
  await convertModel(snapshot, join(dir, 'out'), { dtype: 'q4' });
  expect(await readFile(join(dir, 'out', 'LICENSE'), 'utf8')).toBe('free');
  const report = await exportModel(snapshot, join(dir, 'exported'));
  expect(await readdir(join(dir, 'exported'))).toEqual(expect.arrayContaining(['LICENSE', ...report.files]));
  expect(basename(report.dir)).toBe('exported');
});

test('a folder named as a licence is left out, a file too large to be one refused', async () => {
  await mkdir(join(model, 'LICENSES'));
  await convert();
  expect(await readdir(join(dir, 'out'))).not.toContain('LICENSES');
  await rm(join(dir, 'out'), { recursive: true });
  await writeFile(join(model, 'tokenizer.json'), '');
  await truncate(join(model, 'tokenizer.json'), 100e6 + 1);
  const error = await convert().catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'bad-model', message: expect.stringContaining('100000001 bytes') });
});
