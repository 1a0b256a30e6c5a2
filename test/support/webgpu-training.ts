// Run by train-webgpu.test.ts in a process of its own, whose environment says where the graphics driver is:
//   node scripts/run-typescript.mjs test/support/webgpu-training.ts FOLDER SCENARIO...
// Says one JSON line for each scenario.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import * as g from '../../src/graph/index.ts';
import { MetricsFile } from '../../src/train/metrics.ts';
import type { OptimiserConfig } from '../../src/train/optimiser.ts';
import { type AnswerSource, trainAnswers } from '../../src/train/stage-answers.ts';
import { type StepResult, StepRunner } from '../../src/train/step-runner.ts';
import type { Weights } from '../../src/train/weights.ts';
import { floatsToHalves } from '../../src/util/float16.ts';
import { Random } from '../../src/util/random.ts';
import { normals, tinyConfigs, tinyWeights } from './tiny-lite.ts';
import { toyBatch, toyGraph, toyTensors, toyWeights } from './toy-training.ts';

type Device = 'cpu' | 'webgpu';

const TOY: OptimiserConfig = {
  clip: 0.5,
  groups: [
    { match: 'wide', optimiser: 'muon', learningRate: 0.03, weightDecay: 0.1 },
    { match: '.', optimiser: 'adamw', learningRate: 0.05, weightDecay: 0.1 },
  ],
};

const toyRunner = (device: Device, accumulate = 1): Promise<StepRunner> =>
  StepRunner.create({ toy: toyGraph(4) }, toyWeights(), { ...TOY, accumulate }, { threads: 1, device });

async function toySteps(runner: StepRunner, from: number, to: number): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (let step = from; step < to; step++) {
    const random = new Random(`toy ${step}`);
    for (let i = 1; i < runner.accumulate; i++) await runner.add('toy', toyTensors(toyBatch(random, 4)));
    results.push(await runner.run('toy', toyTensors(toyBatch(random, 4)), 1));
  }
  return results;
}

const values = async (runner: StepRunner): Promise<Record<string, number[]>> =>
  Object.fromEntries((await runner.tensors()).map(({ name, data }) => [name, [...data]]));

/** Every step's loss and gradient norm, then weights and moments, of small runs on one device. */
async function toy(device: Device) {
  const said = [];
  for (const accumulate of [1, 3]) {
    const runner = await toyRunner(device, accumulate);
    said.push({ steps: await toySteps(runner, 0, 6), tensors: await values(runner) });
    await runner.dispose();
  }
  return said;
}

/** A state saved on one device goes on on either, and on WebGPU as if it had never stopped. */
async function restore() {
  const [whole, stopped, again, host] = [
    await toyRunner('webgpu', 2),
    await toyRunner('webgpu', 2),
    await toyRunner('webgpu', 2),
    await toyRunner('cpu', 2),
  ];
  await toySteps(whole, 0, 6);
  await toySteps(stopped, 0, 3);
  const saved = new Map((await stopped.tensors()).map(({ name, data }) => [name, data]));
  // Reading did not disturb the run that was read.
  await toySteps(stopped, 3, 6);
  for (const runner of [again, host]) {
    await runner.restore(3, (name) => saved.get(name));
    await toySteps(runner, 3, 6);
  }
  const said = {
    whole: await values(whole),
    stopped: await values(stopped),
    again: await values(again),
    host: await values(host),
    steps: [whole.step, again.step, host.step],
  };
  for (const runner of [whole, stopped, again, host]) await runner.dispose();
  return said;
}

/** A step that comes to nothing is told, and the weights are those before it. */
async function failedStep() {
  const runner = await toyRunner('webgpu');
  await toySteps(runner, 0, 1);
  const before = await values(runner);
  const batch = toyBatch(new Random('bad'), 4);
  batch.x[0] = Number.NaN;
  const { code } = await runner.run('toy', toyTensors(batch), 1).catch((error) => error);
  const after = await values(runner);
  const [next] = await toySteps(runner, 1, 2);
  await runner.dispose();
  return { code, before, after, loss: next.loss };
}

/** Megabytes by which hundreds of steps make the process grow; each makes five tensors of 64 KiB. */
async function memory() {
  const graph = new g.Graph('wide', 'training');
  const x = graph.input('x', 'float32', [1, 64]);
  const y = g.gemm(x, graph.parameter('weight', [64, 256]));
  const loss = g.sumAll(g.mul(y, y));
  const weights: Weights = new Map([['weight', { shape: [64, 256], data: new Float32Array(64 * 256).fill(0.01) }]]);
  const config: OptimiserConfig = {
    clip: 1,
    accumulate: 2,
    groups: [{ match: '.', optimiser: 'adamw', learningRate: 1e-3 }],
  };
  const runner = await StepRunner.create({ wide: { graph, loss } }, weights, config, { threads: 1, device: 'webgpu' });
  const batch = { x: new ort.Tensor('float32', new Float32Array(64).fill(0.1), [1, 64]) };
  const steps = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await runner.add('wide', batch);
      await runner.run('wide', batch, 1);
    }
  };
  await steps(50);
  const before = process.memoryUsage.rss();
  await steps(300);
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
  await runner.dispose();
  return { grown };
}

