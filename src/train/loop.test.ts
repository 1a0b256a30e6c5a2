import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toyBatch, toyGraph, toyTensors, toyWeights } from '../../test/support/toy-training.ts';
import { openSafetensors, readHeader } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import type { Random } from '../util/random.ts';
import { type LoopOptions, type LoopProgress, type StepInput, stepBatches, trainLoop } from './loop.ts';
import { MetricsFile } from './metrics.ts';
import type { OptimiserConfig } from './optimiser.ts';
import { StepRunner, type Weights } from './step-runner.ts';

const CONFIG: OptimiserConfig = {
  clip: 1,
  groups: [{ match: '.', optimiser: 'muon', learningRate: 0.02, adamwLearningRate: 0.05, weightDecay: 0.1 }],
};
const STEPS = 90;

let folders: string[] = [];
beforeEach(() => {
  folders = [];
});
afterEach(async () => {
  for (const dir of folders) await rm(dir, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'llava-mini-loop-'));
  folders.push(dir);
  return dir;
}

const next = (random: Random): StepInput => {
  const rows = random.chance(0.5) ? 4 : 6;
  return { graph: String(rows), tensors: toyTensors(toyBatch(random, rows)), samples: rows };
};

/** What a process does: everything made anew, what is on disk taken up. */
async function train(dir: string, options: Partial<LoopOptions> & { accumulate?: number } = {}): Promise<Weights> {
  const weights = toyWeights();
  const { accumulate = 1, ...rest } = options;
  const runner = await StepRunner.create(
    { '4': toyGraph(4), '6': toyGraph(6) },
    weights,
    { ...CONFIG, accumulate },
    { threads: 1 },
  );
  try {
    await trainLoop(runner, next, async () => ({ held: runner.step }), {
      dir,
      stage: 'toy',
      seed: 'seed',
      steps: STEPS,
      warmup: 5,
      saveEvery: 1e9,
      evaluateEvery: 30,
      metrics: new MetricsFile(dir),
      ...rest,
    });
    await runner.exportTo(weights);
    return weights;
  } finally {
    await runner.dispose();
  }
}

function stopAt(step: number): { signal: AbortSignal; onProgress: (p: LoopProgress) => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onProgress: (p) => {
      if (p.step === step) controller.abort(new Error('stopped'));
    },
  };
}

/** All metrics but those that measure time. */
async function metricsOf(dir: string): Promise<unknown[]> {
  const text = await readFile(join(dir, 'metrics.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const { samplesPerSecond, seconds, ...rest } = JSON.parse(line);
      expect(samplesPerSecond).toBeGreaterThan(0);
      expect(seconds).toBeGreaterThanOrEqual(0);
      return rest;
    });
}

const state = (dir: string): string => join(dir, 'state-toy.safetensors');

describe('a stage that was interrupted', () => {
  for (const accumulate of [1, 3])
    it(`ends bit for bit like one that was not (${accumulate} batches a step)`, async () => {
      const [plain, stopped] = [await newFolder(), await newFolder()];
      const expected = await train(plain, { accumulate });
      for (const step of [1, 33, 60]) {
        const { signal, onProgress } = stopAt(step);
        await expect(train(stopped, { accumulate, signal, onProgress })).rejects.toThrow('stopped');
      }
      expect(await train(stopped, { accumulate })).toEqual(expected);
      expect(expected).not.toEqual(toyWeights());
      const metrics = await metricsOf(stopped);
      expect(metrics).toEqual(await metricsOf(plain));
      expect(metrics.map((m) => (m as { step: number }).step)).toEqual([20, 30, 40, 60, 80, 90]);
      expect(metrics[1]).toMatchObject({ stage: 'toy', 'eval/held': 30 });
    });

  it('ends bit for bit like one that was not, where it comes to a mean of weights', async () => {
    const [plain, stopped] = [await newFolder(), await newFolder()];
    const expected = await train(plain, { averageLast: 0.5 });
    for (const step of [48, 65, 70]) {
      const { signal, onProgress } = stopAt(step);
      await expect(train(stopped, { averageLast: 0.5, signal, onProgress })).rejects.toThrow('stopped');
    }
    expect(await train(stopped, { averageLast: 0.5 })).toEqual(expected);
  });

  it('does not wait for batches that are made elsewhere', async () => {
    const [plain, stopped] = [await newFolder(), await newFolder()];
    const controller = new AbortController();
    const draw = async (step: number): Promise<StepInput[]> => {
      if (step < 3) return stepBatches(next, { seed: 'seed', stage: 'toy', step, count: 1 });
      setTimeout(() => controller.abort(new Error('stopped')), 10);
      return new Promise(() => {});
    };
    await expect(train(stopped, { draw, signal: controller.signal })).rejects.toThrow('stopped');
    const { metadata } = await readHeader(state(stopped));
    expect(JSON.parse(metadata.progress)).toMatchObject({ step: 3 });
    expect(await train(stopped)).toEqual(await train(plain));
  });

  it('and one that was killed after its last saved state forgets what came later', async () => {
    const [plain, killed] = [await newFolder(), await newFolder()];
    const expected = await train(plain);
    const first = stopAt(25);
    await expect(train(killed, first)).rejects.toThrow('stopped');
    await copyFile(state(killed), join(killed, 'copy'));
    const second = stopAt(71);
    await expect(train(killed, second)).rejects.toThrow('stopped');
    // As if the process had died at step 71 and the state of step 25 were the last.
    await copyFile(join(killed, 'copy'), state(killed));
    const metrics = await readFile(join(killed, 'metrics.jsonl'), 'utf8');
    await writeFile(join(killed, 'metrics.jsonl'), `${metrics}{"stage":"toy","st`);
    expect(await train(killed)).toEqual(expected);
    expect(await metricsOf(killed)).toEqual(await metricsOf(plain));
  });

  it('with a stop of its own ends there, at the rate of the whole schedule, evaluated', async () => {
    const [whole, cut] = [await newFolder(), await newFolder()];
    await train(whole);
    await train(cut, { stopAt: 40 });
    const last = (await metricsOf(cut)).at(-1) as Record<string, number>;
    expect(last).toMatchObject({ step: 40, 'eval/held': 40 });
    const same = (await metricsOf(whole)).find((m) => (m as { step: number }).step === 40) as Record<string, number>;
    expect(last.loss).toBe(same.loss);
    expect(last.rate).toBe(same.rate);
  });

  it('that is complete is not trained again', async () => {
    const dir = await newFolder();
    const expected = await train(dir);
    let steps = 0;
    expect(await train(dir, { onProgress: () => steps++ })).toEqual(expected);
    expect(steps).toBe(0);
    expect(await metricsOf(dir)).toHaveLength(6);
  });

  it('saves now and then, and draws its losses', async () => {
    const dir = await newFolder();
    const { signal, onProgress } = stopAt(50);
    let saved = 0;
    await expect(
      train(dir, {
        saveEvery: 0,
        signal,
        onProgress: (p) => {
          if (p.step === 49) saved = Date.now();
          onProgress(p);
        },
      }),
    ).rejects.toThrow('stopped');
    expect(saved).toBeGreaterThan(0);
    expect(await readFile(join(dir, 'loss.svg'), 'utf8')).toContain('<svg');
  });
});

