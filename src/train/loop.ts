import { setImmediate } from 'node:timers/promises';
import { abortable } from '../util/abortable.ts';
import { Random } from '../util/random.ts';
import type { MetricsFile } from './metrics.ts';
import { loadState, type Progress, saveState } from './run-state.ts';
import { scheduleRate } from './schedule.ts';
import type { BatchTensors, StepRunner } from './step-runner.ts';
import { isInMean } from './weights-mean.ts';

export interface LoopOptions {
  /** Folder of the run. */
  dir: string;
  stage: string;
  seed: string;
  /** Steps of the whole schedule. */
  steps: number;
  /** The last step, if the schedule is not to be gone through. */
  stopAt?: number;
  warmup: number;
  /** Share of the steps, from the last backwards, whose weights' mean the stage comes to; default 0: the last weights. */
  averageLast?: number;
  /** Seconds between saved states. */
  saveEvery: number;
  /** Steps between evaluations; 0 for none. */
  evaluateEvery: number;
  metrics: MetricsFile;
  /** Makes a step's batches elsewhere; see `BatchesAhead`. They must be those that `stepBatches` makes. */
  draw?: (step: number) => Promise<StepInput[]>;
  signal?: AbortSignal;
  onProgress?: (progress: LoopProgress) => void;
}

export interface LoopProgress {
  stage: string;
  step: number;
  steps: number;
  /** Running mean. */
  loss: number;
  samplesPerSecond: number;
  secondsLeft: number;
}

export interface StepInput {
  /** Name of the runner's step graph. */
  graph: string;
  tensors: BatchTensors;
  samples: number;
}

/** Makes a batch; it must draw only from the generator it is given, which is what makes resuming exact. */
export type NextBatch = (random: Random) => StepInput;

/** The batches of one step, `count` of them, drawn from that step's own generator. */
export function stepBatches(
  next: NextBatch,
  options: { seed: string; stage: string; step: number; count: number },
): StepInput[] {
  const random = new Random(`${options.seed}/${options.stage}/${options.step}`);
  return Array.from({ length: options.count }, () => next(random));
}

/**
 * The training loop of one stage: batches from seeded generators, scheduled steps, metrics, evaluation, and a state
 * on disk every few minutes from which a killed run goes on bit for bit. Stopping through the signal saves first.
 */
export async function trainLoop(
  runner: StepRunner,
  next: NextBatch,
  evaluate: (() => Promise<Record<string, number>>) | null,
  options: LoopOptions,
): Promise<void> {
  const { dir, stage, steps, metrics, signal } = options;
  const end = Math.min(steps, options.stopAt ?? steps);
  const restored = await loadState(dir, stage, runner);
  await metrics.rewind(stage, runner.step);
  let seconds = restored?.seconds ?? 0;
  let saved = Date.now();
  let mean = 0;
  const losses = restored?.losses ?? [];
  const recent: { samples: number; seconds: number }[] = [];
  const count = runner.accumulate;
  const draw = options.draw ?? ((step: number) => stepBatches(next, { seed: options.seed, stage, step, count }));
  const progress = (): Progress => ({
    stage,
    step: runner.step,
    seconds,
    losses,
    averaged: runner.mean.count,
  });
  const stopIfTold = async (): Promise<void> => {
    if (!signal?.aborted) return;
    await saveState(dir, runner, progress());
    signal.throwIfAborted();
  };

  for (let step = runner.step; step < end; step++) {
    await stopIfTold();
    const began = performance.now();
    const rate = scheduleRate(step, steps, options.warmup);
    const batches = await abortable(Promise.resolve(draw(step)), signal).catch(async (error) => {
      await stopIfTold();
      throw error;
    });
    const last = batches.pop() as StepInput;
    for (const { graph, tensors } of batches) await runner.add(graph, tensors);
    const result = await runner.run(last.graph, last.tensors, rate);
    const samples = batches.reduce((sum, batch) => sum + batch.samples, last.samples);
    if (isInMean(step + 1, end, options.averageLast ?? 0)) await runner.addToMean();
    const took = (performance.now() - began) / 1000;
    seconds += took;
    mean = mean === 0 ? result.loss : 0.97 * mean + 0.03 * result.loss;
    recent.push({ samples, seconds: took });
    if (recent.length > 20) recent.shift();
    losses.push(result.loss);
    if (losses.length > 20) losses.shift();
    const spent = recent.reduce((t, r) => t + r.seconds, 0);
    const speed = recent.reduce((t, r) => t + r.samples, 0) / spent;
    options.onProgress?.({
      stage,
      step: step + 1,
      steps: end,
      loss: mean,
      samplesPerSecond: speed,
      secondsLeft: ((end - step - 1) * spent) / recent.length,
    });
    const isEnd = step + 1 === end;
    const due = evaluate !== null && options.evaluateEvery > 0 && ((step + 1) % options.evaluateEvery === 0 || isEnd);
    if (due || (step + 1) % 20 === 0 || isEnd) {
      const scores = due ? await evaluate() : {};
      metrics.add({
        stage,
        step: step + 1,
        loss: round(losses.reduce((a, b) => a + b, 0) / losses.length),
        gradientNorm: round(result.gradientNorm),
        rate: round(rate),
        samplesPerSecond: round(speed),
        seconds: Math.round(seconds),
        ...Object.fromEntries(Object.entries(scores).map(([k, v]) => [`eval/${k}`, round(v)])),
      });
    }
    if (isEnd || Date.now() - saved > options.saveEvery * 1000) {
      await saveState(dir, runner, progress());
      await metrics.draw();
      saved = Date.now();
    }
    // The engine's run blocks this thread: let data workers and signals in between.
    await setImmediate();
  }
}

const round = (x: number): number => Number(x.toPrecision(5));
