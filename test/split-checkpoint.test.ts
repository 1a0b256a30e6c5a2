import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../src/checkpoint/checkpoint.ts';
import { writeSafetensors } from '../src/checkpoint/safetensors-write.ts';
import { convertModel } from '../src/folder/convert.ts';
import { readModelFolder } from '../src/folder/model-folder.ts';
import { goldenCases } from './support/golden-cases.ts';
import { greedy } from './support/greedy.ts';
import { type TorchTensor, writeTorchFile } from './support/torch-file.ts';

/** A golden model whose one file is taken apart into those that LLaVA-1.5 and the training of LLaVA-Mini leave. */
const MODEL = join('test/golden', 'models', 'vicuna-c2');
const golden = goldenCases('test/golden').find(({ model, images }) => model === 'vicuna-c2' && images?.length === 5)!;
const TOWER = 'model.vision_tower.vision_tower.';
const HUB_TOWER = 'openai/clip-vit-large-patch14-336';

let top: string;
let whole: Checkpoint;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'split-'));
  whole = await openCheckpoint(MODEL);
});
afterAll(async () => {
  await whole.close();
  await rm(top, { recursive: true, force: true });
});

const pickle = async (path: string, pick: (name: string) => string | undefined): Promise<void> => {
  const tensors = new Map<string, TorchTensor>();
  for (const name of whole.names()) {
    const own = pick(name);
    if (own === undefined) continue;
    tensors.set(own, {
      shape: whole.info(name).shape,
      storage: 'FloatStorage',
      size: 4,
      data: await whole.readRaw(name),
    });
  }
  expect(tensors.size).toBeGreaterThan(0);
  await writeTorchFile(path, tensors);
};

const isPart = (name: string): boolean =>
  /^model\.(compressor|prefusion_layers|mm_projector|vision_tower)\./.test(name);

/** The language model in two pickled shards with an index, under a LLaVA-1.5 configuration. */
async function writeBase(config: Record<string, unknown> = {}): Promise<string> {
  const dir = await mkdtemp(join(top, 'model-'));
  const json = JSON.parse(await readFile(join(MODEL, 'config.json'), 'utf8'));
  await writeFile(
    join(dir, 'config.json'),
    JSON.stringify({ ...json, architectures: ['LlavaLlamaForCausalLM'], model_type: 'llava_llama', ...config }),
  );
  const shards: [string, (name: string) => boolean][] = [
    ['pytorch_model-00001-of-00002.bin', (name) => !isPart(name) && /embed_tokens|layers\.0\./.test(name)],
    ['pytorch_model-00002-of-00002.bin', (name) => !isPart(name) && !/embed_tokens|layers\.0\./.test(name)],
  ];
  const places: Record<string, string> = {};
  for (const [file, has] of shards) {
    await pickle(join(dir, file), (name) => (has(name) ? name : undefined));
    for (const name of whole.names().filter(has)) places[name] = file;
  }
  await writeFile(join(dir, 'pytorch_model.bin.index.json'), JSON.stringify({ weight_map: places }));
  return dir;
}

const without = (prefix: string) => (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : undefined);

async function writeParts(dir: string): Promise<void> {
  await pickle(join(dir, 'mm_projector.bin'), (name) => (name.includes('mm_projector') ? name : undefined));
  await pickle(join(dir, 'compressor.bin'), (name) =>
    name.includes('.compressor.') ? `base_model.model.${name}` : undefined,
  );
  await pickle(join(dir, 'prefusion.bin'), without('model.prefusion_layers.'));
}

async function expectWhole(dir: string, options = {}): Promise<void> {
  const split = await openCheckpoint(dir, options);
  expect(split.names().sort()).toEqual(whole.names().sort());
  for (const name of whole.names()) {
    expect(split.info(name).shape).toEqual(whole.info(name).shape);
    expect(Buffer.compare(await split.readRaw(name), await whole.readRaw(name)), name).toBe(0);
  }
  await split.close();
  const expected = await greedy(MODEL, golden);
  const actual = await greedy(dir, golden, options);
  expect(expected.ids).toEqual(golden.generated);
  expect(actual.ids).toEqual(expected.ids);
  expect(actual.logits).toEqual(expected.logits);
}

describe('a LLaVA-1.5 folder with the parts of LLaVA-Mini in files of their own', () => {
  test('and its tower in a folder inside answers as the whole model', async () => {
    const dir = await writeBase();
    await writeParts(dir);
    await cp(join(MODEL, 'vision_tower'), join(dir, 'vision_tower'), { recursive: true });
    await pickle(join(dir, 'vision_tower', 'pytorch_model.bin'), without(TOWER));
    await expectWhole(dir);
  });

  test('and its tower elsewhere answers as the whole model, converted too', async () => {
    const dir = await writeBase();
    await writeParts(dir);
    await cp(join(MODEL, 'vision_tower'), join(dir, 'vision_tower'), { recursive: true });
    const tower = join(top, 'clip');
    await mkdir(tower);
    const names = whole.names().filter((name) => name.startsWith(TOWER));
    await writeSafetensors(
      join(tower, 'model.safetensors'),
      names.map((name) => ({
        name: name.slice(TOWER.length),
        shape: whole.info(name).shape,
        dtype: 'F32' as const,
        data: () => whole.readFloat32(name),
      })),
    );
    await expectWhole(dir, { tower });
    await cp(join(tower, 'model.safetensors'), join(dir, 'vision_tower', 'model.safetensors'));
    const converted = join(top, 'converted');
    await convertModel(dir, converted, { dtype: 'fp32', threads: 1 });
    expect((await greedy(converted, golden)).ids).toEqual(golden.generated);
  });

  test('without them is a plain LLaVA, which the error says', async () => {
    const dir = await writeBase({ compressor_size: undefined });
    await cp(join(MODEL, 'vision_tower'), join(dir, 'vision_tower'), { recursive: true });
    await expect(readModelFolder(dir)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/"llava_llama" without compressor_size/),
      hint: expect.stringMatching(/prefusion_layer_num/),
    });
  });

  test('and a part missing, or made for other widths, is refused naming tensor and shapes', async () => {
    const dir = await writeBase();
    await writeParts(dir);
    await cp(join(MODEL, 'vision_tower'), join(dir, 'vision_tower'), { recursive: true });
    await expect(greedy(dir, golden)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringMatching(/has no tensor model\.vision_tower\./),
    });
    await pickle(join(dir, 'vision_tower', 'pytorch_model.bin'), without(TOWER));
    await rm(join(dir, 'compressor.bin'));
    await expect(greedy(dir, golden)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringMatching(/has no tensor model\.compressor\./),
    });
    await writeFile(
      join(dir, 'config.json'),
      (await readFile(join(MODEL, 'config.json'), 'utf8')).replace('"hidden_size": 96', '"hidden_size": 144'),
    );
    await writeParts(dir);
    await expect(greedy(dir, golden)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringMatching(/has shape \[.*96.*\], but config\.json asks for \[.*144.*\]/),
    });
  });

  test('whose tower is on the hub, and not in the cache, is refused with what to do', async () => {
    const dir = await writeBase({ mm_vision_tower: HUB_TOWER, mm_hidden_size: 1024 });
    await writeParts(dir);
    const env = { HF_HUB_CACHE: join(top, 'empty-cache') };
    await expect(openCheckpoint(dir, { env })).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringMatching(/llava-mini pull openai\/clip-vit-large-patch14-336/),
    });
  });
});
