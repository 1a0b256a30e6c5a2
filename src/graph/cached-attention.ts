/**
 * @file Attention over a K/V cache that the graph reads and never writes: ONNX Runtime's binding copies every output
 * of a run, so a cache that comes out of the graph would be copied whole for each token.
 */
import { groupQueryAttention, headWidth } from './attention.ts';
import * as ops from './ops.ts';
import { shapeError, sizeOf } from './shape.ts';
import type { Dim, Shape, Value } from './value.ts';

/**
 * Positions per chunk of the cache, `[rows, chunks, kvHeads, CHUNK, Dh]`: what a row holds is one run of memory,
 * which can be fed without what lies behind it, and heads are matrices as they lie.
 */
export const CHUNK = 64;

const MASKED = -1e9;

/** What a call's position ids say about the cache; the same for all layers. */
export interface CacheCall {
  /** bool `[]`: one token per row. */
  single: Value;
  /** bool `[]`: most of the cache that is fed lies behind the longest row. */
  loose: Value;
  /** int64 `[]`: chunks that the longest row takes; at least one. */
  chunks: Value;
  /** Added to the scores of what is fed, `[B, 1, 1, C·CHUNK]`, and of its first `chunks`: 0 or a large negative number. */
  mask: Value;
  shortMask: Value;
  /** See `groupQueryAttention`. */
  lengths: Value;
  total: Value;
}

/**
 * @param positions int64 `[B, T]`: T consecutive places in each row, the first of them the number of keys in the cache
 * @param cache `[B, C, kvHeads, CHUNK, Dh]`, of any layer
 */
export function cacheCall(positions: Value, cache: Value): CacheCall {
  if (positions.dtype !== 'int64' || positions.rank !== 2 || cache.rank !== 5 || cache.shape[3] !== CHUNK)
    shapeError('cacheCall', [positions, cache], `expected int64 [B, T] and [B, C, kvHeads, ${CHUNK}, Dh]`);
  const { graph } = positions;
  const past = ops.slice(positions, 1, 0, 1); // [B, 1]
  const last = ops.sliceLast(positions, 1, graph.constant(BigInt64Array.of(1n), [], 'int64'), 1); // [B, 1]
  const longest = ops.reduceMax(past, [0, 1]);
  const chunks = ops.max(ops.div(ops.add(longest, CHUNK - 1), CHUNK), 1);
  const fed = ops.sizeAlong(cache, 1);
  const maskOf = (count: Value, dim: Dim): Value => {
    const places = sizeOf([dim, CHUNK]);
    const hidden = ops.greaterOrEqual(ops.range(ops.mul(count, CHUNK), places), past); // [B, C·CHUNK]
    const mask = ops.where(hidden, graph.scalar(MASKED), graph.scalar(0));
    return ops.reshape(mask, [positions.shape[0], 1, 1, places]);
  };
  return {
    single: ops.equal(ops.sizeAlong(positions, 1), 1),
    // Reading what is masked costs half of what copying the rest costs.
    loose: ops.greaterOrEqual(fed, ops.add(ops.mul(chunks, 2), 1)),
    chunks,
    mask: maskOf(fed, cache.shape[1]),
    shortMask: maskOf(chunks, SHORT),
    lengths: ops.cast(ops.reshape(last, [positions.shape[0]]), 'int32'),
    total: ops.cast(ops.add(ops.reduceMax(last, [0, 1]), 1), 'int32'),
  };
}

const SHORT = 'chunks';

/**
 * Causal grouped-query attention of new tokens over themselves and the cache (inference only): one token of any number
 * of rows, or several tokens of one row.
 *
 * @param q `[B, T, heads·Dh]`, rotated; @param k, v `[B, T, kvHeads·Dh]`, keys rotated
 * @param past keys and values `[B, C, kvHeads, CHUNK, Dh]`; what lies behind a row's end must be finite
 * @returns `[B, T, heads·Dh]`
 */
export function cachedAttention(
  q: Value,
  k: Value,
  v: Value,
  past: { key: Value; value: Value },
  call: CacheCall,
  heads: number,
  kvHeads: number,
): Value {
  const { graph } = q;
  headWidth('cachedAttention', q, k, v, heads, kvHeads);
  const short = (x: Value): Value => ops.sliceFirst(x, 1, call.chunks, SHORT);
  const one = (cut: (x: Value) => Value, mask: Value): Value =>
    oneToken(q, k, v, { key: cut(past.key), value: cut(past.value) }, mask, heads, kvHeads);
  return graph.branch(
    call.single,
    () =>
      graph.branch(
        call.loose,
        () => one(short, call.shortMask),
        () => one((x) => x, call.mask),
      ),
    () => {
      const whole = { key: joinChunks(past.key), value: joinChunks(past.value) };
      return groupQueryAttention(q, k, v, whole, call.lengths, call.total, heads, kvHeads);
    },
  );
}

/** `[B, C, kvHeads, CHUNK, Dh] → [B, kvHeads, C·CHUNK, Dh]` */
function joinChunks(x: Value): Value {
  const [b, c, h, s, d] = x.shape;
  return ops.reshape(ops.transpose(x, [0, 2, 1, 3, 4]), [b, h, sizeOf([c, s]), d]);
}

/** The cache is multiplied where it lies, once for all heads that share a key head. */
function oneToken(
  q: Value,
  k: Value,
  v: Value,
  past: { key: Value; value: Value },
  mask: Value,
  heads: number,
  kvHeads: number,
): Value {
  const [b, c, , s, d] = past.key.shape as [Dim, Dim, number, number, number];
  const group = heads / kvHeads;
  // The graph does not know that there is one token, so the shapes are said here.
  const as = (x: Value, shape: Shape, declared: Shape = shape): Value => {
    const target = graph.ints(shape.map((n, i) => (i === 0 ? 0 : (n as number))));
    return graph.node('Reshape', [x, target], [{ dtype: x.dtype, shape: declared }])[0];
  };
  const { graph } = q;
  const query = ops.mul(as(q, [b, 1, kvHeads, group, d]), 1 / Math.sqrt(d));
  const key = as(k, [b, 1, kvHeads, d, 1]);
  const value = as(v, [b, kvHeads, 1, d]);
  const scores = ops.matmul(query, ops.transpose(past.key, [0, 1, 2, 4, 3])); // [B, C, kvHeads, group, CHUNK]
  const old = ops.reshape(ops.transpose(scores, [0, 2, 3, 1, 4]), [b, kvHeads, group, sizeOf([c, s])]);
  const own = ops.reshape(ops.matmul(query, key), [b, kvHeads, group, 1]);
  // The new token goes first, so that sums do not depend on how much is masked behind.
  const weights = ops.softmax(ops.concat([own, ops.add(old, mask)], 3));
  const late = ops.reshape(ops.sliceFrom(weights, 3, 1, sizeOf([c, s])), [b, kvHeads, group, c, s]);
  const seen = ops.reduceSum(ops.matmul(ops.transpose(late, [0, 3, 1, 2, 4]), past.value), [1]);
  const out = ops.add(seen, ops.matmul(ops.slice(weights, 3, 0, 1), value)); // [B, kvHeads, group, Dh]
  return as(out, [b, 1, heads * d], q.shape);
}
