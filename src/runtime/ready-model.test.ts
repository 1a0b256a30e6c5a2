import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TinyModel, writeTinyModel } from '../../test/support/tiny-model.ts';
import { ensureConverted } from '../folder/ensure-converted.ts';
import { readManifest } from '../folder/manifest.ts';
import { readyModel } from './ready-model.ts';

let cache: string;
let tiny: TinyModel;
const before = process.env.LLAVA_MINI_CACHE;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'ready-'));
  process.env.LLAVA_MINI_CACHE = cache;
  tiny = await writeTinyModel();
});
afterEach(async () => {
  if (before === undefined) delete process.env.LLAVA_MINI_CACHE;
  else process.env.LLAVA_MINI_CACHE = before;
  await rm(cache, { recursive: true, force: true });
  await tiny.remove();
});

test('a model without tokenizer.json is refused before anything is converted', async () => {
  await rename(join(tiny.dir, 'tokenizer.json'), join(tiny.dir, 'tokenizer.model'));
  await expect(readyModel(tiny.dir, { dtype: 'q4' })).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('has no tokenizer.json, only tokenizer.model'),
    hint: expect.stringContaining('save_pretrained'),
  });
  await rm(join(tiny.dir, 'tokenizer.model'));
  await expect(readyModel(tiny.dir, { dtype: 'q4' })).rejects.toMatchObject({ code: 'bad-model' });
  expect(await readdir(cache)).toEqual([]);
});

test('a kept conversion is used whatever length its graphs are for', async () => {
  const kept = await ensureConverted(tiny.dir, { dtype: 'q4', maxLength: 64 });
  const phases = new Set<string>();
  const ready = await readyModel(tiny.dir, { dtype: 'q4', onProgress: ({ phase }) => phases.add(phase) });
  expect(ready.options).toMatchObject({ dir: kept, maxLength: 512 });
  expect([...phases]).toEqual([]);
  expect((await readManifest(kept))?.maxLength).toBe(64);
});

test('a conversion gets the threads, and waiting for another one is told', async () => {
  await expect(readyModel(tiny.dir, { dtype: 'q4', threads: 5000 })).rejects.toMatchObject({
    message: expect.stringContaining('threads must be'),
  });
  let waits = 0;
  const onWait = (): void => {
    waits++;
  };
  await Promise.all([readyModel(tiny.dir, { dtype: 'q4', onWait }), readyModel(tiny.dir, { dtype: 'q4', onWait })]);
  expect(waits).toBe(1);
});

test('a converted folder is loaded in another layout', async () => {
  const kept = await ensureConverted(tiny.dir, { dtype: 'q4' });
  const ready = await readyModel(kept, { tuning: { layout: 'llava' } });
  expect(ready.options).toMatchObject({ dir: kept, layout: 'llava', dtype: 'q4' });
  await rm(join(kept, 'tokenizer.json'));
  await expect(readyModel(kept, {})).rejects.toMatchObject({ code: 'bad-model' });
});
