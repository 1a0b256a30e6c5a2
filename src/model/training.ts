/**
 * @file The same network as `inference.ts` as one graph with a loss, built from operators that have gradients.
 * Pictures enter as kept features of the frozen tower; several questions share one picture's image part.
 */

import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import { compress } from './compressor.ts';
import type { ModelConfig } from './config.ts';
import { imageLength, imagePart } from './image-part.ts';
import { decodeWhole, embeddingTable, head } from './language-model.ts';
import { tableConstants } from './masked-attention.ts';
import { prefuseQuestions } from './prefusion.ts';
import { patchGrid, type VisionConfig } from './vision/index.ts';

/** Static sizes of one training step. */
export interface StepShape {
  /** Pictures per step. */
  pictures: number;
  /** Questions per picture. */
  questions: number;
  /** Longest prompt, without the picture's place. */
  promptTokens: number;
  /** Longest prompt + vision tokens + answer. */
  sequence: number;
  /** Answer tokens in the whole step. */
  labels: number;
}

export interface AnswerLossOptions {
  /** The reference detaches token embeddings on their way in; we train them. */
  detachEmbeddings?: boolean;
}

/**
 * Loss of answers given pictures and questions. With N = pictures·questions, its inputs are
 *
 * * `prompt_ids` int32 `[pictures, questions·promptTokens]`: what is fused (no picture place, no padding id),
 *   each question padded at its end
 * * `token_ids` int32 `[N·sequence]`: all ids of each sequence, for rows that stay raw (0 where unused)
 * * `rows` int32 `[N·sequence]`, `rows_inverse` int32: where each row of the language model's input comes from, in the
 *   table raw rows `[N·sequence]`, fused rows `[N·promptTokens]`, vision rows `[N·C²]`; see `takeRows`
 * * `label_rows` int32 `[labels]`, `label_rows_inverse` int32 `[N·sequence]`: the row that predicts each label
 * * `labels` int32 `[labels]`, `label_weights` float32 `[labels]` (0 leaves one out)
 *
 * @param features `[pictures·parts, P, Dv]`, as the vision tower gives them
 * @returns the mean loss per answer token, `[]`, and the logits `[labels, V]`
 */
export function answerLoss(
  graph: Graph,
  config: ModelConfig,
  vision: VisionConfig,
  features: Value,
  shape: StepShape,
  options: AnswerLossOptions = {},
): { loss: Value; logits: Value } {
  const { pictures, questions, promptTokens, sequence, labels } = shape;
  const n = pictures * questions;
  const d = config.hiddenSize;
  const c2 = config.compressorSize ** 2;
  const grid = patchGrid(vision);
  const length = imageLength(config, grid);
  const ints = (name: string, ...dims: number[]): Value => graph.input(name, 'int32', dims);

  const embed = (ids: Value): Value => {
    const rows = g.gather(embeddingTable(graph, config), ids);
    return options.detachEmbeddings ? g.stopGradient(rows) : rows;
  };
  // The engine's rotary operator wants as many rows in the table as in its input, though positions start anew.
  const tables = tableConstants(graph, config, Math.max(length + promptTokens, sequence, questions * promptTokens));
  const image = imagePart(graph, config, grid, features, pictures, tables); // tokens [B, C², D]
  const prompt = embed(ints('prompt_ids', pictures, questions * promptTokens)); // [B, Q·T, D]
  const fused = prefuseQuestions(graph, config, prompt, questions, image.prefix, length, tables);
  const raw = embed(ints('token_ids', n * sequence)); // [N·S, D]
  const vision4 = g.expand(g.reshape(image.tokens, [pictures, 1, c2, d]), [pictures, questions, c2, d]);
  const table = g.concat([raw, g.reshape(fused, [n * promptTokens, d]), g.reshape(vision4, [n * c2, d])], 0);
  const rows = g.takeRows(table, ints('rows', n * sequence), ints('rows_inverse', n * (sequence + promptTokens + c2)));
  const hidden = decodeWhole(graph, config, g.reshape(rows, [n, sequence, d]), tables);
  const picked = g.takeRows(
    g.reshape(hidden, [n * sequence, d]),
    ints('label_rows', labels),
    ints('label_rows_inverse', n * sequence),
  );
  const logits = head(graph, config, picked);
  const loss = g.crossEntropy(logits, ints('labels', labels), graph.input('label_weights', 'float32', [labels]));
  return { loss, logits };
}

/**
 * Naming loss (stage 0): tower features, compressor, and a classifier that is thrown away afterwards, so that the
 * compressor's token learns what things are before there is language.
 *
 * Inputs: `targets` int32 `[pictures]`, `target_weights` float32 `[pictures]`.
 *
 * @returns loss `[]` and logits `[pictures, classes]`
 */
export function namingLoss(
  graph: Graph,
  config: ModelConfig,
  vision: VisionConfig,
  features: Value,
  classes: number,
): { loss: Value; logits: Value } {
  const { side, extra } = patchGrid(vision);
  const pictures = features.shape[0] as number;
  const width = config.visionWidth * config.compressorSize ** 2;
  const { tokens } = compress(graph, config, features, side, extra);
  const flat = g.reshape(tokens, [pictures, width]);
  const norm = g.layerNorm(
    flat,
    graph.parameter('naming_head.norm.weight', [width]),
    graph.parameter('naming_head.norm.bias', [width]),
    1e-5,
  );
  const logits = g.linear(
    norm,
    graph.parameter('naming_head.weight', [classes, width]),
    graph.parameter('naming_head.bias', [classes]),
  );
  const targets = graph.input('targets', 'int32', [pictures]);
  const weights = graph.input('target_weights', 'float32', [pictures]);
  return { loss: g.crossEntropy(logits, targets, weights), logits };
}
