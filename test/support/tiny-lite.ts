import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/checkpoint/safetensors-write.ts';
import { parsePreprocessor } from '../../src/media/index.ts';
import { type ModelConfig, parseModelConfig } from '../../src/model/config.ts';
import type { LiteVisionConfig } from '../../src/model/vision/config.ts';
import { parseVisionConfig } from '../../src/model/vision/index.ts';
import { TOKENIZER_CONFIG, trainTokenizer } from '../../src/train/tokenise.ts';
import type { Weights } from '../../src/train/weights.ts';
import type { Random } from '../../src/util/random.ts';
import { randomWeights } from './tiny-model.ts';

const block = (stride: number, expand: number, outputs = 8) => ({
  kernel: 3,
  stride,
  expand,
  inputs: 8,
  outputs,
  skip: stride === 1,
});

/** An EfficientNet-Lite of four blocks for pictures of 64×64, random where it is used. */
export const TINY_VISION = {
  model_type: 'efficientnet_lite',
  width: 64,
  fold_layers: 1,
  fold_refine: 4,
  fold_repeats: 1,
  fold_places: true,
  fold_heads: 4,
  fold_intermediate_size: 48,
  image_size: 64,
  stem: { kernel: 3, stride: 2, outputs: 8 },
  blocks: [block(2, 1), block(2, 2), block(2, 2), block(2, 2)],
  head: { outputs: 16 },
  classes: 6,
  taps: [1, 2],
};

/** The pixels of {@link TINY_VISION}, as its `preprocessor_config.json` has it. */
const TINY_PREPROCESSOR = {
  image_processor_type: 'CLIPImageProcessor',
  image_mean: [127 / 255, 127 / 255, 127 / 255],
  image_std: [128 / 255, 128 / 255, 128 / 255],
  rescale_factor: 1 / 255,
  resample: 3,
  size: { shortest_edge: 64 },
  crop_size: { height: 64, width: 64 },
};

export const TINY_PROCESSOR = parsePreprocessor(TINY_PREPROCESSOR, 'pad');

export const TINY_CONFIG = {
  model_type: 'llava_mini_llama',
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  vocab_size: 320,
  max_position_embeddings: 256,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: 0,
  compressor_size: 1,
  prefusion_layer_num: 1,
  mm_hidden_size: 64,
  mm_projector_type: 'mlp2x_gelu',
  mm_vision_tower: './vision_tower',
  image_aspect_ratio: 'pad',
  tie_word_embeddings: true,
};

export function tinyConfigs(
  config: Record<string, unknown> = {},
  vision: Record<string, unknown> = {},
): { config: ModelConfig; vision: LiteVisionConfig } {
  return {
    config: parseModelConfig({ ...TINY_CONFIG, ...config }),
    vision: parseVisionConfig({ ...TINY_VISION, ...vision }, 'config.json') as LiteVisionConfig,
  };
}

export function tinyWeights(seed: string, config: Record<string, unknown> = {}): Weights {
  const made = randomWeights({ ...TINY_CONFIG, ...config }, TINY_VISION, seed);
  return new Map(made.map(({ name, shape, data }) => [name, { shape: [...shape], data: data as Float32Array }]));
}

/** What every plan of such a run begins with. */
export const TINY_PLAN = {
  name: 'tiny',
  model: 'model',
  start: 'start.safetensors',
  startWith: 'model',
  run: 'run',
  seed: 'tiny',
};

/** What a run in this folder has written down. */
export async function readMetrics(dir: string): Promise<Record<string, number | string>[]> {
  const text = await readFile(join(dir, 'run', 'metrics.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A folder for a run: `model/` with configs, tower and tokenizer, and `start.safetensors` with random weights. */
export async function writeTinyRun(
  texts: readonly string[],
  seed = 'run',
): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'llava-mini-train-'));
  const tower = join(dir, 'model', 'vision_tower');
  await mkdir(tower, { recursive: true });
  const write = (path: string, value: unknown): Promise<void> => writeFile(join(dir, path), JSON.stringify(value));
  await write('model/config.json', TINY_CONFIG);
  await write('model/tokenizer.json', trainTokenizer([...texts, ...texts], TINY_CONFIG.vocab_size));
  await write('model/tokenizer_config.json', TOKENIZER_CONFIG);
  await write('model/vision_tower/config.json', TINY_VISION);
  await write('model/vision_tower/preprocessor_config.json', TINY_PREPROCESSOR);
  await writeSafetensors(
    join(dir, 'start.safetensors'),
    [...tinyWeights(seed)].map(([name, weight]) => ({ name, dtype: 'F32' as const, ...weight })),
  );
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

export const normals = (random: Random, length: number, scale = 1): Float32Array =>
  Float32Array.from({ length }, () => random.normal() * scale);
