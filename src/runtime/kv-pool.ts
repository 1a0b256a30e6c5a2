import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import { CHUNK } from '../graph/index.ts';

/** Sizes of the decoder's cache. */
export interface CacheShape {
  layers: number;
  kvHeads: number;
  headDim: number;
}

const ROOM_STEP = 256;

/** What a buffer holds, as the decoder's inputs and outputs end. */
const sideOf = (buffer: number): string => `${buffer % 2 ? 'value' : 'key'}.${buffer >> 1}`;

/**
 * The decoder's K/V cache, `[rows, room/CHUNK, kvHeads, CHUNK, Dh]` per layer and side. Rows and room grow when they
 * must. A sequence is prefilled straight into its row, and the first rows are decoded as one batch.
 */
export class KvPool {
  private readonly shape: CacheShape;
  /** Keys of the first layer, its values, keys of the second, … */
  private buffers: Float32Array[] = [];
  /** What was fed last: one answer feeds it again for each token of a chunk. */
  private known = { key: '', view: {} as Record<string, ort.Tensor> };
  rows = 0;
  room = 0;

  constructor(shape: CacheShape) {
    this.shape = shape;
  }

  get bytes(): number {
    return this.buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
  }

  /**
   * Makes place for so many rows of so many positions; what rows hold stays.
   *
   * @throws LlavaMiniError `out-of-memory`; then there are no rows any more
   */
  reserve(rows: number, positions: number): void {
    const room = Math.max(this.room, Math.ceil(positions / ROOM_STEP) * ROOM_STEP);
    const all = Math.max(this.rows, rows);
    if (room === this.room && all === this.rows) return;
    const { layers, kvHeads, headDim } = this.shape;
    const old = Array.from({ length: 2 * layers }, (_, i) => this.buffers[i] ?? new Float32Array(0));
    const [before, after] = [this.room, room].map((positions) => positions * kvHeads * headDim);
    this.known = { key: '', view: {} };
    const grow = (i: number): Float32Array => {
      const grown = new Float32Array(all * after);
      // One buffer at a time, so that at most one is held twice.
      for (let row = 0; row < this.rows; row++)
        grown.set(old[i].subarray(row * before, (row + 1) * before), row * after);
      old[i] = new Float32Array(0);
      return grown;
    };
    try {
      this.buffers = Array.from(old, (_, i) => grow(i));
    } catch (cause) {
      this.buffers = [];
      this.rows = 0;
      this.room = 0;
      throw new LlavaMiniError('out-of-memory', `no memory for a K/V cache of ${all} rows of ${room} positions`, {
        hint: 'ask fewer questions at once, or load the model with a smaller maxLength',
        cause,
      });
    }
    this.rows = all;
    this.room = room;
  }

  /**
   * Rows from `first` on as the decoder's inputs: one row without the chunks behind what it holds, several with all of
   * their room. Valid until the pool grows.
   *
   * @param past positions that each row holds, @param tokens how many are to come behind them
   * @throws LlavaMiniError `engine` where there is no place for them
   */
  view(first: number, past: readonly number[], tokens: number): Record<string, ort.Tensor> {
    const count = past.length;
    const longest = Math.max(...past);
    if (first + count > this.rows || longest + tokens > this.room)
      throw new LlavaMiniError(
        'engine',
        `rows ${first} to ${first + count - 1} of ${longest} positions and ${tokens} more do not fit into a cache of ${this.rows} rows of ${this.room} positions`,
      );
    const chunks = count > 1 ? this.room / CHUNK : Math.max(1, Math.ceil(longest / CHUNK));
    const key = `${first}+${count}:${chunks}`;
    if (this.known.key === key) return this.known.view;
    const { kvHeads, headDim } = this.shape;
    const from = first * this.room * kvHeads * headDim;
    const dims = [count, chunks, kvHeads, CHUNK, headDim];
    const size = count * chunks * kvHeads * CHUNK * headDim;
    const view: Record<string, ort.Tensor> = {};
    this.buffers.forEach((buffer, i) => {
      view[`past_${sideOf(i)}`] = new ort.Tensor('float32', buffer.subarray(from, from + size), dims);
    });
    this.known = { key, view };
    return view;
  }

  /**
   * Puts the keys and values of new tokens behind what rows hold.
   *
   * @param past positions that each of the rows from `first` on holds
   * @param added `new_key.i`, `new_value.i` `[past.length, T, kvHeads·Dh]` per layer
   */
  write(first: number, past: readonly number[], added: Readonly<Record<string, ort.Tensor>>): void {
    const { kvHeads, headDim } = this.shape;
    const width = kvHeads * headDim;
    this.buffers.forEach((to, i) => {
      const from = added[`new_${sideOf(i)}`].data as Float32Array;
      const tokens = from.length / (past.length * width);
      let at = 0;
      for (let row = 0; row < past.length; row++)
        for (let position = past[row]; position < past[row] + tokens; position++) {
          const inChunk = position % CHUNK;
          // Of head 0; the next heads lie a chunk of theirs further on.
          let place = ((first + row) * this.room + position - inChunk) * width + inChunk * headDim;
          for (let head = 0; head < kvHeads; head++) {
            for (let d = 0; d < headDim; d++) to[place + d] = from[at + d];
            at += headDim;
            place += CHUNK * headDim;
          }
        }
    });
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
