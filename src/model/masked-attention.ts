import type { Dim, Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import { joinHeads, splitHeads } from './attention.ts';
import type { ModelConfig } from './config.ts';
import { rotaryTables } from './rotary.ts';

/** Rotary tables as constants of a graph, `[positions, headDim/2]`. */
export interface Tables {
  cos: Value;
  sin: Value;
}

export function tableConstants(graph: Graph, config: ModelConfig, positions: number): Tables {
  const { cos, sin } = rotaryTables(config, positions);
  const shape = [positions, config.headDim / 2];
  return { cos: graph.constant(cos, shape, 'float32'), sin: graph.constant(sin, shape, 'float32') };
}

/** Keys and values of a part of a sequence, rotated, `[B, kvHeads, S, Dh]`. */
export interface KeyValue {
  key: Value;
  value: Value;
}

/** Position ids of a run that starts at `offset`, for `rotary`. */
export function positionsFrom(graph: Graph, offset: number): Value {
  return graph.constant(BigInt64Array.of(BigInt(offset)), [1], 'int64');
}

/** Splits heads and rotates: what the primitive attention and a prefix both need. */
export function rotatedKeyValue(config: ModelConfig, k: Value, v: Value, positions: Value, tables: Tables): KeyValue {
  return {
    key: g.rotary(splitHeads(k, config.kvHeads), positions, tables.cos, tables.sin),
    value: splitHeads(v, config.kvHeads),
  };
}

/**
 * Attention from primitive operators, for training and analysis.
 *
 * @param q `[B, T, heads·Dh]`, not yet rotated
 * @param kv rotated, `[B, kvHeads, S, Dh]`
 * @param mask `[T, S]`, added to the scores: 0 or a large negative number
 * @returns `out [B, T, heads·Dh]`, `probabilities [B, heads, T, S]`
 */
export function maskedAttention(
  config: ModelConfig,
  q: Value,
  positions: Value,
  kv: KeyValue,
  mask: Value,
  tables: Tables,
): { out: Value; probabilities: Value } {
  const qh = g.rotary(splitHeads(q, config.heads), positions, tables.cos, tables.sin);
  const [k, v] = [kv.key, kv.value].map((x) => repeatHeads(x, config.heads / config.kvHeads));
  const scores = g.matmul(g.mul(qh, 1 / Math.sqrt(config.headDim)), g.transpose(k, [0, 1, 3, 2]));
  const probabilities = g.softmax(g.add(scores, mask));
  return { out: joinHeads(g.matmul(probabilities, v)), probabilities };
}

/** Each key head serves `times` query heads in a row: `[B, kvHeads, S, Dh] → [B, kvHeads·times, S, Dh]`. */
function repeatHeads(x: Value, times: number): Value {
  if (times === 1) return x;
  const [b, h, s, d] = x.shape as [Dim, number, Dim, number];
  const five = g.reshape(x, [b, h, 1, g.sizeProduct(s, d)]);
  return g.reshape(g.concat(Array(times).fill(five), 2), [b, h * times, s, d]);
}

const MASKED = -1e9;

/** Causal mask `[T, P+T]` behind a prefix of P keys that all may see. */
export function causalMask(graph: Graph, rows: number, prefix = 0): Value {
  return maskOf(graph, rows, prefix + rows, (i, j) => j <= prefix + i);
}

export function maskOf(graph: Graph, rows: number, columns: number, sees: (i: number, j: number) => boolean): Value {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * columns + j] = sees(i, j) ? 0 : MASKED;
  return graph.constant(data, [rows, columns], 'float32');
}
