/**
 * @file Modality pre-fusion (paper, section 4.2; reference: llavamini_arch.py `encode_images_mini`): plain causal
 * Llama layers without a final norm over patches, compressed tokens and text, in that order. As the order is
 * causal, the image part never depends on the text: it is run once per image and its keys and values are kept.
 */

import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import type { ModelConfig } from './config.ts';
import { decoderLayer } from './decoder-layer.ts';
import {
  causalMask,
  type KeyValue,
  maskedAttention,
  maskOf,
  positionsFrom,
  rotatedKeyValue,
  type Tables,
} from './masked-attention.ts';

const layerName = (i: number): string => `model.prefusion_layers.${i}`;

export interface FusedImage {
  /** Pre-fused compressed tokens: what the language model sees of the image, `[F, C², D]`. */
  tokens: Value;
  /** Per layer, `[F, kvHeads, L, Dh]`. */
  prefix: KeyValue[];
  /** Each layer's output, `[F, L, D]`; the last one's only its last C² rows, unless `allRows`. */
  layerOutputs: Value[];
}

/**
 * The image part.
 *
 * @param x `[F, L, D]`: tiles' patches (high resolution), whole picture's patches, compressed tokens last
 * @param compressed C², the number of compressed tokens
 * @param allRows also compute what only an analysis wants: the patches' rows of the last layer
 */
export function prefuseImage(
  graph: Graph,
  config: ModelConfig,
  x: Value,
  compressed: number,
  tables: Tables,
  allRows = false,
): FusedImage {
  const length = x.shape[1] as number;
  const start = positionsFrom(graph, 0);
  const prefix: KeyValue[] = [];
  const layerOutputs: Value[] = [];
  let y = x;
  for (let i = 0; i < config.prefusionLayers; i++) {
    const last = i === config.prefusionLayers - 1 && !allRows ? compressed : length;
    const patches = length - last;
    y = decoderLayer(
      graph,
      config,
      layerName(i),
      y,
      ({ q, k, v }) => {
        const kv = rotatedKeyValue(config, k, v, start, tables);
        prefix.push(kv);
        const mask = maskOf(graph, last, length, (row, column) => column <= patches + row);
        return maskedAttention(config, q, positionsFrom(graph, patches), kv, mask, tables).out;
      },
      last,
    );
    layerOutputs.push(y);
  }
  const rows = y.shape[1] as number;
  return { tokens: g.slice(y, 1, rows - compressed, rows), prefix, layerOutputs };
}

/**
 * The text part for inference: one question against the kept keys and values of F images.
 *
 * @param text `[F, T, D]` raw embeddings, picture places and token id 0 left out
 * @param prefix per layer `[F, kvHeads, L, Dh]`
 * @returns fused text `[F, T, D]`
 */
export function prefuseText(
  graph: Graph,
  config: ModelConfig,
  text: Value,
  prefix: readonly KeyValue[],
  tables: Tables,
): { text: Value; layerOutputs: Value[] } {
  let y = text;
  const layerOutputs: Value[] = [];
  for (let i = 0; i < config.prefusionLayers; i++) {
    y = decoderLayer(graph, config, layerName(i), y, ({ q, k, v }) =>
      g.prefixAttention(q, k, v, prefix[i], tables, config.heads, config.kvHeads),
    );
    layerOutputs.push(y);
  }
  return { text: y, layerOutputs };
}

/**
 * The text part for training: Q questions about each image in one pass. A question sees its image and itself.
 *
 * @param text `[B, Q·T, D]`
 * @param length L, of the image part
 */
export function prefuseQuestions(
  graph: Graph,
  config: ModelConfig,
  text: Value,
  questions: number,
  prefix: readonly KeyValue[],
  length: number,
  tables: Tables,
): Value {
  const [batch, rows] = text.shape as number[];
  const each = rows / questions;
  const ids = BigInt64Array.from({ length: batch * rows }, (_, i) => BigInt(length + (i % each)));
  const positions = graph.constant(ids, [batch, rows], 'int64');
  const mask =
    questions === 1
      ? causalMask(graph, each, length)
      : maskOf(graph, rows, length + rows, (i, j) => {
          const k = j - length;
          return k < 0 || (k <= i && Math.floor(k / each) === Math.floor(i / each));
        });
  let y = text;
  for (let i = 0; i < config.prefusionLayers; i++) {
    y = decoderLayer(graph, config, layerName(i), y, ({ q, k, v }) => {
      const kv = rotatedKeyValue(config, k, v, positions, tables);
      const all = {
        key: g.concat([prefix[i].key, kv.key], 2),
        value: g.concat([prefix[i].value, kv.value], 2),
      };
      return maskedAttention(config, q, positions, all, mask, tables).out;
    });
  }
  return y;
}
