import { setImmediate } from 'node:timers/promises';
import { Random } from '../util/random.ts';
import type { MetricsFile } from './metrics.ts';
import { loadState, type Progress, saveState } from './run-state.ts';
import { scheduleRate } from './schedule.ts';
import type { BatchTensors, StepRunner } from './step-runner.ts';

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
  /** Seconds between saved states. */
  saveEvery: number;
  /** Steps between evaluations; 0 for none. */
  evaluateEvery: number;
  metrics: MetricsFile;
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

/**
 * The training loop of one stage: batches from seeded generators, scheduled steps, metrics, evaluation, and a state
 * on disk every few minutes from which a killed run goes on bit for bit. Stopping through the signal saves first.
 *
 * @param next makes a batch, `runner.accumulate` of them a step; it must draw only from the step's own generator, which is what makes resuming exact.
 */
export async function trainLoop(
  runner: StepRunner,
  next: (random: Random, step: number) => StepInput | Promise<StepInput>,
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
  const progress = (): Progress => ({ stage, step: runner.step, seconds, losses });

  for (let step = runner.step; step < end; step++) {
    if (signal?.aborted) {
      await saveState(dir, runner, progress());
      signal.throwIfAborted();
    }
    const began = performance.now();
    const random = new Random(`${options.seed}/${stage}/${step}`);
    const rate = scheduleRate(step, steps, options.warmup);
    let batch = await next(random, step);
    let samples = batch.samples;
    for (let more = runner.accumulate - 1; more > 0; more--) {
      await runner.add(batch.graph, batch.tensors);
      batch = await next(random, step);
      samples += batch.samples;
    }
    const result = await runner.run(batch.graph, batch.tensors, rate);
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
    const last = step + 1 === end;
    const due = evaluate !== null && options.evaluateEvery > 0 && ((step + 1) % options.evaluateEvery === 0 || last);
    if (due || (step + 1) % 20 === 0 || last) {
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
    if (last || Date.now() - saved > options.saveEvery * 1000) {
      await saveState(dir, runner, progress());
      await metrics.draw();
      saved = Date.now();
    }
    // The engine's run blocks this thread: let data workers and signals in between.
    await setImmediate();
  }
}

const round = (x: number): number => Number(x.toPrecision(5));
