import type { Dim, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';

/** `[B, T, heads·Dh] → [B, heads, T, Dh]` */
export function splitHeads(x: Value, heads: number): Value {
  const [b, t, d] = x.shape as [Dim, Dim, number];
  return g.transpose(g.reshape(x, [b, t, heads, d / heads]), [0, 2, 1, 3]);
}

/** `[B, heads, T, Dh] → [B, T, heads·Dh]` */
export function joinHeads(x: Value): Value {
  const [b, h, t, d] = x.shape as [Dim, number, Dim, number];
  return g.reshape(g.transpose(x, [0, 2, 1, 3]), [b, t, h * d]);
}

/** Softmax attention without a mask: `[B, T, heads·Dh]` each → `[B, T, heads·Dh]`. */
export function bidirectionalAttention(q: Value, k: Value, v: Value, heads: number): Value {
  const [qh, kh, vh] = [q, k, v].map((x) => splitHeads(x, heads));
  const scale = 1 / Math.sqrt((q.dim(-1) as number) / heads);
  const scores = g.matmul(g.mul(qh, scale), g.transpose(kh, [0, 1, 3, 2]));
  return joinHeads(g.matmul(g.softmax(scores), vh));
}
