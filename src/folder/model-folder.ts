import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { realPathInside } from '../checkpoint/inside-folder.ts';
import { LlavaMiniError } from '../errors.ts';
import { type Graph, usedParameters } from '../graph/index.ts';
import { CLIP_MEAN, CLIP_STD, checkTowerSize, type ImageProcessor, parsePreprocessor } from '../media/index.ts';
import { type ModelConfig, parseModelConfig } from '../model/config.ts';
import { parseVisionConfig, type VisionConfig, wellKnownTower, wellKnownTowers } from '../model/vision/index.ts';
import { fileError } from '../util/atomic-file.ts';
import { readManifest } from './manifest.ts';

/** What a model folder says about its model, everything except weights and tokenizer. */
export interface ModelFolder {
  dir: string;
  config: ModelConfig;
  vision: VisionConfig;
  /** From the tower's `preprocessor_config.json`. */
  processor: ImageProcessor;
  /** Ids that end an answer: from `config.json` and, where there is one, `generation_config.json`. */
  stopIds: number[];
  /** Longest sequence that the model's files allow. */
  positions: number;
  /** What the weights are for: a converted folder says so, anything else is LLaVA-Mini's. */
  layout: 'mini' | 'llava';
}

const MAX_JSON_BYTES = 16 << 20;

/**
 * Reads and checks the JSON files of a model folder in the published format.
 *
 * @throws LlavaMiniError `not-found`, `bad-model`, `unsupported`, each naming the file and the key, `bad-checkpoint` for a
 *   link that leads out of the folder
 */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  if (!(await isFolder(dir)))
    throw new LlavaMiniError('not-found', `there is no model folder ${dir}`, {
      hint: 'give the folder that holds the config.json of a LLaVA-Mini model',
    });
  const path = join(dir, 'config.json');
  const json = await readJson(
    dir,
    path,
    'a model folder needs a config.json; pull the model again or give another folder',
  );
  const config = parseModelConfig(json, path);
  const { vision, processor } = await readTower(dir, path, config);
  if (vision.width !== config.visionWidth)
    throw new LlavaMiniError(
      'bad-model',
      `${path}: mm_hidden_size is ${config.visionWidth}, but the vision tower ${config.visionTower} has width ${vision.width}`,
    );
  const limit = (json as { tokenizer_model_max_length?: unknown }).tokenizer_model_max_length;
  return {
    dir,
    config,
    vision,
    processor,
    stopIds: await readStopIds(dir, config),
    positions: Math.min(config.maxPositions, typeof limit === 'number' ? limit : config.maxPositions),
    layout: (await readManifest(dir))?.layout ?? 'mini',
  };
}

/**
 * Checks every weight that the graphs use, before anything large is read or made.
 *
 * @throws LlavaMiniError see `checkTensor`
 */
export function checkWeights(checkpoint: Checkpoint, graphs: readonly Graph[]): void {
  for (const graph of graphs)
    for (const { name, shape } of usedParameters(graph)) checkTensor(checkpoint, name, shape as number[]);
}

/** @throws LlavaMiniError `bad-checkpoint` naming the tensor and, when it is there, both shapes */
export function checkTensor(checkpoint: Checkpoint, name: string, wanted: readonly number[]): void {
  if (!checkpoint.has(name))
    throw new LlavaMiniError('bad-checkpoint', `the checkpoint in ${checkpoint.dir} has no tensor ${name}`, {
      hint: 'its config.json describes another model than its weights, or a weights file is missing',
    });
  const { shape, dtype, file } = checkpoint.info(name);
  if (shape.length !== wanted.length || shape.some((d, i) => d !== wanted[i]))
    throw new LlavaMiniError(
      'bad-checkpoint',
      `tensor ${name} in ${file} has shape [${shape.join(', ')}], but config.json asks for [${wanted.join(', ')}]`,
      { hint: 'config.json and weights must come from the same model' },
    );
  if (!FLOATS.has(dtype))
    throw new LlavaMiniError('bad-checkpoint', `tensor ${name} in ${file} is ${dtype}, not a float type`);
}

const FLOATS = new Set(['F64', 'F32', 'F16', 'BF16']);

async function readTower(
  dir: string,
  configPath: string,
  config: ModelConfig,
): Promise<{ vision: VisionConfig; processor: ImageProcessor }> {
  const name = config.visionTower;
  const known = wellKnownTower(name);
  const { imageAspect } = config;
  if (known) {
    const clip = { size: known.imageSize, image_mean: CLIP_MEAN, image_std: CLIP_STD };
    return { vision: known, processor: parsePreprocessor(clip, imageAspect) };
  }
  const inside = normalize(name);
  if (isAbsolute(name) || inside === '..' || inside.startsWith(`..${sep}`))
    throw new LlavaMiniError('bad-model', `${configPath}: mm_vision_tower "${name}" is outside the model folder`, {
      hint: `give a folder inside the model's, or one of: ${wellKnownTowers().join(', ')}`,
    });
  const folder = join(dir, inside);
  if (!(await isFolder(folder)))
    throw new LlavaMiniError('bad-model', `${configPath}: mm_vision_tower is "${name}", but there is no ${folder}`, {
      hint: `a tower is a folder inside the model's, or one of: ${wellKnownTowers().join(', ')}`,
    });
  const visionPath = join(folder, 'config.json');
  const hint = 'the folder of a vision tower needs config.json and preprocessor_config.json';
  const vision = parseVisionConfig(await readJson(dir, visionPath, hint), visionPath);
  const processorPath = join(folder, 'preprocessor_config.json');
  const processor = parsePreprocessor(await readJson(dir, processorPath, hint), imageAspect, processorPath);
  checkTowerSize(processor, processorPath, vision.imageSize, visionPath);
  return { vision, processor };
}

async function readStopIds(dir: string, config: ModelConfig): Promise<number[]> {
  const path = join(dir, 'generation_config.json');
  if (!(await exists(path))) return config.eosTokenIds;
  const json = (await readJson(dir, path, '')) as { eos_token_id?: unknown } | null;
  const ids = [json?.eos_token_id ?? []].flat().filter((id): id is number => Number.isInteger(id));
  return [...new Set([...config.eosTokenIds, ...ids])];
}

/** @param dir the model's folder, which links must not lead out of */
async function readJson(dir: string, path: string, hint: string): Promise<unknown> {
  let text: string;
  try {
    await realPathInside(dir, relative(dir, path));
    const { size } = await stat(path);
    if (size > MAX_JSON_BYTES)
      throw new LlavaMiniError('bad-model', `${path} is ${size} bytes long; no such file is that long`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    const failure = fileError(error, path);
    throw failure.code === 'not-found' ? new LlavaMiniError('not-found', failure.message, { hint }) : failure;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LlavaMiniError('bad-model', `${path} is not valid JSON: ${(cause as Error).message}`, { hint, cause });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw fileError(error, path);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
