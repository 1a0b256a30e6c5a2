import type { ModelConfig } from '../model/config.ts';
import { imageLength } from '../model/image-part.ts';
import { patchGrid, type VisionConfig } from '../model/vision/index.ts';

/** What is kept of one picture, or of the frames of one video: everything that does not depend on the question. */
export interface MemoryData {
  /** Unique in the process. */
  readonly id: string;
  readonly frames: number;
  /** Vision tokens of the language model, `[F, C², D]`. */
  readonly tokens: Float32Array;
  /** Keys and values of pre-fusion's image part, per layer `[F, kvHeads, L, Dh]`. */
  readonly prefix: readonly { readonly key: Float32Array; readonly value: Float32Array }[];
  /** Where the compressor looked, `[F, C², keys]`; rows sum to 1. Empty in the LLaVA layout. */
  readonly attention: Float32Array;
}

/** Elements of a memory's parts, for one frame. */
export interface MemorySizes {
  tokens: number;
  /** Layers with keys and values. */
  layers: number;
  /** Keys of a layer; its values are as many. */
  keys: number;
  attention: number;
}

export function memorySizes(config: ModelConfig, vision: VisionConfig, layout: 'mini' | 'llava'): MemorySizes {
  const grid = patchGrid(vision);
  if (layout === 'llava') return { tokens: grid.patches * config.hiddenSize, layers: 0, keys: 0, attention: 0 };
  const queries = config.compressorSize ** 2;
  const seen = config.resolutionRatio === 1 ? grid.patches : (config.resolutionRatio * grid.side) ** 2;
  return {
    tokens: queries * config.hiddenSize,
    layers: config.prefusionLayers,
    keys: config.kvHeads * imageLength(config, grid) * config.headDim,
    attention: queries * seen,
  };
}

/**
 * A buffer that other threads see without a copy. ONNX Runtime takes no shared memory, so it is copied into and out
 * of the engine, which costs microseconds per picture and makes a memory outlive its engine.
 */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

export function memoryBytes(memory: MemoryData): number {
  return [memory.tokens, memory.attention, ...memory.prefix.flatMap((p) => [p.key, p.value])].reduce(
    (sum, part) => sum + part.byteLength,
    0,
  );
}
