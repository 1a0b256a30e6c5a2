import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readModelFolder } from '../../src/folder/model-folder.ts';
import { planFolder } from '../../src/folder/plan.ts';

const TOWER = {
  model_type: 'clip_vision_model',
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  image_size: 28,
  patch_size: 14,
};

/**
 * A model folder whose weights are all zero, in a file that takes no room on the disk: F16 of any size.
 *
 * @param keys of `config.json` that differ from a model of one small layer
 */
export async function writeSparseModel(dir: string, keys: Record<string, unknown>): Promise<void> {
  await mkdir(join(dir, 'vision_tower'), { recursive: true });
  const json = (name: string, value: unknown): Promise<void> => writeFile(join(dir, name), JSON.stringify(value));
  await json('vision_tower/config.json', TOWER);
  await json('vision_tower/preprocessor_config.json', { size: 28, image_mean: [0, 0, 0], image_std: [1, 1, 1] });
  await json('config.json', {
    model_type: 'llava_mini_llama',
    hidden_size: 64,
    intermediate_size: 64,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    vocab_size: 300,
    mm_hidden_size: 64,
    mm_projector_type: 'linear',
    mm_vision_tower: './vision_tower',
    compressor_size: 1,
    prefusion_layer_num: 1,
    ...keys,
  });
  const folder = await readModelFolder(dir);
  const { weights } = planFolder(folder, {
    dtype: 'fp32',
    block: 128,
    symmetric: true,
    uniform: false,
    maxLength: 64,
    layout: 'mini',
    partBytes: 1e9,
  });
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const { name, shape } of weights) {
    const end = at + shape.reduce((product, side) => product * side, 2);
    header[name] = { dtype: 'F16', shape, data_offsets: [at, end] };
    at = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  const file = await open(join(dir, 'model.safetensors'), 'w');
  try {
    await file.write(length);
    await file.write(text);
    await file.truncate(8 + text.length + at);
  } finally {
    await file.close();
  }
}
