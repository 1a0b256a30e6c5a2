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
 * The decoder with its K/V cache (inference).
 *
 * @param x `[B, T, D]`
 * @param past per layer `[B, kvHeads, M, Dh]`, with room for M positions, updated in place
 * @param lengths int32 `[B]`: valid keys after this call, minus one; `total` int32 `[]`: the largest of them plus one
 */
export function decodeCached(
  graph: Graph,
  config: ModelConfig,
  x: Value,
  past: readonly KeyValue[],
  lengths: Value,
  total: Value,
  tables: Tables,
): { hidden: Value; present: KeyValue[]; layerOutputs: Value[] } {
  const present: KeyValue[] = [];
  const layerOutputs: Value[] = [];
  let y = x;
  for (let i = 0; i < config.layers; i++) {
    y = decoderLayer(graph, config, layerName(i), y, ({ q, k, v }) => {
      const room = past[i].key.shape[2];
      const a = g.groupQueryAttention(q, k, v, past[i], lengths, total, tables, config.heads, config.kvHeads, room);
      present.push({ key: a.presentKey, value: a.presentValue });
      return a.out;
    });
    layerOutputs.push(y);
  }
  return { hidden: y, present, layerOutputs };
}

/**
 * The decoder over whole sequences (training, analysis): `x [N, S, D] → [N, S, D]`, before the final norm.
 *
 * @param probabilities when given, each layer's attention `[N, heads, S, S]` is pushed to it
 */
export function decodeWhole(
  graph: Graph,
  config: ModelConfig,
  x: Value,
  tables: Tables,
  probabilities?: Value[],
): Value {
  const mask = causalMask(graph, x.shape[1] as number);
  const start = positionsFrom(graph, 0);
  let y = x;
  for (let i = 0; i < config.layers; i++) {
    y = decoderLayer(graph, config, layerName(i), y, ({ q, k, v }) => {
      const kv = rotatedKeyValue(config, k, v, start, tables);
      const a = maskedAttention(config, q, start, kv, mask, tables);
      probabilities?.push(a.probabilities);
      return a.out;
    });
  }
  return y;
}
