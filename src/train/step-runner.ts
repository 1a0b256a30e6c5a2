import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import { type Graph, serialise, type Value } from '../graph/index.ts';
import { appendUpdates, type OptimiserConfig, type StateTensor, type UpdateGraph } from './optimiser.ts';

export type Weights = Map<string, { shape: number[]; data: Float32Array }>;
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
 * in two sets of buffers that take turns as input and output, so no step allocates.
 */
export class StepRunner {
  readonly trained: string[];
  readonly state: StateTensor[];
  private readonly sessions: Map<string, ort.InferenceSession>;
  private front: Map<string, ort.Tensor>;
  private back: Map<string, ort.Tensor>;
  private readonly betas: [number, number];
  /** Steps done since the moments were zero. */
  step = 0;

  private constructor(sessions: Map<string, ort.InferenceSession>, update: UpdateGraph, betas: [number, number]) {
    this.sessions = sessions;
    this.state = update.state;
    this.trained = update.trained;
    this.betas = betas;
    const buffers = (): Map<string, ort.Tensor> =>
      new Map(
        this.state.map(({ name, shape }) => [
          name,
          new ort.Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
        ]),
      );
    this.front = buffers();
    this.back = buffers();
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
    const sessions = new Map<string, ort.InferenceSession>();
    let first: UpdateGraph | null = null;
    for (const [name, { graph, loss }] of Object.entries(graphs)) {
      const update = appendUpdates(graph, loss, optimiser);
      first ??= update;
      if (update.state.map((t) => t.name).join() !== first.state.map((t) => t.name).join())
        throw new LlavaMiniError('bad-graph', `step ${name} trains other weights than the first step`);
      const moving = new Set(update.trained);
      const bytes = serialise(graph, (parameter) =>
        moving.has(parameter.name) ? { kind: 'input' } : { kind: 'inline', data: weightOf(weights, parameter).data },
      );
      sessions.set(
        name,
        await ort.InferenceSession.create(bytes, {
          executionProviders: [options.device ?? 'cpu'],
          intraOpNumThreads: options.threads ?? 2,
          graphOptimizationLevel: 'all',
          logSeverityLevel: 3,
          // Small work blocks: a thread that loses its core to another program holds up the rest less.
          extra: { session: { dynamic_block_base: '4' } },
        }),
      );
    }
    if (!first) throw new LlavaMiniError('bad-argument', 'no training graph given');
    const runner = new StepRunner(sessions, first, [optimiser.beta1 ?? 0.9, optimiser.beta2 ?? 0.98]);
    const [{ graph }] = Object.values(graphs);
    for (const name of runner.trained) {
      const from = weightOf(weights, graph.parameters.get(name) as Value).data;
      ((runner.front.get(name) as ort.Tensor).data as Float32Array).set(from);
    }
    return runner;
  }

  /** One step. The caller's thread is busy until it is done: run training in a process or thread of its own. */
  async run(name: string, batch: BatchTensors, rate: number): Promise<StepResult> {
    const session = this.sessions.get(name);
    if (!session) throw new LlavaMiniError('bad-argument', `there is no step named ${name}`);
    const t = this.step + 1;
    const one = (x: number): ort.Tensor => new ort.Tensor('float32', Float32Array.of(x), []);
    const feeds: Record<string, ort.Tensor> = { ...batch };
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
    const loss = (out.loss.data as Float32Array)[0];
    const gradientNorm = (out.gradient_norm.data as Float32Array)[0];
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
      throw new LlavaMiniError('engine', `training step ${t}: loss ${loss}, gradient norm ${gradientNorm}`, {
        hint: 'lower the learning rate; the last saved state is unharmed',
      });
    [this.front, this.back] = [this.back, this.front];
    this.step = t;
    return { loss, gradientNorm };
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
    for (const session of this.sessions.values()) await session.release();
  }
}

function weightOf(weights: Weights, parameter: Value): { shape: number[]; data: Float32Array } {
  const weight = weights.get(parameter.name);
  if (!weight || weight.shape.join() !== parameter.shape.join())
    throw new LlavaMiniError(
      'bad-checkpoint',
      weight
        ? `weight ${parameter.name} is [${weight.shape}], the model's config wants [${parameter.shape}]`
        : `weight ${parameter.name} is missing`,
    );
  return weight;
}
