import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import { type Graph, type ParameterPlace, serialise, type Value } from '../graph/index.ts';
import {
  appendGradients,
  appendUpdates,
  type OptimiserConfig,
  type StateTensor,
  sumName,
  type UpdateGraph,
} from './optimiser.ts';
import { type Weights, weightOf } from './weights.ts';

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
 * Runs training steps: one ONNX Runtime session whose run is forward, backward and update. Weights and moments live
 * in two sets of buffers that take turns as input and output, so no step allocates. Where several batches make one
 * step, all but the last go through a session of their own that only adds up gradients.
 */
export class StepRunner {
  readonly trained: string[];
  readonly state: StateTensor[];
  /** Batches per step. */
  readonly accumulate: number;
  private readonly sessions: Map<string, StepSessions>;
  private front: Map<string, ort.Tensor>;
  private back: Map<string, ort.Tensor>;
  private sums: Map<string, ort.Tensor>;
  private nextSums: Map<string, ort.Tensor>;
  private readonly betas: [number, number];
  /** Losses of the batches added up so far. */
  private readonly losses: number[] = [];
  /** Steps done since the moments were zero. */
  step = 0;

  private constructor(sessions: Map<string, StepSessions>, update: UpdateGraph, config: OptimiserConfig) {
    this.sessions = sessions;
    this.state = update.state;
    this.trained = update.trained;
    this.betas = [config.beta1 ?? 0.9, config.beta2 ?? 0.98];
    this.accumulate = config.accumulate ?? 1;
    const trained = new Set(update.trained);
    const sums = this.accumulate === 1 ? [] : this.state.filter((t) => trained.has(t.name));
    this.front = buffers(this.state);
    this.back = buffers(this.state);
    this.sums = buffers(sums);
    this.nextSums = buffers(sums);
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
      const trained = appendGradients(graph, loss, optimiser);
      const moving = new Set(trained.map((t) => t.weight.name));
      const place = (parameter: Value): ParameterPlace =>
        moving.has(parameter.name) ? { kind: 'input' } : { kind: 'inline', data: weightOf(weights, parameter).data };
      // What the graph holds so far is all that a batch needs which does not end a step.
      const add = (optimiser.accumulate ?? 1) > 1 ? await open(serialise(graph, place), options) : null;
      const update = appendUpdates(graph, trained, optimiser);
      first ??= update;
      if (update.state.map((t) => t.name).join() !== first.state.map((t) => t.name).join())
        throw new LlavaMiniError('bad-graph', `step ${name} trains other weights than the first step`);
      sessions.set(name, { add, update: await open(serialise(graph, place), options) });
    }
    if (!first) throw new LlavaMiniError('bad-argument', 'no training graph given');
    const runner = new StepRunner(sessions, first, optimiser);
    const [{ graph }] = Object.values(graphs);
    for (const name of runner.trained) {
      const from = weightOf(weights, graph.parameters.get(name) as Value).data;
      ((runner.front.get(name) as ort.Tensor).data as Float32Array).set(from);
    }
    return runner;
  }

  /** Adds a batch's gradients to those of the step's others; nothing else moves. Each batch counts the same. */
  async add(name: string, batch: BatchTensors): Promise<void> {
    const session = this.session(name).add;
    if (!session || this.losses.length + 1 >= this.accumulate)
      throw new LlavaMiniError('bad-argument', `a step is made of ${this.accumulate} batches`);
    const feeds: Record<string, ort.Tensor> = { ...batch, ...this.gradientFeeds() };
    const fetches: Record<string, ort.Tensor | null> = { loss: null };
    for (const weight of this.trained) {
      feeds[weight] = this.front.get(weight) as ort.Tensor;
      fetches[`next/${sumName(weight)}`] = this.nextSums.get(weight) as ort.Tensor;
    }
    const [loss] = (await session.run(feeds, fetches)).loss.data as Float32Array;
    this.check({ loss, gradientNorm: 0 });
    this.losses.push(loss);
    [this.sums, this.nextSums] = [this.nextSums, this.sums];
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
    const feeds: Record<string, ort.Tensor> = { ...batch, ...this.gradientFeeds() };
    if (session.inputNames.includes('rate')) feeds.rate = one(rate);
    if (session.inputNames.includes('correction1')) {
      feeds.correction1 = one(1 - this.betas[0] ** t);
      feeds.correction2 = one(1 - this.betas[1] ** t);
    }
    const fetches: Record<string, ort.Tensor | null> = { loss: null, gradient_norm: null };
    for (const { name } of this.state) {
      feeds[name] = this.front.get(name) as ort.Tensor;
      fetches[`next/${name}`] = this.back.get(name) as ort.Tensor;
    }
    const out = await session.run(feeds, fetches);
    const losses = [...this.losses, (out.loss.data as Float32Array)[0]];
    const result = {
      loss: losses.reduce((a, b) => a + b, 0) / losses.length,
      gradientNorm: (out.gradient_norm.data as Float32Array)[0],
    };
    this.check(result);
    [this.front, this.back] = [this.back, this.front];
    this.step = t;
    this.losses.length = 0;
    for (const { data } of this.sums.values()) (data as Float32Array).fill(0);
    return result;
  }

  private session(name: string): StepSessions {
    const found = this.sessions.get(name);
    if (!found) throw new LlavaMiniError('bad-argument', `there is no step named ${name}`);
    return found;
  }

  private gradientFeeds(): Record<string, ort.Tensor> {
    return Object.fromEntries([...this.sums].map(([weight, sum]) => [sumName(weight), sum]));
  }

  private check({ loss, gradientNorm }: StepResult): void {
    if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return;
    throw new LlavaMiniError('engine', `training step ${this.step + 1}: loss ${loss}, gradient norm ${gradientNorm}`, {
      hint: 'lower the learning rate; the last saved state is unharmed',
    });
  }

  /** The weights and moments as they are now (not copies). */
  tensors(): { name: string; shape: number[]; data: Float32Array }[] {
    return this.state.map(({ name, shape }) => ({ name, shape, data: this.front.get(name)?.data as Float32Array }));
  }

  /** Copies the trained weights back to where they came from. */
  exportTo(weights: Weights): void {
    for (const name of this.trained) {
      const tensor = this.front.get(name) as ort.Tensor;
      weights.set(name, { shape: [...tensor.dims], data: Float32Array.from(tensor.data as Float32Array) });
    }
  }

  /** Puts back a saved state. @throws `bad-checkpoint` when a tensor is missing or has another size. */
  restore(step: number, read: (name: string) => Float32Array | undefined): void {
    for (const { name, shape } of this.state) {
      const from = read(name);
      const to = (this.front.get(name) as ort.Tensor).data as Float32Array;
      if (!from || from.length !== to.length)
        throw new LlavaMiniError(
          'bad-checkpoint',
          `the saved training state does not fit: ${name} [${shape.join(',')}]`,
          {
            hint: 'the stage was changed since; delete its state to start it again',
          },
        );
      to.set(from);
    }
    this.step = step;
  }

  async dispose(): Promise<void> {
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

const open = (bytes: Uint8Array, options: StepRunnerOptions): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(bytes, {
    executionProviders: [options.device ?? 'cpu'],
    intraOpNumThreads: options.threads ?? 2,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Small work blocks: a thread that loses its core to another program holds up the rest less.
    extra: { session: { dynamic_block_base: '4' } },
  });

const buffers = (tensors: readonly StateTensor[]): Map<string, ort.Tensor> =>
  new Map(
    tensors.map(({ name, shape }) => [
      name,
      new ort.Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
    ]),
  );
