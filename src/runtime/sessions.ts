import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import { DTYPES, type Dtype } from '../folder/manifest.ts';
import type { ModelWeights } from '../folder/model-weights.ts';
import { type Graph, type ParameterPlace, serialise, usedParameters } from '../graph/index.ts';
import { insideNative } from './native-gate.ts';

/** Where the network runs. */
export type Device = 'cpu';
/** What weights are stored as: q4 and q8 mean blocks of 4 or 8 bits where that does no harm. */
export type WeightType = Dtype;

export const DEVICES: readonly Device[] = ['cpu'];
export const WEIGHT_TYPES: readonly WeightType[] = DTYPES;

export interface SessionOptions {
  device: Device;
  threads: number;
  /** Threads wait busily between operators: faster for many small runs in a row, a waste for rare large ones. */
  spin: boolean;
}

/** A protobuf cannot be larger than 2 GiB, and a small one need not be copied as often. */
const INLINE_BYTES = 64 << 10;

/**
 * Makes the session of a graph. Weights that lie in files as the engine wants them are mapped by it, the others are
 * read here; it puts both into the order that its kernels like and lets go of what it was given.
 *
 * @throws LlavaMiniError `engine`, `out-of-memory`; errors of reading weights
 */
export async function createSession(
  graph: Graph,
  weights: ModelWeights,
  options: SessionOptions,
): Promise<ort.InferenceSession> {
  const places = new Map<string, ParameterPlace>();
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const { name } of usedParameters(graph)) {
    const mapped = weights.place(name);
    if (mapped && mapped.bytes > INLINE_BYTES) {
      places.set(name, mapped);
      continue;
    }
    const data = await weights.read(name);
    if (data.byteLength <= INLINE_BYTES) places.set(name, { kind: 'inline', data });
    else {
      places.set(name, { kind: 'external', file: name, offset: 0, bytes: data.byteLength });
      externalData.push({ path: name, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
    }
  }
  try {
    const model = serialise(graph, (parameter) => places.get(parameter.name)!);
    return await insideNative(() =>
      ort.InferenceSession.create(model, {
        executionProviders: [options.device],
        intraOpNumThreads: options.threads,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        externalData,
        extra: {
          session: {
            intra_op: { allow_spinning: options.spin ? '1' : '0' },
            model_external_initializers_file_folder_path: weights.root,
          },
        },
      }),
    );
  } catch (cause) {
    throw engineError(`making the ${graph.name} session failed`, cause);
  }
}

/** Runs a session; what ONNX Runtime throws becomes ours. */
export async function runSession(
  session: ort.InferenceSession,
  what: string,
  feeds: ort.InferenceSession.FeedsType,
  fetches?: ort.InferenceSession.FetchesType,
): Promise<ort.InferenceSession.ReturnType> {
  try {
    return await insideNative(() => (fetches ? session.run(feeds, fetches) : session.run(feeds)));
  } catch (cause) {
    throw engineError(`running the ${what} failed`, cause);
  }
}

function engineError(what: string, cause: unknown): LlavaMiniError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/alloc|out of memory|bad_alloc/i.test(text))
    return new LlavaMiniError('out-of-memory', `${what}: ${text}`, {
      hint: 'use a smaller model, a smaller maxLength or fewer questions at once',
      cause,
    });
  return new LlavaMiniError('engine', `${what}: ${text}`, { cause });
}
