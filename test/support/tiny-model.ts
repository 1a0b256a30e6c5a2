import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TensorToWrite, writeSafetensors } from '../../src/checkpoint/safetensors-write.ts';
import { sinCosTable } from '../../src/model/compressor.ts';
import { parseModelConfig } from '../../src/model/config.ts';
import { modelGraphs } from '../../src/model/inference.ts';
import { parseVisionConfig } from '../../src/model/vision/index.ts';
import { trainBpe } from '../../src/text/bpe-trainer.ts';
import { Random } from '../../src/util/random.ts';

export const TINY_TEMPLATE =
  "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<end>{% endfor %}" +
  '{% if add_generation_prompt %}<|assistant|>{% endif %}';

const SPECIAL = ['<pad>', '<begin>', '<end>', '<|system|>', '<|user|>', '<|assistant|>'];

const VISION = {
  model_type: 'clip_vision_model',
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  image_size: 28,
  patch_size: 14,
};

const PREPROCESSOR = { size: { shortest_edge: 28 }, crop_size: { height: 28, width: 28 } };

const CONFIG = {
  model_type: 'llava_mini_llama',
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  vocab_size: 288,
  max_position_embeddings: 512,
  bos_token_id: 1,
  eos_token_id: 2,
  compressor_size: 1,
  prefusion_layer_num: 2,
  mm_hidden_size: 32,
  mm_projector_type: 'mlp2x_gelu',
  mm_vision_tower: './vision_tower',
  image_aspect_ratio: 'pad',
};

export interface TinyModel {
  dir: string;
  remove: () => Promise<void>;
}

/**
 * Writes a small random model as a real model folder: config, tower, weights, tokenizer, chat template.
 *
 * @param config keys of `config.json` that differ from the smallest model's
 */
export async function writeTinyModel(
  config: Record<string, unknown> = {},
  seed = 'tiny',
  vision: Record<string, unknown> = {},
): Promise<TinyModel> {
  const dir = await mkdtemp(join(tmpdir(), 'llava-mini-tiny-'));
  const json = { ...CONFIG, ...config };
  const visionJson = { ...VISION, ...vision };
  const write = (name: string, value: unknown): Promise<void> => writeFile(join(dir, name), JSON.stringify(value));
  await mkdir(join(dir, 'vision_tower'));
  await write('config.json', json);
  await write('vision_tower/config.json', visionJson);
  const size = visionJson.image_size;
  await write('vision_tower/preprocessor_config.json', {
    ...PREPROCESSOR,
    size: { shortest_edge: size },
    crop_size: { height: size, width: size },
  });
  const corpus = ['what is in this picture?', 'how many cats are there, and what colour are they?', 'a red cat'];
  const tokenizer = trainBpe([...corpus, ...corpus], { vocabSize: 288, specialTokens: SPECIAL, bosToken: '<begin>' });
  await write('tokenizer.json', tokenizer);
  await write('tokenizer_config.json', { bos_token: '<begin>', eos_token: '<end>', chat_template: TINY_TEMPLATE });
  await writeSafetensors(join(dir, 'model.safetensors'), randomWeights(json, visionJson, seed));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Every weight that a model of this config has. */
export function randomWeights(json: unknown, visionJson: unknown, seed: string): TensorToWrite[] {
  const config = parseModelConfig(json);
  const vision = parseVisionConfig(visionJson, 'config.json');
  const shapes = new Map<string, number[]>([['model.embed_tokens.weight', [config.vocabSize, config.hiddenSize]]]);
  for (const graph of Object.values(modelGraphs(config, vision, { maxLength: 8 })))
    for (const [name, value] of graph.parameters) shapes.set(name, value.shape as number[]);
  return [...shapes].map(([name, shape]) => {
    const random = new Random(`${seed}/${name}`);
    const size = shape.reduce((a, b) => a * b, 1);
    const isNorm = /(norm|ln_q|ln_kv|layrnorm)[a-z_0-9]*\.weight$/.test(name);
    const spread = /embed_tokens|lm_head/.test(name) ? 1 : 1.5 / Math.sqrt(shape.at(-1)!);
    const data = name.endsWith('pos_embed')
      ? sinCosTable(config.compressorSize, config.visionWidth)
      : Float32Array.from({ length: size }, () => random.normal() * (isNorm ? 0.1 : spread) + (isNorm ? 1 : 0));
    return { name, dtype: 'F32' as const, shape, data };
  });
}
