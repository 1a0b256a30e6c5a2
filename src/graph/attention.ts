/** @file Rotary positions and fused attention. Attention for training is composed from `ops.ts` by the model. */
import { defineGradient } from './gradients.ts';
import * as ops from './ops.ts';
import { sameShape, shapeError, sizeOf } from './shape.ts';
import type { Dim, Value } from './value.ts';

const MICROSOFT = 'com.microsoft';

/**
 * Rotary position embedding, halves rotated against each other (Llama's layout).
 *
 * @param x `[B, heads, T, Dh]`
 * @param positions int64 `[B, T]`, or `[1]`: the position of every first row
 * @param cos, sin `[maxPositions, Dh/2]`
 */
export function rotary(x: Value, positions: Value, cos: Value, sin: Value): Value {
  if (x.rank !== 4 || cos.shape[1] !== (x.shape[3] as number) / 2 || !sameShape(cos.shape, sin.shape))
    shapeError('rotary', [x, positions, cos, sin], 'expected [B, heads, T, Dh] and tables of Dh/2');
  if (positions.dtype !== 'int64') shapeError('rotary', [x, positions, cos, sin], 'positions must be int64');
  return x.graph.node('RotaryEmbedding', [x, positions, cos, sin], [x], { interleaved: 0 }, MICROSOFT)[0];
}

defineGradient('RotaryEmbedding', (node, [g], wanted) => {
  const [, positions, cos, sin] = node.inputs as Value[];
  if (wanted[2] || wanted[3]) shapeError('gradient of rotary', [cos, sin], 'the tables have none');
  return [rotary(g as Value, positions, cos, ops.neg(sin)), null, null, null];
});

export interface CachedAttention {
  /** `[B, T, heads·Dh]` */
  out: Value;
  /** `[B, kvHeads, S, Dh]` */
  presentKey: Value;
  presentValue: Value;
}

/**
 * Causal grouped-query attention with rotary positions and a K/V cache (inference only).
 *
 * @param q `[B, T, heads·Dh]`, Dh a multiple of 8 (16 for rows of different lengths in one prompt); @param k, v `[B, T, kvHeads·Dh]`
 * @param past keys and values `[B, kvHeads, P, Dh]`; null starts an empty cache. When past and present are fed and
 *   fetched as the same memory, the cache is updated in place. With a past the engine takes several tokens of one row,
 *   or one token of several rows, not both (see `prefixAttention`); prompts that start an empty cache may be both.
 * @param lengths int32 `[B]`: keys per row after this call, minus one; `total` int32 `[]`: the longest row's keys
 */
export function groupQueryAttention(
  q: Value,
  k: Value,
  v: Value,
  past: { key: Value; value: Value } | null,
  lengths: Value,
  total: Value,
  tables: { cos: Value; sin: Value },
  heads: number,
  kvHeads: number,
  present: Dim,
): CachedAttention {
  const width = (q.dim(-1) as number) / heads;
  if (!Number.isInteger(width) || heads % kvHeads || k.dim(-1) !== width * kvHeads || !sameShape(k.shape, v.shape))
    shapeError('groupQueryAttention', [q, k, v], `${heads} heads over ${kvHeads} key heads do not fit`);
  if (width % 8)
    shapeError('groupQueryAttention', [q, k, v], `the engine wants heads of a multiple of 8 numbers, not ${width}`);
  // The fused rotation takes multiples of 16 only; other heads are rotated before.
  const fused = width % 16 === 0;
  const positions = fused ? null : lastPositions(q, lengths);
  const [qr, kr] = [q, k].map((x) => (positions ? rotateHeads(x, width, positions, tables) : x));
  const cache = { dtype: q.dtype, shape: [q.shape[0], kvHeads, present, width] };
  const [out, presentKey, presentValue] = q.graph.node(
    'GroupQueryAttention',
    [qr, kr, v, past?.key ?? null, past?.value ?? null, lengths, total, ...(fused ? [tables.cos, tables.sin] : [])],
    [{ dtype: q.dtype, shape: q.shape }, cache, cache],
    { num_heads: heads, kv_num_heads: kvHeads, do_rotary: fused ? 1 : 0, rotary_interleaved: 0 },
    MICROSOFT,
  );
  return { out, presentKey, presentValue };
}

/** Positions of a call's tokens, the last ones of each row: int64 `[B, T]`. */
function lastPositions(x: Value, lengths: Value): Value {
  const [batch, tokens] = x.shape;
  const count = ops.sizeAlong(x, 1);
  const back = ops.sub(ops.range(count, tokens), ops.sub(count, 1)); // −(T−1) … 0
  return ops.add(ops.reshape(ops.cast(lengths, 'int64'), [batch, 1]), ops.reshape(back, [1, tokens]));
}

/** `[B, T, heads·Dh]`, each head rotated. */
function rotateHeads(x: Value, width: number, positions: Value, tables: { cos: Value; sin: Value }): Value {
  const [batch, tokens, all] = x.shape as [Dim, Dim, number];
  const heads = ops.transpose(ops.reshape(x, [batch, tokens, all / width, width]), [0, 2, 1, 3]);
  return ops.reshape(ops.transpose(rotary(heads, positions, tables.cos, tables.sin), [0, 2, 1, 3]), x.shape);
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
  const width = (q.dim(-1) as number) / heads;
  if (!Number.isInteger(width) || heads % kvHeads || k.dim(-1) !== width * kvHeads || !sameShape(k.shape, v.shape))
    shapeError('prefixAttention', [q, k, v], `${heads} heads over ${kvHeads} key heads do not fit`);
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
