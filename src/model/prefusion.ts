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
}

/**
 * The image part for training; `prefuse` is the same for inference.
 *
 * @param x `[F, L, D]`: tiles' patches (high resolution), whole picture's patches, compressed tokens last
 * @param compressed C², the number of compressed tokens
 */
export function prefuseImage(
  graph: Graph,
  config: ModelConfig,
  x: Value,
  compressed: number,
  tables: Tables,
): FusedImage {
  const length = x.shape[1] as number;
  const start = positionsFrom(graph, 0);
  const prefix: KeyValue[] = [];
  let y = x;
  for (let i = 0; i < config.prefusionLayers; i++) {
    // Of the last layer, only the compressed tokens' rows are wanted; the patches give keys and values.
    const wanted = i === config.prefusionLayers - 1 ? compressed : length;
    const before = length - wanted;
    y = decoderLayer(
      graph,
      config,
      layerName(i),
      y,
      ({ q, k, v }) => {
        const kv = rotatedKeyValue(config, k, v, start, tables);
        prefix.push(kv);
        const mask = maskOf(graph, wanted, length, (row, column) => column <= before + row);
        return maskedAttention(config, q, positionsFrom(graph, before), kv, mask, tables).out;
      },
      (rows) => g.slice(rows, 1, before, length),
    );
  }
  const rows = y.shape[1] as number;
  return { tokens: g.slice(y, 1, rows - compressed, rows), prefix };
}

/**
 * Either part for inference. The image part has an empty prefix, and of its rows the last C² are wanted; a question
 * has an image's keys and values as its prefix. As both are one graph, its weights are in memory once.
 *
 * @param x `[F, T, D]`: as for `prefuseImage`; or raw embeddings, picture places and token id 0 left out
 * @param wanted int64 `[]`: so many rows of the last layer are wanted, the last ones
 * @param prefix per layer `[F, kvHeads, L, Dh]`
 * @returns `out [F, W, D]`; per layer prefix and call together, `[F, kvHeads, L+T, Dh]`
 */
export function prefuse(
  graph: Graph,
  config: ModelConfig,
  x: Value,
  wanted: Value,
  prefix: readonly KeyValue[],
  tables: Tables,
): { out: Value; whole: KeyValue[]; layerOutputs: Value[] } {
  const whole: KeyValue[] = [];
  const layerOutputs: Value[] = [];
  let y = x;
  for (let i = 0; i < config.prefusionLayers; i++) {
    const last = i === config.prefusionLayers - 1;
    y = decoderLayer(
      graph,
      config,
      layerName(i),
      y,
      ({ q, k, v }) => {
        const { out, key, value } = g.prefixAttention(q, k, v, prefix[i], tables, config.heads, config.kvHeads);
        whole.push({ key, value });
        return out;
      },
      last ? (rows) => g.sliceLast(rows, 1, wanted, 'wanted') : undefined,
    );
    layerOutputs.push(y);
  }
  return { out: y, whole, layerOutputs };
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