describe('a stage that comes to the mean of its last weights', () => {
  it('takes every tenth step of that share, the last one among them', async () => {
    const after = async (step: number): Promise<Weights> => train(await newFolder(), { stopAt: step });
    const each = await Promise.all([50, 60, 70, 80, 90].map(after));
    const mean = await train(await newFolder(), { averageLast: 0.5 });
    for (const [name, { data }] of mean)
      for (const [i, value] of data.entries()) {
        const all = each.map((weights) => weights.get(name)?.data[i] as number);
        expect(value, `${name}[${i}]`).toBeCloseTo(all.reduce((a, b) => a + b, 0) / all.length, 6);
      }
    expect(mean).not.toEqual(each[4]);
  });

  it('goes on from its last weights, not from the mean, and its steps are the same as without', async () => {
    const [plain, averaged] = [await newFolder(), await newFolder()];
    await train(plain);
    await train(averaged, { averageLast: 1 });
    expect(await metricsOf(averaged)).toEqual(await metricsOf(plain));
  });

  it('refuses a saved mean that is not there, and says so', async () => {
    const dir = await newFolder();
    await train(dir);
    const saved = await openSafetensors(state(dir));
    const tensors = await Promise.all(
      [...saved.tensors].map(async ([name, { shape }]) => ({
        name,
        shape,
        dtype: 'F32' as const,
        data: await saved.readFloat32(name),
      })),
    );
    await saved.close();
    const progress = { ...JSON.parse(saved.metadata.progress), averaged: 2 };
    await writeSafetensors(state(dir), tensors, { progress: JSON.stringify(progress) });
    await expect(train(dir)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining('does not fit: mean/'),
    });
  });
});

describe('a state that cannot be used', () => {
  const damage: [string, (dir: string) => Promise<void>][] = [
    ['cut short', async (dir) => writeFile(state(dir), (await readFile(state(dir))).subarray(0, 300))],
    ['empty', (dir) => writeFile(state(dir), '')],
    ['text', (dir) => writeFile(state(dir), 'nonsense'.repeat(20))],
    ['without progress', (dir) => writeSafetensors(state(dir), [])],
    ['with broken progress', (dir) => writeSafetensors(state(dir), [], { progress: '{"step":' })],
    ['with no step', (dir) => writeSafetensors(state(dir), [], { progress: '{"step":"3"}' })],
    [
      'without tensors',
      (dir) => writeSafetensors(state(dir), [], { progress: '{"step":3,"seconds":1,"stage":"toy"}' }),
    ],
    [
      'with a tensor of another size',
      (dir) =>
        writeSafetensors(
          state(dir),
          [...toyWeights()].map(([name]) => ({ name, shape: [1], dtype: 'F32' as const, data: new Float32Array(1) })),
          { progress: '{"step":3,"seconds":1,"stage":"toy"}' },
        ),
    ],
  ];
  for (const [what, spoil] of damage)
    it(`${what}: is told, not trained on`, async () => {
      const dir = await newFolder();
      const { signal, onProgress } = stopAt(3);
      await expect(train(dir, { signal, onProgress })).rejects.toThrow('stopped');
      await spoil(dir);
      await expect(train(dir)).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'bad-checkpoint' });
    });
});
