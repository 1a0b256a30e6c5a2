import { LlavaMiniError } from '../errors.ts';
import type { SeeTimes } from './engine-api.ts';
import { type MemoryData, memoryBytes } from './memory-data.ts';

/** Where the model looked: one weight per patch for each vision token, rows sum to 1. */
export interface AttentionMap {
  /** `[tokens, patches]`, row by row */
  weights: Float32Array;
  tokens: number;
  patches: number;
  /** Side of the patch grid; patches beyond `side²` have no place in the picture. */
  side: number;
}

/** Milliseconds it took to make a memory. */
export interface MemoryTimings extends SeeTimes {
  /** Reading and decoding the picture's file. */
  decode: number;
}

export interface VisualMemoryParts {
  data: MemoryData;
  /** What made it: a memory is of use to the same model only. */
  owner: object;
  width: number;
  height: number;
  keys: number;
  side: number;
  timings: MemoryTimings;
}

const parts = new WeakMap<VisualMemory, VisualMemoryParts>();

/**
 * What a picture has become: its vision tokens, and what is needed to fuse any question with it. Made once by
 * `model.see`, it answers any number of questions without looking at the picture again.
 */
export class VisualMemory {
  /** Of the picture as it was, upright. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly byteLength: number;
  readonly timings: MemoryTimings;

  /** @internal Use `model.see`. */
  constructor(from: VisualMemoryParts) {
    parts.set(this, from);
    this.width = from.width;
    this.height = from.height;
    this.frames = from.data.frames;
    this.byteLength = memoryBytes(from.data);
    this.timings = from.timings;
  }

  /** Where the compressor looked in a frame. @throws LlavaMiniError `bad-argument` */
  attention(frame = 0): AttentionMap {
    const { data, keys, side } = partsOf(this);
    if (!Number.isInteger(frame) || frame < 0 || frame >= data.frames)
      throw new LlavaMiniError('bad-argument', `there is no frame ${frame}; the memory has ${data.frames}`);
    const each = data.attention.length / data.frames;
    const weights = new Float32Array(data.attention.subarray(frame * each, (frame + 1) * each));
    return { weights, tokens: each / keys, patches: keys, side };
  }

  get disposed(): boolean {
    return !parts.has(this);
  }

  /** Lets go of everything at once; without it the garbage collector does, in time. */
  dispose(): void {
    parts.delete(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** @throws LlavaMiniError `bad-argument` when the memory was disposed of, or belongs to another model */
export function partsOf(memory: VisualMemory, owner?: object): VisualMemoryParts {
  const found = parts.get(memory);
  if (!found) throw new LlavaMiniError('bad-argument', 'this visual memory was disposed of');
  if (owner && found.owner !== owner)
    throw new LlavaMiniError('bad-argument', 'this visual memory was made by another model', {
      hint: 'let the model that answers see the picture itself',
    });
  return found;
}
