import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import type { ModelConfig } from './config.ts';
import { decoderLayer } from './decoder-layer.ts';
import {
  causalMask,
  type KeyValue,
  maskedAttention,
  positionsFrom,
  rotatedKeyValue,
  type Tables,
} from './masked-attention.ts';

const layerName = (i: number): string => `model.layers.${i}`;

export const embeddingTable = (graph: Graph, config: ModelConfig): Value =>
  graph.parameter('model.embed_tokens.weight', [config.vocabSize, config.hiddenSize]);

/** Final norm and head: `[..., D] → [..., V]`. */
export function head(graph: Graph, config: ModelConfig, x: Value): Value {
  const weight = config.tieWordEmbeddings
    ? embeddingTable(graph, config)
    : graph.parameter('lm_head.weight', [config.vocabSize, config.hiddenSize]);
  const norm = graph.parameter('model.norm.weight', [config.hiddenSize]);
  return g.linear(g.rmsNorm(x, norm, config.rmsNormEps), weight);
}

/**
 * The decoder over new tokens and its K/V cache (inference).
 *
 * @param x `[B, T, D]`
 * @param positions int64 `[B, T]`, see `cacheCall`
 * @param past per layer `[B, C, kvHeads, CHUNK, Dh]`, keys rotated; only read
 * @returns `added` per layer: the tokens' own keys (rotated) and values `[B, T, kvHeads·Dh]`, for the cache
 */
export function decodeCached(
  graph: Graph,
  config: ModelConfig,
  x: Value,
  positions: Value,
  past: readonly KeyValue[],
  { cos, sin }: Tables,
): { hidden: Value; added: KeyValue[]; layerOutputs: Value[] } {
  const added: KeyValue[] = [];
  const layerOutputs: Value[] = [];
  const call = g.cacheCall(positions, past[0].key);
  let y = x;
  for (let i = 0; i < config.layers; i++) {
    y = decoderLayer(graph, config, layerName(i), y, ({ q, k, v }) => {
      const [query, key] = [q, k].map((rows) => g.rotary(rows, positions, cos, sin));
      added.push({ key, value: v });
      return g.cachedAttention(query, key, v, past[i], call, config.heads, config.kvHeads);
    });
    layerOutputs.push(y);
  }
  return { hidden: y, added, layerOutputs };
}

/**
 * The decoder over whole sequences (training, analysis): `x [N, S, D]`, behind a prefix of P positions if there is one.
 *
 * @param prefix per layer `[N, kvHeads, P, Dh]`
 * @returns `hidden [N, S, D]`, before the final norm; per layer the sequences' own keys and values,
 *   `[N, kvHeads, S, Dh]`, and what the layer gives out, `[N, S, D]`
 */
export function decodeWhole(
  graph: Graph,
  config: ModelConfig,
  x: Value,
  tables: Tables,
  prefix: readonly KeyValue[] = [],
): { hidden: Value; own: KeyValue[]; layerOutputs: Value[] } {
  const before = (prefix[0]?.key.shape[2] ?? 0) as number;
  const mask = causalMask(graph, x.shape[1] as number, before);
  const start = positionsFrom(graph, before);
  const own: KeyValue[] = [];
  const layerOutputs: Value[] = [];
  let y = x;
  for (let i = 0; i < config.layers; i++) {
    y = decoderLayer(graph, config, layerName(i), y, ({ q, k, v }) => {
      const kv = rotatedKeyValue(config, k, v, start, tables);
      own.push(kv);
      return maskedAttention(config, q, start, before > 0 ? behind(prefix[i], kv) : kv, mask, tables).out;
    });
    layerOutputs.push(y);
  }
  return { hidden: y, own, layerOutputs };
}

function behind(prefix: KeyValue, own: KeyValue): KeyValue {
  return { key: g.concat([prefix.key, own.key], 2), value: g.concat([prefix.value, own.value], 2) };
}

/** One prefix for each of several sequences in a row: `[B, kvHeads, P, Dh] → [B·times, kvHeads, P, Dh]`. */
export function repeatPrefix(prefix: readonly KeyValue[], times: number): KeyValue[] {
  const repeat = (x: Value): Value => {
    const [batch, ...rest] = x.shape as number[];
    const each = g.expand(g.reshape(x, [batch, 1, ...rest]), [batch, times, ...rest]);
    return g.reshape(each, [batch * times, ...rest]);
  };
  return prefix.map(({ key, value }) => ({ key: repeat(key), value: repeat(value) }));
}
