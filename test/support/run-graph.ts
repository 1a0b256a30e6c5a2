import * as ort from 'onnxruntime-node';
import { type DType, type Graph, type ParameterPlace, serialise, type Value } from '../../src/graph/index.ts';
import { halvesToFloats } from '../../src/util/float16.ts';

export type FeedData = Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array | Uint16Array;
/** Data alone takes the shape that the graph declares; give a shape too where a dimension is symbolic. */
export type Feed = FeedData | { data: FeedData; shape: readonly number[] };
export type Feeds = Readonly<Record<string, Feed>>;
export type Outputs = Record<string, { data: Float32Array; shape: readonly number[] }>;

export interface OpenGraph {
  /** Feeds that the graph does not use are left out. */
  run(feeds: Feeds): Promise<Outputs>;
  close(): Promise<void>;
}

/**
 * Serialises a graph in memory and opens it in ONNX Runtime on one thread. Parameters are inputs unless `place`
 * says otherwise.
 */
export async function openGraph(
  graph: Graph,
  place: (parameter: Value) => ParameterPlace = () => ({ kind: 'input' }),
  options: ort.InferenceSession.SessionOptions = {},
): Promise<OpenGraph> {
  const session = await ort.InferenceSession.create(serialise(graph, place), { ...ONE_THREAD, ...options });
  const declared = new Map([...graph.inputs, ...graph.parameters.values()].map((v) => [v.name, v]));
  return {
    async run(feeds) {
      const tensors: Record<string, ort.Tensor> = {};
      for (const name of session.inputNames) {
        const value = declared.get(name) as Value;
        const feed = feeds[name];
        if (!feed) throw new Error(`no feed for ${value}`);
        const { data, shape } = 'shape' in feed ? feed : { data: feed, shape: value.shape as readonly number[] };
        tensors[name] = tensorOf(value.dtype, data, shape);
      }
      const results = await session.run(tensors);
      const outputs: Outputs = {};
      for (const [name, tensor] of Object.entries(results))
        outputs[name] = { data: floats(tensor), shape: tensor.dims };
      return outputs;
    },
    close: () => session.release(),
  };
}

/** Opens a graph, runs it once and closes it. */
export async function runGraph(graph: Graph, feeds: Feeds): Promise<Outputs> {
  const open = await openGraph(graph);
  try {
    return await open.run(feeds);
  } finally {
    await open.close();
  }
}

export const ONE_THREAD: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
};

function tensorOf(dtype: DType, data: FeedData, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor(dtype, data as never, shape);
}

function floats(tensor: ort.Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  // Engines without Float16Array hand out half precision as its bits.
  if (tensor.type === 'float16' && (tensor.data as object) instanceof Uint16Array)
    return halvesToFloats(tensor.data as unknown as Uint16Array);
  return Float32Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}
