import { describe, expect, test } from 'vitest';
import { KvPool } from './kv-pool.ts';

const SHAPE = { layers: 2, kvHeads: 3, headDim: 2 };

/** Gives every number of a row its own value. */
function fillRow(pool: KvPool, row: number, base: number): void {
  const tensors = Object.values(pool.view(row, 1).past);
  tensors.forEach((tensor, t) => {
    const data = tensor.data as Float32Array;
    for (let i = 0; i < data.length; i++) data[i] = base + t * 1e4 + (i % 7) + Math.floor(i / data.length);
  });
}

const rowOf = (pool: KvPool, row: number, positions: number): number[] =>
  Object.values(pool.view(row, 1).past).flatMap((tensor) => {
    const data = tensor.data as Float32Array;
    const { kvHeads, headDim } = SHAPE;
    return Array.from({ length: kvHeads }, (_, h) =>
      [...data.subarray(h * pool.room * headDim)].slice(0, positions * headDim),
    ).flat();
  });

describe('KvPool', () => {
  test('feeds and fetches the same memory', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(2, 10);
    const { past, present } = pool.view(1, 1);
    expect(Object.keys(past)).toEqual(['past_key.0', 'past_value.0', 'past_key.1', 'past_value.1']);
    expect(present['present_value.1'].data).toBe(past['past_value.1'].data);
    expect(past['past_key.0'].dims).toEqual([1, 3, pool.room, 2]);
    expect(pool.bytes).toBe(2 * 2 * 2 * 3 * pool.room * 2 * 4);
  });

  test('keeps what rows hold when it grows, in rows or in room', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(2, 100);
    fillRow(pool, 0, 100);
    fillRow(pool, 1, 200);
    const before = [rowOf(pool, 0, 100), rowOf(pool, 1, 100)];
    const { room } = pool;
    pool.reserve(2, room + 1);
    expect(pool.room).toBeGreaterThan(room);
    pool.reserve(4, 1);
    expect(pool.rows).toBe(4);
    expect([rowOf(pool, 0, 100), rowOf(pool, 1, 100)]).toEqual(before);
  });

  test('swaps rows', () => {
    const pool = new KvPool(SHAPE);
    pool.reserve(3, 4);
    fillRow(pool, 0, 100);
    fillRow(pool, 2, 300);
    const [first, last] = [rowOf(pool, 0, 4), rowOf(pool, 2, 4)];
    pool.swapRows(0, 2);
    expect([rowOf(pool, 2, 4), rowOf(pool, 0, 4)]).toEqual([first, last]);
    pool.swapRows(1, 1);
    expect(rowOf(pool, 0, 4)).toEqual(last);
  });
});
