import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LlavaMiniError } from '../src/index.ts';
import { loadInline } from './support/inline-model.ts';
import { writeTinyModel } from './support/tiny-model.ts';
import { codeOf, errorOf } from './support/typed-errors.ts';

describe('model folders', () => {
  const broken = async (
    change: (dir: string) => Promise<unknown>,
    config: Record<string, unknown> = {},
  ): Promise<LlavaMiniError> => {
    const folder = await writeTinyModel(config);
    try {
      await change(folder.dir);
      return await errorOf(() => loadInline(folder.dir));
    } finally {
      await folder.remove();
    }
  };
  const edit = async (path: string, keys: object): Promise<void> =>
    writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...keys }));

  test('that are not there, or lack a file', async () => {
    expect((await errorOf(() => loadInline('/no/such/folder'))).code).toBe('not-found');
    expect((await errorOf(() => loadInline(''))).code).toBe('bad-argument');
    for (const [file, code] of [
      ['config.json', 'not-found'],
      ['model.safetensors', 'not-found'],
      ['tokenizer.json', 'bad-model'],
      ['vision_tower/config.json', 'not-found'],
      ['vision_tower/preprocessor_config.json', 'not-found'],
      ['vision_tower', 'bad-model'],
    ]) {
      const error = await broken((dir) => rm(join(dir, file), { recursive: true }));
      expect([file, error.code]).toEqual([file, code]);
      expect(error.message).toContain(file.split('/').at(-1));
      expect(error.hint).toBeTruthy();
    }
  });

  test('whose files are damaged', async () => {
    for (const [file, code] of [
      ['config.json', 'bad-model'],
      ['model.safetensors', 'bad-checkpoint'],
      ['tokenizer.json', 'bad-model'],
      ['vision_tower/config.json', 'bad-model'],
      ['vision_tower/preprocessor_config.json', 'bad-model'],
    ]) {
      const error = await broken(async (dir) => {
        const bytes = await readFile(join(dir, file));
        await writeFile(join(dir, file), bytes.subarray(0, bytes.length / 2));
      });
      expect([file, error.code]).toEqual([file, code]);
    }
  });

  test('whose config and weights disagree: the error names the tensor and both shapes', async () => {
    const wider = await broken((dir) => edit(join(dir, 'config.json'), { intermediate_size: 64 }));
    expect(wider.code).toBe('bad-checkpoint');
    expect(wider.message).toMatch(/tensor model\.\S+mlp\.\S+ .*\[48, 32\].*\[64, 32\]/);
    const deeper = await broken((dir) => edit(join(dir, 'config.json'), { num_hidden_layers: 3 }));
    expect(deeper.code).toBe('bad-checkpoint');
    expect(deeper.message).toContain('model.layers.2.');
    const vocabulary = await broken((dir) => edit(join(dir, 'config.json'), { vocab_size: 100 }));
    expect(vocabulary.code).toBe('bad-model');
    const tower = await broken((dir) => edit(join(dir, 'config.json'), { mm_hidden_size: 64 }));
    expect(tower.code).toBe('bad-model');
    expect(tower.message).toMatch(/64.*32/);
    const size = await broken((dir) => edit(join(dir, 'vision_tower/config.json'), { image_size: 56 }));
    expect(size.message).toMatch(/28.*56/);
  });

  test('with a tower outside of the folder', async () => {
    for (const tower of ['../elsewhere', '/etc', 'vision_tower/../../x']) {
      const error = await broken((dir) => edit(join(dir, 'config.json'), { mm_vision_tower: tower }));
      expect(error.code).toBe('bad-model');
      expect(error.message).toContain('outside');
    }
    const unknown = await broken((dir) => edit(join(dir, 'config.json'), { mm_vision_tower: 'openai/clip-9000' }));
    expect(unknown.hint).toContain('openai/clip-vit-large-patch14-336');
  });

  test('of other architectures', async () => {
    const error = await broken((dir) => edit(join(dir, 'config.json'), { model_type: 'gpt2' }));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.hint).toContain('llava_mini');
  });

  test('whose weights are not numbers', async () => {
    const folder = await writeTinyModel();
    const path = join(folder.dir, 'model.safetensors');
    const bytes = await readFile(path);
    bytes.fill(0xff, Number(bytes.readBigUInt64LE(0)) + 8);
    await writeFile(path, bytes);
    const other = await loadInline(folder.dir);
    expect(await codeOf(() => other.ask(null, 'hi'))).toBe('engine');
    expect(await codeOf(() => other.ask('examples/pictures/cat.png', 'hi'))).toBe('engine');
    await other.dispose();
    await folder.remove();
  });
});