const answers: AnswerSource = {
  name: 'noise',
  weight: 1,
  length: 4,
  draw(index, _random, into) {
    into.patches.set(floatsToHalves(normals(new Random(`patches ${index}`), into.patches.length)));
    into.probabilities.set(floatsToHalves(normals(new Random(`classes ${index}`), into.probabilities.length)));
    return [0, 1].map((k) => ({
      kind: 'any',
      prompt: [4, -200, 30 + index, 40 + k, 50],
      answer: [100 + 2 * index + k, 2],
    }));
  },
};

/** The answers stage of a tiny model, half-precision maps in, through the loop that `llava-mini train` runs. */
async function stage(device: Device, dir: string, steps: number, stopAt = steps): Promise<Record<string, unknown>> {
  const small = { num_hidden_layers: 1 };
  const weights = tinyWeights('webgpu', small);
  const losses: number[] = [];
  const stop = new AbortController();
  const training = trainAnswers(
    {
      ...tinyConfigs(small),
      weights,
      features: 'maps',
      sources: [answers],
      heldOut: [],
      buckets: [{ pictures: 2, questions: 2, promptTokens: 6, sequence: 12, labels: 12, answerTokens: 4, share: 1 }],
      optimiser: {
        clip: 1,
        // Where the gradient is nothing but rounding, as of the bias of keys, Adam's step should be nothing too.
        epsilon: 1e-4,
        groups: [
          {
            match: 'fold\\.|compressor\\.(?!pos_embed)|mm_projector|prefusion_layers|layers|norm|embed_tokens',
            optimiser: 'adamw',
            learningRate: 0.01,
            weightDecay: 0.01,
          },
        ],
      },
    },
    {
      dir,
      stage: 'answers',
      seed: 'webgpu',
      steps,
      warmup: 2,
      saveEvery: 1e9,
      evaluateEvery: 0,
      metrics: new MetricsFile(dir),
      threads: 1,
      device,
      signal: stop.signal,
      onProgress: ({ step, loss }) => {
        losses.push(loss);
        if (step === stopAt && stopAt < steps) stop.abort(new Error('stopped'));
      },
    },
  );
  await training.catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  return { losses, weights: Object.fromEntries([...weights].map(([name, { data }]) => [name, [...data]])) };
}

/** Where the tensors of a session's runs lie: bytes that go up and come down in a step, names that stay. */
interface Traffic {
  up: number[];
  down: number[];
  stayIn: string[][];
  stayOut: string[][];
}

/** Watches every run of the engine, and has each session on WebGPU write its graph, copies and all, to a file. */
function watch(graphs: string): Traffic {
  const traffic: Traffic = { up: [], down: [], stayIn: [], stayOut: [] };
  const create = ort.InferenceSession.create.bind(ort.InferenceSession) as (
    model: Uint8Array,
    options: ort.InferenceSession.SessionOptions,
  ) => Promise<ort.InferenceSession>;
  let made = 0;
  const watched = async (model: Uint8Array, options: ort.InferenceSession.SessionOptions) => {
    const session = await create(model, { ...options, optimizedModelFilePath: join(graphs, `${made++}.onnx`) });
    const run = session.run.bind(session) as (...args: unknown[]) => Promise<Record<string, ort.Tensor>>;
    session.run = (async (feeds: Record<string, ort.Tensor>, ...rest: unknown[]) => {
      const out = await run(feeds, ...rest);
      if (!('gradient_norm' in out)) return out;
      const bytes = (tensors: ort.Tensor[]): number =>
        tensors.reduce((n, t) => n + (t.location === 'cpu' ? (t.data as Float32Array).byteLength : 0), 0);
      const staying = (tensors: Record<string, ort.Tensor>): string[] =>
        Object.keys(tensors).filter((name) => tensors[name].location === 'gpu-buffer');
      traffic.up.push(bytes(Object.values(feeds)));
      traffic.down.push(bytes(Object.values(out)));
      traffic.stayIn.push(staying(feeds));
      traffic.stayOut.push(staying(out));
      return out;
    }) as typeof session.run;
    return session;
  };
  (ort.InferenceSession as { create: unknown }).create = watched;
  return traffic;
}

const scenarios: Record<string, (dir: string) => Promise<unknown>> = {
  toy: async () => ({ cpu: await toy('cpu'), webgpu: await toy('webgpu') }),
  restore,
  failedStep,
  memory,
  /** Where there is no driver. */
  async missing() {
    const error = await toyRunner('webgpu').catch((e) => e);
    return { code: error.code, message: error.message, hint: error.hint };
  },
  async answers(dir) {
    const folder = (): Promise<string> => mkdtemp(join(dir, 'run-'));
    const [whole, parts] = [await folder(), await folder()];
    const cpu = await stage('cpu', await folder(), 4);
    // While a session is open, the shaders that others compiled are kept.
    const open = await toyRunner('webgpu');
    const unwatched = ort.InferenceSession.create;
    const traffic = watch(dir);
    const webgpu = await stage('webgpu', whole, 4);
    (ort.InferenceSession as { create: unknown }).create = unwatched;
    await stage('webgpu', parts, 4, 2);
    const resumed = await stage('webgpu', parts, 4);
    await open.dispose();
    return { cpu, webgpu, resumed, traffic };
  },
};

const dir = process.argv[2];
for (const name of process.argv.slice(3)) {
  const began = performance.now();
  const said = await scenarios[name](dir);
  process.stderr.write(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  process.stdout.write(`${JSON.stringify({ name, said })}\n`);
}
