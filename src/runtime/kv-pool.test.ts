import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { CHUNK } from '../graph/index.ts';
import { KvPool } from './kv-pool.ts';

const SHAPE = { layers: 2, kvHeads: 3, headDim: 2 };
const WIDTH = SHAPE.kvHeads * SHAPE.headDim;

/** A number of its own for each place. */
const number = (side: number, layer: number, row: number, position: number, i: number): number =>
  side * 1e6 + layer * 3e5 + row * 5e4 + position * 2 * WIDTH + i;

/** Writes positions `past[r] … past[r]+tokens-1` of rows as the decoder gives them out; `named` is what rows are called. */
function write(
  pool: KvPool,
  first: number,
  past: number[],
  tokens: number,
  named = past.map((_, r) => first + r),
): void {
  const added: Record<string, ort.Tensor> = {};
  for (let layer = 0; layer < SHAPE.layers; layer++)
    ['key', 'value'].forEach((name, side) => {
      const rows = past.flatMap((from, r) =>
        Array.from({ length: tokens * WIDTH }, (_, i) =>
          number(side, layer, named[r], from + Math.floor(i / WIDTH), i % WIDTH),
        ),
      );
      added[`new_${name}.${layer}`] = new ort.Tensor('float32', rows, [past.length, tokens, WIDTH]);
    });
  pool.write(first, past, added);
}

/** That the decoder is fed what was written: `held` positions of the rows of these names. */
function expectRows(pool: KvPool, first: number, held: number[], named = held.map((_, r) => first + r)): void {
  const view = pool.view(first, held, 0);
  for (let layer = 0; layer < SHAPE.layers; layer++)
    ['key', 'value'].forEach((name, side) => {
      const { data, dims } = view[`past_${name}.${layer}`];
      const [rows, chunks] = dims;
      expect(dims).toEqual([held.length, chunks, SHAPE.kvHeads, CHUNK, SHAPE.headDim]);
      expect(rows).toBe(held.length);
      held.forEach((positions, r) => {
        for (let t = 0; t < positions; t++)
          for (let i = 0; i < WIDTH; i++) {
            const [head, d] = [Math.floor(i / SHAPE.headDim), i % SHAPE.headDim];
            const chunk = (r * chunks + Math.floor(t / CHUNK)) * SHAPE.kvHeads + head;
            const at = (chunk * CHUNK + (t % CHUNK)) * SHAPE.headDim + d;
            if (data[at] !== number(side, layer, named[r], t, i))
              expect.fail(`${name} ${layer}, row ${first + r}, position ${t}, number ${i}: ${data[at]}`);
          }
      });
    });
}

describe('KvPool', () => {
  test('holds what is written, prompt by prompt and token by token', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(3, 200);
    expect(pool.bytes).toBe(3 * 2 * 2 * WIDTH * pool.room * 4);
    write(pool, 1, [0], 70);
    write(pool, 1, [70], 80);
    write(pool, 0, [0], 3);
    expectRows(pool, 1, [150]);
    for (let i = 0; i < 3; i++) write(pool, 0, [3 + i, 150 + i], 1);
    expectRows(pool, 0, [6, 153]);
    expectRows(pool, 0, [6]);
  });

  test('where there is no memory to grow, it is empty and can be made anew', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(1, 70);
    write(pool, 0, [0], 70);
    expect(() => pool.reserve(1, 2 ** 40)).toThrow(expect.objectContaining({ code: 'out-of-memory' }));
    expect([pool.rows, pool.room, pool.bytes]).toEqual([0, 0, 0]);
    expect(() => pool.view(0, [70], 1)).toThrow(expect.objectContaining({ code: 'engine' }));
    pool.reserve(2, 70);
    write(pool, 1, [0], 70);
    expectRows(pool, 1, [70]);
  });

  test('one row is fed without what lies behind it, as the same memory', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(2, 1000);
    const chunks = (past: number[]): number => pool.view(1, past, 1)['past_value.1'].dims[1];
    expect([0, 1, CHUNK, CHUNK + 1, 999].map((n) => chunks([n]))).toEqual([1, 1, 1, 2, 16]);
    expect(pool.view(0, [0, 5], 1)['past_key.0'].dims[1]).toBe(pool.room / CHUNK);
    const view = pool.view(1, [5], 1);
    expect(pool.view(1, [6], 1)).toBe(view);
    write(pool, 1, [0], 5);
    expectRows(pool, 1, [5]);
    expect(pool.view(1, [5], 0)).toBe(view);
  });

  test('keeps what rows hold when it grows, in rows or in room', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(2, 100);
    write(pool, 0, [0, 0], 100);
    const { room } = pool;
    pool.reserve(2, room + 1);
    expect(pool.room).toBeGreaterThan(room);
    pool.reserve(4, 1);
    expect(pool.rows).toBe(4);
    expectRows(pool, 0, [100, 100]);
  });

  test('swaps rows', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(3, 100);
    write(pool, 0, [0, 0, 0], 90);
    pool.swapRows(0, 2);
    expectRows(pool, 0, [90, 90, 90], [2, 1, 0]);
    pool.swapRows(1, 1);
    expectRows(pool, 0, [90, 90, 90], [2, 1, 0]);
  });

  test('refuses more than there is place for', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(2, 256);
    expect(() => pool.view(0, [250], 7)).toThrow('do not fit into a cache of 2 rows of 256 positions');
    expect(() => pool.view(1, [0, 0], 1)).toThrow('rows 1 to 2 of 0 positions');
    expect(pool.view(0, [250], 6)).toBeTruthy();
  });
});
