import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { checkTowerSize, type ImageProcessor, parsePreprocessor } from '../media/index.ts';
import { type ModelConfig, parseModelConfig } from '../model/config.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { parseVisionConfig } from '../model/vision/index.ts';
import { fileError } from '../util/atomic-file.ts';
import { fitPositions } from './fit-positions.ts';
import type { LoopProgress } from './loop.ts';
import { MetricsFile } from './metrics.ts';
import { parsePlan, type TrainingPlan } from './plan.ts';
import { readWeights } from './run-state.ts';
import type { Weights } from './step-runner.ts';

export interface TrainOptions {
  signal?: AbortSignal;
  device?: 'cpu' | 'webgpu';
  /** Default: one per core, at most 8. */
  threads?: number;
  /** Threads that draw pictures and make batches beside the engine; 0: the caller's thread does. Default 2. */
  workers?: number;
  /** Seconds between saved states. Default 150. */
  saveEvery?: number;
  /** Run only up to and including this stage. */
  until?: string;
  /** A line for people: what begins, what is skipped. */
  onLog?: (text: string) => void;
  onProgress?: (progress: LoopProgress) => void;
  /** Pictures kept so far. */
  onPictures?: (stage: string, done: number, total: number) => void;
}

/** A training step is too small to be shared by more. */
const MOST_THREADS = 8;

/** What the stages of a run share. */
export interface Run extends TrainOptions {
  /** The plan's file. */
  path: string;
  plan: TrainingPlan;
  /** Folder of the plan's file; the plan's paths are relative to it. */
  base: string;
  /** Folder of states, kept features and metrics. */
  dir: string;
  modelDir: string;
  config: ModelConfig;
  vision: LiteVisionConfig;
  /** How the tower wants its pictures. */
  processor: ImageProcessor;
  weights: Weights;
  metrics: MetricsFile;
}

/**
 * Reads a plan and what it starts from; weights of another image size are fitted to the tower's (`fitPositions`).
 *
 * @throws LlavaMiniError `bad-data` (plan), `bad-argument` (no such stage), `bad-model`, `bad-checkpoint`, `no-space`, `io`
 */
export async function openRun(path: string, options: TrainOptions): Promise<Run> {
  const plan = parsePlan(await readJson(path), path);
  if (options.until !== undefined && !plan.stages.some((stage) => stage.id === options.until))
    throw new LlavaMiniError('bad-argument', `${path} has no stage ${options.until}`);
  const base = dirname(resolve(path));
  const modelDir = join(base, plan.model);
  const config = parseModelConfig(await readJson(join(modelDir, 'config.json')), join(modelDir, 'config.json'));
  const towerDir = join(modelDir, config.visionTower);
  const vision = parseVisionConfig(await readJson(join(towerDir, 'config.json')), join(towerDir, 'config.json'));
  if (vision.kind !== 'efficientnet_lite')
    throw new LlavaMiniError('unsupported', 'training here works on kept features of an EfficientNet-Lite tower', {
      hint: 'models on CLIP are trained with the reference; see docs/training-at-scale.md',
    });
  const processorPath = join(towerDir, 'preprocessor_config.json');
  const processor = parsePreprocessor(await readJson(processorPath), config.imageAspect, processorPath);
  checkTowerSize(processor, processorPath, vision.imageSize, join(towerDir, 'config.json'));
  const dir = join(base, plan.run);
  await mkdir(dir, { recursive: true }).catch((error) => {
    throw fileError(error, dir);
  });
  const weights: Weights = new Map();
  for (const file of plan.start)
    for (const [name, weight] of await readWeights(join(base, file))) weights.set(name, weight);
  for (const name of fitPositions(vision, weights))
    options.onLog?.(`${name}: fitted to pictures of ${vision.imageSize} pixels`);
  return {
    ...options,
    threads: options.threads ?? Math.min(availableParallelism(), MOST_THREADS),
    path,
    plan,
    base,
    dir,
    modelDir,
    config,
    vision,
    processor,
    weights: plan.startWith === 'model' || plan.stages[0].kind === 'export' ? weights : towerOnly(weights),
    metrics: new MetricsFile(dir),
  };
}

/** The frozen tower alone, also when the file holds a whole trained model. */
function towerOnly(weights: Weights): Weights {
  const frozen = /vision_tower\.(stem|blocks|head|classifier)/;
  return new Map([...weights].filter(([name]) => frozen.test(name)));
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new LlavaMiniError('bad-data', `${path} is not JSON: ${error.message}`);
    throw fileError(error, path);
  }
}
