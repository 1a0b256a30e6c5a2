import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSafetensors } from '../src/checkpoint/safetensors.ts';
import { writeSafetensors } from '../src/checkpoint/safetensors-write.ts';
import { trainFromConfig } from '../src/train/train.ts';
import { TINY_PLAN, TINY_VISION, writeTinyRun } from './support/tiny-lite.ts';

test('training goes on at another picture size, with pictures of that size alone, and from several files', async () => {
  const { dir, remove } = await writeTinyRun(['It is a cat.']);
  const path = join(dir, 'plan.json');
  const drawn = (size: number) => ({
    id: 'drawn',
    kind: 'pictures',
    count: 3,
    keep: 'patches',
    recipe: { kind: 'single', size },
  });
  const run = async (size: number): Promise<string[]> => {
    const log: string[] = [];
    const plan = { ...TINY_PLAN, stages: [drawn(size), { id: 'export', kind: 'export' }] };
    await writeFile(path, JSON.stringify(plan));
    await trainFromConfig(path, { threads: 1, workers: 0, onLog: (line) => log.push(line) });
    return log;
  };
  try {
    const tower = join(dir, 'model', 'vision_tower');
    await writeFile(join(tower, 'config.json'), JSON.stringify({ ...TINY_VISION, image_size: 96 }));
    await expect(run(96)).rejects.toMatchObject({ code: 'bad-model', hint: expect.stringContaining('image_size') });
    const pixels = join(tower, 'preprocessor_config.json');
    await writeFile(pixels, (await readFile(pixels, 'utf8')).replaceAll('64', '96'));
    await expect(run(64)).rejects.toMatchObject({ code: 'bad-data', hint: expect.stringContaining('96') });
    const log = await run(96);
    expect(log.filter((line) => line.includes('fitted to pictures of 96 pixels'))).toHaveLength(2);
    expect(await readFile(join(dir, 'run', 'drawn.jsonl'), 'utf8')).toMatch(/^(.+\n){3}$/);
    const file = await openSafetensors(join(dir, 'model', 'model.safetensors'));
    for (const table of ['positions', 'places'])
      expect(file.tensors.get(`model.vision_tower.vision_tower.fold.${table}`)?.shape).toEqual([9, 64]);
    await file.close();

    // A second file to start from takes the place of what it holds.
    const norm = { name: 'model.norm.weight', dtype: 'F32' as const, shape: [32], data: new Float32Array(32).fill(2) };
    await writeSafetensors(join(dir, 'norm.safetensors'), [norm]);
    const more = { ...TINY_PLAN, start: [TINY_PLAN.start, 'norm.safetensors'], run: 'more' };
    await writeFile(path, JSON.stringify({ ...more, stages: [{ id: 'export', kind: 'export' }] }));
    await trainFromConfig(path, { threads: 1 });
    const both = await openSafetensors(join(dir, 'model', 'model.safetensors'));
    expect(await both.readFloat32('model.norm.weight')).toEqual(norm.data);
    expect(both.tensors.size).toBe(file.tensors.size);
    await both.close();
  } finally {
    await remove();
  }
});
