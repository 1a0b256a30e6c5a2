import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { LlavaMiniError } from '../errors.ts';
import type { StepRunner, Weights } from './step-runner.ts';

/** Where a stage stands, beside its tensors. Everything that decides the next step is in it. */
export interface Progress {
  stage: string;
  step: number;
  /** Seconds of training done in this stage. */
  seconds: number;
  /** Of the latest steps, oldest first: metrics show their mean. */
  losses?: number[];
  /** Steps whose weights are in the mean. */
  averaged?: number;
}

const file = (dir: string, stage: string): string => join(dir, `state-${stage}.safetensors`);

/** Saves weights, moments and progress in one file, atomically: a killed run finds the old state or the new one. */
export async function saveState(dir: string, runner: StepRunner, progress: Progress): Promise<void> {
  const tensors = (await runner.tensors()).map((t) => ({ ...t, dtype: 'F32' as const }));
  await writeSafetensors(file(dir, progress.stage), tensors, { progress: JSON.stringify(progress) });
}

/**
 * Restores a stage's state into its runner; null when there is none.
 *
 * @throws LlavaMiniError `bad-checkpoint` for a damaged state or one of another stage
 */
export async function loadState(dir: string, stage: string, runner: StepRunner): Promise<Progress | null> {
  const path = file(dir, stage);
  if (!existsSync(path)) return null;
  const saved = await openSafetensors(path);
  try {
    const progress = readProgress(saved.metadata.progress, path);
    const tensors = new Map<string, Float32Array>();
    for (const name of saved.tensors.keys()) tensors.set(name, await saved.readFloat32(name));
    await runner.restore(progress.step, (name) => tensors.get(name), progress.averaged);
    return progress;
  } finally {
    await saved.close();
  }
}

function readProgress(text: string | undefined, path: string): Progress {
  try {
    const progress = JSON.parse(text ?? '') as Partial<Progress> | null;
    if (Number.isInteger(progress?.step) && (progress as Progress).step >= 0) return progress as Progress;
  } catch {
    // Told below, as what is JSON but no progress.
  }
  throw new LlavaMiniError('bad-checkpoint', `${path} does not say which step it was saved at`, {
    hint: 'the file is damaged; delete it to start the stage again',
  });
}

/** All these weights in 16 bits (or 32), in the official names. */
export async function saveWeights(
  path: string,
  weights: Weights,
  dtype: 'F16' | 'F32',
  metadata: Record<string, string> = {},
): Promise<void> {
  const names = [...weights.keys()].sort();
  await writeSafetensors(
    path,
    names.map((name) => ({ name, dtype, ...(weights.get(name) as { shape: number[]; data: Float32Array }) })),
    { format: 'pt', ...metadata },
  );
}

export async function readWeights(path: string): Promise<Weights> {
  const opened = await openSafetensors(path);
  try {
    const weights: Weights = new Map();
    for (const [name, info] of opened.tensors)
      weights.set(name, { shape: [...info.shape], data: await opened.readFloat32(name) });
    return weights;
  } finally {
    await opened.close();
  }
}
