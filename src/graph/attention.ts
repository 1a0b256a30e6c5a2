/** @file Rotary positions and attention for inference. Attention for training is composed from `ops.ts` by the model. */
import { defineGradient } from './gradients.ts';
import * as ops from './ops.ts';
import { sameShape, shapeError, sizeOf } from './shape.ts';
import type { Value } from './value.ts';

const MICROSOFT = 'com.microsoft';

/**
 * Rotary position embedding, halves rotated against each other (Llama's layout).
 *
 * @param x `[B, heads, T, Dh]`, or `[B, T, heads·Dh]`
 * @param positions int64 `[B, T]`, or `[1]`: the position of every first row
 * @param cos, sin `[maxPositions, Dh/2]`
 */
export function rotary(x: Value, positions: Value, cos: Value, sin: Value): Value {
  const whole = x.rank === 3 ? (x.shape[2] as number) % (2 * (cos.shape[1] as number)) === 0 : x.rank === 4;
  if (!whole || (x.rank === 4 && cos.shape[1] !== (x.shape[3] as number) / 2) || !sameShape(cos.shape, sin.shape))
    shapeError('rotary', [x, positions, cos, sin], 'expected [B, heads, T, Dh] or joined heads and tables of Dh/2');
  if (positions.dtype !== 'int64') shapeError('rotary', [x, positions, cos, sin], 'positions must be int64');
  return x.graph.node('RotaryEmbedding', [x, positions, cos, sin], [x], { interleaved: 0 }, MICROSOFT)[0];
}

defineGradient('RotaryEmbedding', (node, [g], wanted) => {
  const [, positions, cos, sin] = node.inputs as Value[];
  if (wanted[2] || wanted[3]) shapeError('gradient of rotary', [cos, sin], 'the tables have none');
  return [rotary(g as Value, positions, cos, ops.neg(sin)), null, null, null];
});

/**
 * Causal grouped-query attention over rotated queries and keys (inference only). The engine copies the past as often
 * as there are query heads for a key head and clears the whole of what it makes, so this is for prompts.
 *
 * @param q `[B, T, heads·Dh]`, Dh a multiple of 8; @param k, v `[B, T, kvHeads·Dh]`
 * @param past keys and values `[B, kvHeads, P, Dh]`; null for none. With a past the engine takes several tokens of one
 *   row, or one token of several rows, not both (see `prefixAttention`); prompts without one may be both.
 * @param lengths int32 `[B]`: keys per row after this call, minus one; `total` int32 `[]`: the longest row's keys
 * @returns `[B, T, heads·Dh]`
 */
export function groupQueryAttention(
  q: Value,
  k: Value,
  v: Value,
  past: { key: Value; value: Value } | null,
  lengths: Value,
  total: Value,
  heads: number,
  kvHeads: number,
): Value {
  const width = headWidth('groupQueryAttention', q, k, v, heads, kvHeads);
  if (width % 8)
    shapeError('groupQueryAttention', [q, k, v], `the engine wants heads of a multiple of 8 numbers, not ${width}`);
  const present = { dtype: q.dtype, shape: [q.shape[0], kvHeads, 'present', width] };
  return q.graph.node(
    'GroupQueryAttention',
    [q, k, v, past?.key ?? null, past?.value ?? null, lengths, total],
    [{ dtype: q.dtype, shape: q.shape }, present, present],
    { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 0, rotary_interleaved: 0 },
    MICROSOFT,
  )[0];
}

/** @throws LlavaMiniError `bad-graph` where heads and widths do not fit */
export function headWidth(what: string, q: Value, k: Value, v: Value, heads: number, kvHeads: number): number {
  const width = (q.dim(-1) as number) / heads;
  if (!Number.isInteger(width) || heads % kvHeads || k.dim(-1) !== width * kvHeads || !sameShape(k.shape, v.shape))
    shapeError(what, [q, k, v], `${heads} heads over ${kvHeads} key heads do not fit`);
  return width;
}

export interface PrefixedAttention {
  /** `[B, W, heads·Dh]` */
  out: Value;
  /** Prefix and call together, rotated, `[B, kvHeads, L+T, Dh]`. */
  key: Value;
  value: Value;
}

/**
 * Causal grouped-query attention with rotary positions behind a prefix of one length that every token sees, for any
 * number of rows and tokens at once (inference only).
 *
 * @param q `[B, W, heads·Dh]`: of the last W of the T tokens, the only ones whose results are wanted
 * @param k, v `[B, T, kvHeads·Dh]`, at positions L … L+T−1
 * @param prefix rotated keys, and values, `[B, kvHeads, L, Dh]`; L may be 0
 */
export function prefixAttention(
  q: Value,
  k: Value,
  v: Value,
  prefix: { key: Value; value: Value },
  tables: { cos: Value; sin: Value },
  heads: number,
  kvHeads: number,
): PrefixedAttention {
  const { graph } = q;
  const [batch, wanted] = q.shape;
  const width = headWidth('prefixAttention', q, k, v, heads, kvHeads);
  const split = (x: Value, n: number): Value =>
    ops.transpose(ops.reshape(x, [batch, x.dim(1), n, width]), [0, 2, 1, 3]);
  const turn = (x: Value, from: Value): Value => rotary(x, ops.reshape(from, [1]), tables.cos, tables.sin);
  const start = ops.sizeAlong(prefix.key, 2); // []
  const key = ops.concat([prefix.key, turn(split(k, kvHeads), start)], 2); // [B, kvHeads, S, Dh]
  const value = ops.concat([prefix.value, split(v, kvHeads)], 2);
  const [count, all] = [ops.sizeAlong(q, 1), ops.sizeAlong(key, 2)];
  const first = ops.sub(all, count);
  // The heads that share a key head stand below each other, so that keys need not be repeated.
  const group = heads / kvHeads;
  const rows = sizeOf([wanted, group]);
  const turned = ops.mul(turn(split(q, heads), first), 1 / Math.sqrt(width));
  const queries = ops.reshape(turned, [batch, kvHeads, rows, width]);
  const scores = ops.matmul(queries, ops.transpose(key, [0, 1, 3, 2])); // [B, kvHeads, group·W, S]

  const own = ops.reshape(ops.add(ops.range(count, wanted), first), [wanted, 1]);
  const sees = ops.greaterOrEqual(own, ops.range(all, key.dim(2))); // [W, S]
  const mask = ops.where(sees, graph.scalar(0), graph.scalar(-1e9));
  const [masks] = graph.node(
    'Concat',
    Array<Value>(group).fill(mask),
    [{ dtype: 'float32', shape: [rows, key.dim(2)] }],
    { axis: 0 },
  );
  const out = ops.matmul(ops.softmax(ops.add(scores, masks)), value); // [B, kvHeads, group·W, Dh]
  const apart = ops.transpose(ops.reshape(out, [batch, heads, wanted, width]), [0, 2, 1, 3]);
  return { out: ops.reshape(apart, q.shape), key, value };
}
