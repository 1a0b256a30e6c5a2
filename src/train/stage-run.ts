import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foldedWidth } from '../model/vision/efficientnet-lite.ts';
import { TextTokenizer } from '../text/index.ts';
import { FeatureStore } from './feature-store.ts';
import type { LoopOptions } from './loop.ts';
import type { Stage } from './plan.ts';
import type { Run } from './run.ts';

/** @file What running any stage of a plan takes: its stores, its tokenizer, its loop's options. */

export type StageOf<K extends Stage['kind']> = Extract<Stage, { kind: K }>;

/** A stage with its stores open. */
export interface Opened<Stage> {
  stage: Stage;
  close(): void;
}

export function openStore<Label>(run: Run, name: string, keep: 'maps' | 'patches'): FeatureStore<Label> {
  const patches = (run.vision.imageSize / 32) ** 2;
  const width = keep === 'maps' ? foldedWidth(run.vision) : run.vision.width;
  return new FeatureStore<Label>(join(run.dir, name), patches * width, run.vision.classes);
}

export async function readTokenizer(run: Run): Promise<TextTokenizer> {
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(run.modelDir, name), 'utf8'));
  return TextTokenizer.from({
    tokenizer: (await read('tokenizer.json')) as never,
    config: (await read('tokenizer_config.json')) as never,
  });
}

export function loopOptions(
  run: Run,
  stage: { id: string; steps: number; stopAt?: number; warmup: number; averageLast: number; evaluateEvery: number },
): LoopOptions & { threads?: number; device?: 'cpu' | 'webgpu' } {
  return {
    dir: run.dir,
    stage: stage.id,
    seed: run.plan.seed,
    steps: stage.steps,
    stopAt: stage.stopAt,
    warmup: stage.warmup,
    averageLast: stage.averageLast,
    evaluateEvery: stage.evaluateEvery,
    saveEvery: run.saveEvery ?? 150,
    metrics: run.metrics,
    signal: run.signal,
    onProgress: run.onProgress,
    threads: run.threads,
    device: run.device,
  };
}
