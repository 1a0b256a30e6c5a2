import * as ort from 'onnxruntime-node';
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
  dispose(): void;
}

/** In memory: two sets of buffers take turns as input and output, so no step allocates. */
export class HostTensors implements StepTensors {
  private front: Tensors;
  private back: Tensors;

  constructor(tensors: readonly StateTensor[]) {
    this.front = zeros(tensors);
    this.back = zeros(tensors);
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

  dispose(): void {}
}

/**
 * On the device: a run's outputs stay there and are the next one's inputs. ONNX Runtime makes new ones in each run
 * (it passes over tensors on the device that are given for the results), so those that were read are released, by
 * hand: nothing else does.
 */
export class DeviceTensors implements StepTensors {
  private tensors: Tensors;
  /** Kept to begin the next sum with; null where nothing is summed. */
  private readonly zeros: Tensors | null;

  private constructor(tensors: Tensors, zeros: Tensors | null) {
    this.tensors = tensors;
    this.zeros = zeros;
  }

  /** @param clears whether {@link clear} will be called: then the zeros stay on the device */
  static async create(tensors: readonly StateTensor[], clears: boolean): Promise<DeviceTensors> {
    const made = await copy(zeros(tensors), 'gpu-buffer');
    return new DeviceTensors(made, clears ? made : null);
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
    const asked = new Map(names.map((name) => [name, this.tensors.get(name) as ort.Tensor]));
    const read = await copy(asked, 'cpu');
    return names.map((name) => read.get(name)?.data as Float32Array);
  }

  async write(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    const shape = (name: string): readonly number[] => (this.tensors.get(name) as ort.Tensor).dims;
    const given: Tensors = new Map(
      [...values].map(([name, data]) => [name, new ort.Tensor('float32', data, shape(name))]),
    );
    if (given.size > 0) this.replace(new Map([...this.tensors, ...(await copy(given, 'gpu-buffer'))]));
  }

  private replace(next: Tensors): void {
    for (const [name, tensor] of this.tensors)
      if (tensor !== next.get(name) && tensor !== this.zeros?.get(name)) tensor.dispose();
    this.tensors = next;
  }

  dispose(): void {
    for (const tensor of new Set([...this.tensors.values(), ...(this.zeros?.values() ?? [])])) tensor.dispose();
  }
}

const pick = (tensors: Tensors, names: readonly string[]): Record<string, ort.Tensor> =>
  Object.fromEntries(names.map((name) => [name, tensors.get(name) as ort.Tensor]));

const zeros = (tensors: readonly StateTensor[]): Tensors =>
  new Map(
    tensors.map(({ name, shape }) => [
      name,
      new ort.Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
    ]),
  );

/**
 * Copies tensors to the device or from it, by a session that does nothing else: the binding has no other way up, and
 * its own way down (`Tensor.getData`) ends the process in version 1.30.
 */
async function copy(tensors: Tensors, to: 'cpu' | 'gpu-buffer'): Promise<Tensors> {
  if (tensors.size === 0) return new Map();
  const graph = new Graph('copy', 'inference');
  for (const [name, { dims }] of tensors) graph.output(`copy/${name}`, graph.input(name, 'float32', [...dims]));
  const bytes = serialise(graph, () => {
    throw new RangeError('a copy has no parameters');
  });
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['webgpu'],
    preferredOutputLocation: to,
    logSeverityLevel: 3,
  });
  try {
    const out = await session.run(Object.fromEntries(tensors));
    return new Map([...tensors.keys()].map((name) => [name, out[`copy/${name}`] as ort.Tensor]));
  } finally {
    await session.release();
  }
}
