import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import {
  type Graph,
  type ParameterPlace,
  recomputeRmsNorms,
  serialise,
  splitLogSoftmaxes,
  type Value,
} from '../graph/index.ts';
import {
  appendGradients,
  appendUpdates,
  type OptimiserConfig,
  type StateTensor,
  sumName,
  type UpdateGraph,
} from './optimiser.ts';
import { DeviceTensors, HostTensors, readSaved, type StepTensors } from './step-tensors.ts';
import { type Weights, weightOf } from './weights.ts';
import { WeightsMean } from './weights-mean.ts';

export type { Weights } from './weights.ts';
export type BatchTensors = Record<string, ort.Tensor>;

export interface StepResult {
  loss: number;
  gradientNorm: number;
}

export interface StepRunnerOptions {
  threads?: number;
  device?: 'cpu' | 'webgpu';
}

/**
 * Runs training steps: one ONNX Runtime session whose run is forward, backward and update. Weights and moments stay
 * where the session computes. Where several batches make one step, all but the last go through a session of their own
 * that only adds up gradients.
 */
export class StepRunner {
  readonly trained: string[];
  readonly state: StateTensor[];
  /** Batches per step. */
  readonly accumulate: number;
  /** Of the weights at the steps that `addToMean` was told of. */
  readonly mean: WeightsMean;
  private readonly sessions: Map<string, StepSessions>;
  /** Weights and moments. */
  private readonly values: StepTensors;
  /** Gradients of the batches added up so far. */
  private readonly sums: StepTensors;
  private readonly shapes: ReadonlyMap<string, number[]>;
  private readonly onDevice: boolean;
  private readonly betas: [number, number];
  /** Losses of the batches added up so far. */
  private readonly losses: number[] = [];
  /** Steps done since the moments were zero. */
  step = 0;

  private constructor(
    sessions: Map<string, StepSessions>,
    update: UpdateGraph,
    config: OptimiserConfig,
    tensors: { values: StepTensors; sums: StepTensors; onDevice: boolean },
  ) {
    this.sessions = sessions;
    this.state = update.state;
    this.trained = update.trained;
    this.shapes = new Map(update.state.map(({ name, shape }) => [name, shape]));
    this.mean = new WeightsMean(this.trained.map((name) => ({ name, shape: this.shapes.get(name) as number[] })));
    this.betas = [config.beta1 ?? 0.9, config.beta2 ?? 0.98];
    this.accumulate = config.accumulate ?? 1;
    this.values = tensors.values;
    this.sums = tensors.sums;
    this.onDevice = tensors.onDevice;
  }

  /**
   * @param graphs training graphs that already hold a loss, by name; they must train the same weights (they differ in
   *   the sizes of a step)
   * @param weights every weight the graphs use; the trained ones are copied, the frozen ones become part of the session
   */
  static async create(
    graphs: Record<string, { graph: Graph; loss: Value }>,
    weights: Weights,
    optimiser: OptimiserConfig,
    options: StepRunnerOptions = {},
  ): Promise<StepRunner> {
    const sessions = new Map<string, StepSessions>();
    let first: UpdateGraph | null = null;
    for (const [name, { graph, loss }] of Object.entries(graphs)) {
      if (options.device === 'webgpu') recomputeRmsNorms(graph);
      const trained = appendGradients(graph, loss, optimiser);
      if (options.device === 'webgpu') splitLogSoftmaxes(graph);
      const moving = new Set(trained.map((t) => t.weight.name));
      const place = (parameter: Value): ParameterPlace =>
        moving.has(parameter.name) ? { kind: 'input' } : { kind: 'inline', data: weightOf(weights, parameter).data };
      // What the graph holds so far is all that a batch needs which does not end a step.
      const add = (optimiser.accumulate ?? 1) > 1 ? await open(graph, place, options) : null;
      const update = appendUpdates(graph, trained, optimiser);
      first ??= update;
      if (update.state.map((t) => t.name).join() !== first.state.map((t) => t.name).join())
        throw new LlavaMiniError('bad-graph', `step ${name} trains other weights than the first step`);
      sessions.set(name, { add, update: await open(graph, place, options) });
    }
    if (!first) throw new LlavaMiniError('bad-argument', 'no training graph given');
    const trained = new Set(first.trained);
    const summed = (optimiser.accumulate ?? 1) > 1 ? first.state.filter((t) => trained.has(t.name)) : [];
    const sums = summed.map(({ name, shape }) => ({ name: sumName(name), shape }));
    const onDevice = options.device === 'webgpu';
    const make = async (tensors: StateTensor[], clears: boolean): Promise<StepTensors> =>
      onDevice && tensors.length > 0 ? DeviceTensors.create(tensors, clears) : new HostTensors(tensors);
    const values = await make(first.state, false);
    const [{ graph }] = Object.values(graphs);
    await values.write(
      new Map(first.trained.map((name) => [name, weightOf(weights, graph.parameters.get(name) as Value).data])),
    );
    return new StepRunner(sessions, first, optimiser, { values, sums: await make(sums, true), onDevice });
  }

