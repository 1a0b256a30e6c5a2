import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TinyModel, writeTinyModel } from '../../test/support/tiny-model.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { TOWER_PREFIX } from '../checkpoint/separate-tower.ts';
import { convertModel } from '../folder/convert.ts';
import { createProgram } from './program.ts';

/** A model whose tower's weights lie elsewhere, as those of LLaVA-1.5 do. */
let model: TinyModel;
let towerless: TinyModel;
let top: string;
let tower: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'tower-'));
  tower = top;
  model = await writeTinyModel();
  towerless = await writeTinyModel();
  const checkpoint = await openCheckpoint(model.dir);
  const tensors = await Promise.all(
    checkpoint.names().map(async (name) => {
      const { shape } = checkpoint.info(name);
      return { name, shape, dtype: 'F32' as const, data: await checkpoint.readFloat32(name) };
    }),
  );
  await checkpoint.close();
  const isTower = ({ name }: { name: string }): boolean => name.startsWith(TOWER_PREFIX);
  await writeSafetensors(
    join(tower, 'model.safetensors'),
    tensors.filter(isTower).map((tensor) => ({ ...tensor, name: tensor.name.slice(TOWER_PREFIX.length) })),
  );
  await writeSafetensors(
    join(towerless.dir, 'model.safetensors'),
    tensors.filter((tensor) => !isTower(tensor)),
  );
});
afterAll(async () => {
  await model.remove();
  await towerless.remove();
  await rm(top, { recursive: true, force: true });
});

async function run(...args: string[]): Promise<unknown> {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await createProgram().parseAsync([...args, '--json'], { from: 'user' });
    return JSON.parse(written.mock.calls.map(([text]) => text).join(''));
  } finally {
    vi.restoreAllMocks();
  }
}

test('info counts the parameters of a tower kept elsewhere', async () => {
  const { parts } = (await run('info', model.dir)) as { parts: object };
  expect(parts).toHaveProperty(['vision tower']);
  expect(await run('info', towerless.dir)).not.toHaveProperty(['parts', 'vision tower']);
  expect(await run('info', towerless.dir, '--tower', tower)).toMatchObject({ parts });
});

test('info of a converted model needs none', async () => {
  const out = join(top, 'converted');
  await convertModel(towerless.dir, out, { dtype: 'fp16', tower, threads: 1 });
  expect(await run('info', out)).toHaveProperty(['parts', 'vision tower']);
  await expect(run('info', out, '--tower', tower)).rejects.toMatchObject({ code: 'bad-argument' });
});

test('eval scores a model with a tower kept elsewhere', async () => {
  const set = ['--set', 'facebook', '--limit', '2', '--threads', '1'];
  const whole = (await run('eval', model.dir, ...set)) as object;
  expect(await run('eval', towerless.dir, ...set, '--tower', tower)).toEqual({ ...whole, model: towerless.dir });
});
