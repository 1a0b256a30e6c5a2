import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import { Graph, serialise } from '../graph/index.ts';
import type { StateTensor } from './optimiser.ts';

type Tensors = Map<string, ort.Tensor>;
type Fetches = Record<string, ort.Tensor | null>;

/**
 * Tensors that each run of a training graph reads as inputs NAME and writes as outputs `next/NAME`: what a run has
 * written, the next one reads.
 */
export interface StepTensors {
  /** Inputs of a run. */
  feeds(names?: readonly string[]): Record<string, ort.Tensor>;
  /** Outputs of a run. */
  fetches(): Fetches;
  /** Goes on to what a run has written. */
  advance(out: ort.InferenceSession.OnnxValueMapType): void;
  /** Sets all to zero. */
  clear(): void;
  /** Values of tensors; their own memory where that can be read. */
  read(names: readonly string[]): Promise<Float32Array[]>;
  /** Sets tensors, all of the right size. */
  write(values: ReadonlyMap<string, Float32Array>): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Tensors out of a saved state, all or none.
 *
 * @param saved what is stored under a name
 * @throws LlavaMiniError `bad-checkpoint` when a tensor is missing or has another size
 */
export function readSaved(
  tensors: readonly StateTensor[],
  saved: (name: string) => Float32Array | undefined,
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const { name, shape } of tensors) {
    const data = saved(name);
    if (data?.length !== shape.reduce((a, b) => a * b, 1))
      throw new LlavaMiniError(
        'bad-checkpoint',
        `the saved training state does not fit: ${name} [${shape.join(',')}]`,
        { hint: 'the stage was changed since; delete its state to start it again' },
      );
    values.set(name, data);
  }
  return values;
}

/** In memory: two sets of buffers take turns as input and output, so no step allocates. */
export class HostTensors implements StepTensors {
  private front: Tensors;
  private back: Tensors;

  constructor(tensors: readonly StateTensor[]) {
    this.front = hostZeros(tensors);
    this.back = hostZeros(tensors);
  }

  feeds(names: readonly string[] = [...this.front.keys()]): Record<string, ort.Tensor> {
    return pick(this.front, names);
  }

  fetches(): Fetches {
    return Object.fromEntries([...this.back].map(([name, tensor]) => [`next/${name}`, tensor]));
  }

  advance(): void {
    [this.front, this.back] = [this.back, this.front];
  }

  clear(): void {
    for (const { data } of this.front.values()) (data as Float32Array).fill(0);
  }

  async read(names: readonly string[]): Promise<Float32Array[]> {
    return names.map((name) => this.front.get(name)?.data as Float32Array);
  }

  async write(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [name, data] of values) ((this.front.get(name) as ort.Tensor).data as Float32Array).set(data);
  }

  async dispose(): Promise<void> {}
}

/**
 * On the device: a run's outputs stay there and are the next one's inputs. ONNX Runtime makes new ones in each run
 * (it passes over tensors on the device that are given for the results), so those that were read are released, by
 * hand: nothing else does.
 */
export class DeviceTensors implements StepTensors {
  private tensors: Tensors = new Map();
  /** Kept to begin the next sum with; null where nothing is summed. */
  private zeros: Tensors | null = null;
  /** Brings tensors up. What it made must be released before it is. */
  private readonly upload: ort.InferenceSession;

  private constructor(upload: ort.InferenceSession) {
    this.upload = upload;
  }

  /** @param clears whether {@link clear} will be called: then zeros stay on the device */
  static async create(tensors: readonly StateTensor[], clears: boolean): Promise<DeviceTensors> {
    const made = new DeviceTensors(await copySession(tensors, 'gpu-buffer'));
    const zeros = hostZeros(tensors);
    if (clears) made.zeros = await made.copied(zeros);
    made.tensors = made.zeros ?? (await made.copied(zeros));
    return made;
  }

  feeds(names: readonly string[] = [...this.tensors.keys()]): Record<string, ort.Tensor> {
    return pick(this.tensors, names);
  }

  fetches(): Fetches {
    return Object.fromEntries([...this.tensors.keys()].map((name) => [`next/${name}`, null]));
  }

  advance(out: ort.InferenceSession.OnnxValueMapType): void {
    this.replace(new Map([...this.tensors.keys()].map((name) => [name, out[`next/${name}`] as ort.Tensor])));
  }

  clear(): void {
    if (this.zeros) this.replace(this.zeros);
  }

  async read(names: readonly string[]): Promise<Float32Array[]> {
    const asked = this.feeds(names);
    const session = await copySession(
      names.map((name) => ({ name, shape: [...asked[name].dims] })),
      'cpu',
    );
    try {
      const out = await session.run(asked);
      return names.map((name) => out[`next/${name}`].data as Float32Array);
    } finally {
      await session.release();
    }
  }

  async write(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    const next = new Map(this.tensors);
    for (const [name, data] of values)
      next.set(name, new ort.Tensor('float32', data, (next.get(name) as ort.Tensor).dims));
    this.replace(await this.copied(next));
  }

  async dispose(): Promise<void> {
    const zeros = this.zeros ?? new Map<string, ort.Tensor>();
    this.replace(zeros);
    for (const tensor of zeros.values()) tensor.dispose();
    await this.upload.release();
  }

  /** New tensors on the device with the values of others, wherever these are. */
  private async copied(tensors: Tensors): Promise<Tensors> {
    const out = await this.upload.run(Object.fromEntries(tensors));
    return new Map([...tensors.keys()].map((name) => [name, out[`next/${name}`] as ort.Tensor]));
  }

  private replace(next: Tensors): void {
    if (this.tensors !== this.zeros) for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors = next;
  }
}

const pick = (tensors: Tensors, names: readonly string[]): Record<string, ort.Tensor> =>
  Object.fromEntries(names.map((name) => [name, tensors.get(name) as ort.Tensor]));

const hostZeros = (tensors: readonly StateTensor[]): Tensors =>
  new Map(
    tensors.map(({ name, shape }) => [
      name,
      new ort.Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
    ]),
  );

/**
 * A session that only copies tensors, to the device or from it: the binding has no other way up, and its own way down
 * (`Tensor.getData`) ends the process in version 1.30.
 */
function copySession(tensors: readonly StateTensor[], to: 'cpu' | 'gpu-buffer'): Promise<ort.InferenceSession> {
  const graph = new Graph('copy', 'inference');
  for (const { name, shape } of tensors) graph.output(`next/${name}`, graph.input(name, 'float32', shape));
  const bytes = serialise(graph, () => {
    throw new RangeError('a copy has no parameters');
  });
  return ort.InferenceSession.create(bytes, {
    executionProviders: ['webgpu'],
    preferredOutputLocation: to,
    logSeverityLevel: 3,
  });
}