  /** Adds a batch's gradients to those of the step's others; nothing else moves. Each batch counts the same. */
  async add(name: string, batch: BatchTensors): Promise<void> {
    const session = this.session(name).add;
    if (!session || this.losses.length + 1 >= this.accumulate)
      throw new LlavaMiniError('bad-argument', `a step is made of ${this.accumulate} batches`);
    const feeds = { ...batch, ...this.sums.feeds(), ...this.values.feeds(this.trained) };
    const out = await session.run(feeds, { loss: null, ...this.sums.fetches() });
    const [loss] = out.loss.data as Float32Array;
    this.check({ loss, gradientNorm: 0 }, out);
    this.losses.push(loss);
    this.sums.advance(out);
  }

  /**
   * One step, or the last batch of one. The caller's thread is busy until it is done: run training in a process or
   * thread of its own.
   */
  async run(name: string, batch: BatchTensors, rate: number): Promise<StepResult> {
    const session = this.session(name).update;
    if (this.losses.length + 1 !== this.accumulate)
      throw new LlavaMiniError('bad-argument', `a step is made of ${this.accumulate} batches`);
    const t = this.step + 1;
    const one = (x: number): ort.Tensor => new ort.Tensor('float32', Float32Array.of(x), []);
    const feeds: Record<string, ort.Tensor> = { ...batch, ...this.sums.feeds(), ...this.values.feeds() };
    if (session.inputNames.includes('rate')) feeds.rate = one(rate);
    if (session.inputNames.includes('correction1')) {
      feeds.correction1 = one(1 - this.betas[0] ** t);
      feeds.correction2 = one(1 - this.betas[1] ** t);
    }
    // Results on the device must be asked for all together, or not at all.
    const sums = this.onDevice ? this.sums.fetches() : {};
    const out = await session.run(feeds, { loss: null, gradient_norm: null, ...this.values.fetches(), ...sums });
    const losses = [...this.losses, (out.loss.data as Float32Array)[0]];
    const result = {
      loss: losses.reduce((a, b) => a + b, 0) / losses.length,
      gradientNorm: (out.gradient_norm.data as Float32Array)[0],
    };
    this.check(result, out);
    this.values.advance(out);
    for (const name of Object.keys(sums)) out[name].dispose();
    this.sums.clear();
    this.step = t;
    this.losses.length = 0;
    return result;
  }

  private session(name: string): StepSessions {
    const found = this.sessions.get(name);
    if (!found) throw new LlavaMiniError('bad-argument', `there is no step named ${name}`);
    return found;
  }

