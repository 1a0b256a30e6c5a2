import * as ort from 'onnxruntime-node';

/** Sizes of the decoder's cache. */
export interface CacheShape {
  layers: number;
  kvHeads: number;
  headDim: number;
}

/** Tensors to feed as past and to fetch as present: the same memory, so that the cache is updated in place. */
export interface CacheView {
  past: Record<string, ort.Tensor>;
  present: Record<string, ort.Tensor>;
}

const ROOM_STEP = 256;

/**
 * The decoder's K/V cache, `[rows, kvHeads, room, Dh]` per layer and side. Rows and room grow when they must. A
 * sequence is prefilled straight into its row, and the first rows are decoded as one batch.
 */
export class KvPool {
  private readonly shape: CacheShape;
  private buffers: Float32Array[] = [];
  private readonly views = new Map<string, CacheView>();
  rows = 0;
  room = 0;

  constructor(shape: CacheShape) {
    this.shape = shape;
  }

  get bytes(): number {
    return this.buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
  }

  /** Makes place for so many rows of so many positions; what rows hold stays. */
  reserve(rows: number, positions: number): void {
    const room = Math.max(this.room, Math.ceil(positions / ROOM_STEP) * ROOM_STEP);
    const all = Math.max(this.rows, rows);
    if (room === this.room && all === this.rows) return;
    const { layers, kvHeads, headDim } = this.shape;
    const old = this.buffers;
    const heads = this.rows * kvHeads;
    this.buffers = Array.from({ length: 2 * layers }, (_, i) => {
      const grown = new Float32Array(all * kvHeads * room * headDim);
      const before = old[i];
      // One buffer at a time, so that at most one is held twice.
      old[i] = new Float32Array(0);
      for (let h = 0; h < heads; h++) {
        const from = h * this.room * headDim;
        grown.set(before.subarray(from, from + this.room * headDim), h * room * headDim);
      }
      return grown;
    });
    this.rows = all;
    this.room = room;
    this.views.clear();
  }

  /** Rows `first` to `first + count` as tensors. Valid until the pool grows. */
  view(first: number, count: number): CacheView {
    const key = `${first}+${count}`;
    const known = this.views.get(key);
    if (known) return known;
    const { layers, kvHeads, headDim } = this.shape;
    const row = kvHeads * this.room * headDim;
    const view: CacheView = { past: {}, present: {} };
    for (let i = 0; i < layers; i++)
      for (const [side, name] of ['key', 'value'].entries()) {
        const data = this.buffers[2 * i + side].subarray(first * row, (first + count) * row);
        const tensor = new ort.Tensor('float32', data, [count, kvHeads, this.room, headDim]);
        view.past[`past_${name}.${i}`] = tensor;
        view.present[`present_${name}.${i}`] = tensor;
      }
    this.views.set(key, view);
    return view;
  }

  swapRows(a: number, b: number): void {
    if (a === b) return;
    const row = this.shape.kvHeads * this.room * this.shape.headDim;
    for (const buffer of this.buffers) {
      const kept = buffer.slice(a * row, (a + 1) * row);
      buffer.copyWithin(a * row, b * row, (b + 1) * row);
      buffer.set(kept, b * row);
    }
  }
}
