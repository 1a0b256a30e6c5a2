import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TinyModel, writeTinyModel } from '../../test/support/tiny-model.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { modelGraphs } from '../model/inference.ts';
import { checkWeights, readModelFolder } from './model-folder.ts';

let tiny: TinyModel;
let tensors: TensorToWrite[];
beforeAll(async () => {
  tiny = await writeTinyModel();
  const checkpoint = await openCheckpoint(tiny.dir);
  tensors = await Promise.all(
    checkpoint.names().map(async (name) => ({
      name,
      shape: checkpoint.info(name).shape,
      dtype: 'F32' as const,
      data: await checkpoint.readFloat32(name),
    })),
  );
  await checkpoint.close();
});
afterAll(() => tiny.remove());

/** Reads the folder and checks its weights, as loading does before anything large is read. */
async function check(config: Record<string, unknown> = {}): Promise<void> {
  const path = join(tiny.dir, 'config.json');
  const original = await readFile(path, 'utf8');
  await writeFile(path, JSON.stringify({ ...JSON.parse(original), ...config }));
  try {
    const folder = await readModelFolder(tiny.dir);
    const checkpoint = await openCheckpoint(tiny.dir);
    try {
      checkWeights(checkpoint, Object.values(modelGraphs(folder.config, folder.vision, { maxLength: 8 })));
    } finally {
      await checkpoint.close();
    }
  } finally {
    await writeFile(path, original);
  }
}

const refused = (work: Promise<unknown>, message: RegExp, code = 'bad-checkpoint'): Promise<void> =>
  expect(work).rejects.toMatchObject({
    name: 'LlavaMiniError',
    code,
    message: expect.stringMatching(message),
    ...(code === 'unsupported' ? { hint: expect.stringMatching(/known/) } : {}),
  });

describe('configuration and weights that do not belong together', () => {
  beforeEach(() => writeSafetensors(join(tiny.dir, 'model.safetensors'), tensors));

  test('those that do are accepted', () => check());

  test('widths that disagree: the error names the tensor, both shapes and the file', async () => {
    await refused(
      check({ intermediate_size: 64 }),
      /tensor model\.\S+ in \S+model\.safetensors has shape \[.*48.*\], but config\.json asks for \[.*64.*\]/,
    );
    await refused(check({ vocab_size: 300 }), /has shape \[288, 32\], but config\.json asks for \[300, 32\]/);
    await refused(check({ compressor_size: 2 }), /compressor\.\S+ .* has shape \[1, 32\], but .* \[4, 32\]/);
    await refused(
      check({ mm_hidden_size: 64 }),
      /mm_hidden_size is 64, but the vision tower \S+ has width 32/,
      'bad-model',
    );
  });

  test('more layers than there are weights for', async () => {
    await refused(check({ num_hidden_layers: 3 }), /has no tensor model\.layers\.2\./);
    await refused(check({ prefusion_layer_num: 3 }), /has no tensor model\.prefusion_layers\.2\./);
  });

  test('whole numbers instead of floats', async () => {
    const name = 'model.norm.weight';
    const wrong = { name, shape: [32], dtype: 'I32' as const, data: new Int32Array(32) };
    await writeSafetensors(
      join(tiny.dir, 'model.safetensors'),
      tensors.map((tensor) => (tensor.name === name ? wrong : tensor)),
    );
    await refused(check(), /tensor model\.norm\.weight in \S+ is I32, not a float type/);
  });

  test('architectures, projectors and towers that are not known', async () => {
    await refused(check({ model_type: 'llava_next' }), /unknown architecture "llava_next"/, 'unsupported');
    await refused(
      check({ mm_projector_type: 'cabstractor' }),
      /unknown mm_projector_type "cabstractor"/,
      'unsupported',
    );
    const path = join(tiny.dir, 'vision_tower', 'config.json');
    const original = await readFile(path, 'utf8');
    await writeFile(path, JSON.stringify({ ...JSON.parse(original), model_type: 'siglip_vision_model' }));
    await refused(check(), /unknown vision tower "siglip_vision_model"/, 'unsupported');
    await writeFile(path, original);
  });
});

describe('folders that are incomplete', () => {
  test('no folder, no config, no tower', async () => {
    const top = await mkdtemp(join(tmpdir(), 'folder-'));
    await refused(readModelFolder(join(top, 'none')), /no model folder/, 'not-found');
    await refused(readModelFolder(top), /config\.json does not exist/, 'not-found');
    await writeFile(join(top, 'config.json'), '{');
    await refused(readModelFolder(top), /config\.json is not valid JSON/, 'bad-model');
    await writeFile(join(top, 'config.json'), await readFile(join(tiny.dir, 'config.json')));
    await refused(readModelFolder(top), /mm_vision_tower is "\.\/vision_tower", but there is no/, 'bad-model');
    await mkdir(join(top, 'vision_tower'));
    await refused(readModelFolder(top), /vision_tower\/config\.json does not exist/, 'not-found');
    await rm(top, { recursive: true });
  });
});
