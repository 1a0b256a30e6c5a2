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
