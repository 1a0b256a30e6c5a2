import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { type ModelConfig, parseModelConfig } from '../model/config.ts';
import { LOOKUP_HEAD } from '../model/lookup-loss.ts';
import { NAMING_HEAD } from '../model/naming-loss.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { parseVisionConfig } from '../model/vision/index.ts';
import { fileError, writeFileAtomic } from '../util/atomic-file.ts';
import type { LoopProgress } from './loop.ts';
import { MetricsFile } from './metrics.ts';
import { parsePlan, type Stage, type TrainingPlan } from './plan.ts';
import { runAnswers, runMatch, runTokenizer } from './run-answers.ts';
import { runNaming } from './run-naming.ts';
import { runCutouts, runFold, runLlava, runPictures, runPlaces } from './run-pictures.ts';
import { readWeights, saveWeights } from './run-state.ts';
import type { Weights } from './step-runner.ts';

export interface TrainOptions {
  signal?: AbortSignal;
  device?: 'cpu' | 'webgpu';
  /** Default: one per core, at most 8. */
  threads?: number;
  /** Threads that draw pictures beside the engine. Default 2. */
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
  plan: TrainingPlan;
  /** Folder of the plan's file; the plan's paths are relative to it. */
  base: string;
  /** Folder of states, kept features and metrics. */
  dir: string;
  modelDir: string;
  config: ModelConfig;
  vision: LiteVisionConfig;
  weights: Weights;
  metrics: MetricsFile;
}

/**
 * Runs a plan's stages in order. A stage that is done is skipped, one that was interrupted goes on from its last
 * saved state; its result does not depend on where it was interrupted.
 *
 * @throws LlavaMiniError `bad-data` (plan, data), `bad-model`, `bad-checkpoint`, `no-space`, `io`; the signal's reason
 */
export async function trainFromConfig(path: string, options: TrainOptions = {}): Promise<void> {
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
  const dir = join(base, plan.run);
  await mkdir(dir, { recursive: true }).catch((error) => {
    throw fileError(error, dir);
  });
  const weights = await readWeights(join(base, plan.start));
  const run: Run = {
    ...options,
    threads: options.threads ?? Math.min(availableParallelism(), MOST_THREADS),
    plan,
    base,
    dir,
    modelDir,
    config,
    vision,
    weights: plan.startWith === 'model' || plan.stages[0].kind === 'export' ? weights : towerOnly(weights),
    metrics: new MetricsFile(dir),
  };
  for (const stage of plan.stages) {
    options.signal?.throwIfAborted();
    const result = join(dir, `${stage.id}.safetensors`);
    const marker = join(dir, `${stage.id}.done`);
    if (existsSync(marker)) {
      if (existsSync(result)) for (const [name, weight] of await readWeights(result)) run.weights.set(name, weight);
      options.onLog?.(`${stage.id}: done before`);
    } else {
      options.onLog?.(`${stage.id}: ${stage.kind}`);
      await runStage(run, stage);
      if (MAKES_WEIGHTS.has(stage.kind)) await saveWeights(result, run.weights, 'F32');
      await writeFileAtomic(marker, `${JSON.stringify(stage)}\n`);
    }
    if (stage.id === options.until) break;
  }
}

/** Stages whose result is kept as weights of its own. */
const MAKES_WEIGHTS: ReadonlySet<Stage['kind']> = new Set(['naming', 'match', 'places', 'answers']);

async function runStage(run: Run, stage: Stage): Promise<void> {
  switch (stage.kind) {
    case 'tokenizer':
      return runTokenizer(run, stage);
    case 'pictures':
      return runPictures(run, stage);
    case 'cutouts':
      return runCutouts(run, stage);
    case 'llava':
      return runLlava(run, stage);
    case 'naming':
      return runNaming(run, stage);
    case 'fold':
      return runFold(run, stage);
    case 'match':
      return runMatch(run, stage);
    case 'places':
      return runPlaces(run, stage);
    case 'answers':
      return runAnswers(run, stage);
    case 'export':
      return saveWeights(join(run.modelDir, 'model.safetensors'), withoutHeads(run.weights), 'F16', {
        trained_by: 'llava-mini train',
      });
  }
}

/** What answers need. Classifiers that only taught stay in a run's folder, for one that goes on from there. */
function withoutHeads(weights: Weights): Weights {
  return new Map([...weights].filter(([name]) => !name.startsWith(NAMING_HEAD) && !name.startsWith(LOOKUP_HEAD)));
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