  /** Stops at a step that came to nothing; its results on the device are released. */
  private check({ loss, gradientNorm }: StepResult, out: ort.InferenceSession.OnnxValueMapType): void {
    if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return;
    for (const tensor of Object.values(out)) if (tensor.location === 'gpu-buffer') tensor.dispose();
    throw new LlavaMiniError('engine', `training step ${this.step + 1}: loss ${loss}, gradient norm ${gradientNorm}`, {
      hint: 'lower the learning rate; the last saved state is unharmed',
    });
  }

  /** Takes the weights as they are now into the mean. */
  async addToMean(): Promise<void> {
    this.mean.add(await this.values.read(this.trained));
  }

  /** The weights and moments as they are now, and the mean (not copies, where they are in memory). */
  async tensors(): Promise<{ name: string; shape: number[]; data: Float32Array }[]> {
    const data = await this.values.read(this.state.map(({ name }) => name));
    return [...this.state.map(({ name, shape }, i) => ({ name, shape, data: data[i] })), ...this.mean.state()];
  }

  /** Copies the trained weights back to where they came from: their mean where there is one, as they are otherwise. */
  async exportTo(weights: Weights): Promise<void> {
    const data = await this.values.read(this.trained);
    this.trained.forEach((name, i) => {
      const values = this.mean.get(name) ?? data[i];
      weights.set(name, { shape: [...(this.shapes.get(name) as number[])], data: Float32Array.from(values) });
    });
  }

  /**
   * Puts back a saved state.
   *
   * @param averaged steps in the mean
   * @throws LlavaMiniError `bad-checkpoint` when a tensor is missing or has another size
   */
  async restore(step: number, read: (name: string) => Float32Array | undefined, averaged = 0): Promise<void> {
    const values = readSaved(this.state, read);
    this.mean.restore(averaged, read);
    await this.values.write(values);
    this.step = step;
  }

  async dispose(): Promise<void> {
    await this.values.dispose();
    await this.sums.dispose();
    for (const { add, update } of this.sessions.values()) {
      await add?.release();
      await update.release();
    }
  }
}

/** The sessions of one kind of step: `add` for batches before the last, where a step is made of several. */
interface StepSessions {
  add: ort.InferenceSession | null;
  update: ort.InferenceSession;
}

/** Every run of a step asks for the same sizes again. */
const WEBGPU = { storageBufferCacheMode: 'simple' } as const;

async function open(
  graph: Graph,
  place: (parameter: Value) => ParameterPlace,
  { device = 'cpu', threads = 2 }: StepRunnerOptions,
): Promise<ort.InferenceSession> {
  const halves = halfCasts(graph);
  const onProcessor = halves.length === 0 ? {} : { forceCpuNodeNames: halves };
  const provider = device === 'cpu' ? device : { name: device, ...onProcessor, ...WEBGPU };
  const stay = graph.outputs.map(({ name }) => name).filter((name) => name.startsWith('next/'));
  try {
    return await ort.InferenceSession.create(serialise(graph, place), {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      ...(device === 'cpu' ? {} : { preferredOutputLocation: Object.fromEntries(stay.map((n) => [n, 'gpu-buffer'])) }),
      // Small work blocks and sleeping waits: a thread that loses its core to another program holds up the rest less.
      extra: { session: { dynamic_block_base: '4', intra_op: { allow_spinning: '0' } } },
    });
  } catch (cause) {
    if (device === 'cpu' || cause instanceof LlavaMiniError) throw cause;
    throw new LlavaMiniError(
      'engine',
      `WebGPU cannot be used here: ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: 'it needs a graphics card and its Vulkan, Metal or Direct3D 12 driver (docs/gpu.md); --device cpu needs neither',
        cause,
      },
    );
  }
}

/** Conversions of half-precision inputs: not every graphics card has shaders for them. */
const halfCasts = (graph: Graph): string[] =>
  graph.nodes.filter(({ op, inputs }) => op === 'Cast' && inputs[0]?.dtype === 'float16').map(({ name }) => name);
