/**
 * @file The same network as `inference.ts` as one graph with a loss, built from operators that have gradients.
 * Pictures enter as kept features of the frozen tower; several questions share one picture's image part.
 */

import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import type { ModelConfig } from './config.ts';
import { imageInput, imageLength } from './image-part.ts';
import { decodeWhole, embeddingTable, head, repeatPrefix } from './language-model.ts';
import { type LookupHeads, lookupLoss, pointerLoss } from './lookup-loss.ts';
import { tableConstants } from './masked-attention.ts';
import { prefuseImage, prefuseQuestions } from './prefusion.ts';
import { patchGrid, type VisionConfig } from './vision/index.ts';
import { type Words, wordLoss } from './word-loss.ts';

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
  /**
   * What every prompt begins with, the picture's place as −200 and no padding; part of `promptTokens` and `sequence`. As it is the
   * same in all and sees no question, it is run once for each picture.
   */
  opening?: readonly number[];
}

/** Sizes of what is left of each question behind the opening, and of the opening itself. */
export function ownSizes({ promptTokens, sequence, opening = [] }: StepShape, visionTokens: number) {
  const words = opening.filter((id) => id >= 0);
  const place = opening.findIndex((id) => id < 0);
  const length = words.length + (place < 0 ? 0 : visionTokens);
  return { words, place, length, promptTokens: promptTokens - words.length, sequence: sequence - length };
}

/** Words of each kind, what their loss counts for, and whether the vision token learns them instead of the patches. */
export type WordKinds = Readonly<Record<string, Words & { weight: number; token?: boolean }>>;

/** Tokens that have to tell something in a step, at most. */
export function lookupPlaces({ pictures, questions }: StepShape): number {
  return 5 * pictures * questions;
}

export interface AnswerLossOptions {
  /** The reference detaches token embeddings on their way in; we train them. */
  detachEmbeddings?: boolean;
  /** Words that patches, or the vision token, are brought next to beside the answers, by kind. */
  words?: WordKinds;
  /** What fused tokens have to tell of the picture; see `lookupLoss`. */
  lookups?: LookupHeads;
  /** What rows that predict a list's tokens have to tell; see `pointerLoss`. */
  pointer?: LookupHeads[string];
}

/**
 * Loss of answers given pictures and questions. With N = pictures·questions, `promptTokens` and `sequence` without the
 * opening (`ownSizes`), its inputs are
 *
 * * `prompt_ids` int32 `[pictures, questions·promptTokens]`: what is fused (no picture place, no padding id),
 *   each question padded at its end
 * * `token_ids` int32 `[N·sequence]`: all ids of each sequence, for rows that stay raw (0 where unused)
 * * `rows` int32 `[N·sequence]`, `rows_inverse` int32: where each row of the language model's input comes from, in the
 *   table raw rows `[N·sequence]`, fused rows `[N·promptTokens]`, vision rows `[N·C²]`; see `takeRows`
 * * `label_rows` int32 `[labels]`, `label_rows_inverse` int32 `[N·sequence]`: the row that predicts each label
 * * `labels` int32 `[labels]`, `label_weights` float32 `[labels]` (0 leaves one out)
 * * with `words`, those of `wordLoss` for each kind, `[pictures·side²]`, or `[pictures·C²]` of the vision token
 * * with `lookups`, those of `lookupLoss`, of at most `lookupPlaces` tokens; with `pointer`, those of `pointerLoss`,
 *   `[labels]`
 *
 * @param features `[pictures·parts, P, Dv]`, as the vision tower gives them
 * @returns the mean loss per answer token, `[]`, with the losses of words, lookups and pointer added; the logits
 *   `[labels, V]`, those of each lookup `[lookupPlaces, classes]`, and of the pointer `[labels, classes]`
 */
export function answerLoss(
  graph: Graph,
  config: ModelConfig,
  vision: VisionConfig,
  features: Value,
  shape: StepShape,
  options: AnswerLossOptions = {},
): { loss: Value; logits: Value; lookupLogits: Record<string, Value> } {
  const { pictures, questions, labels } = shape;
  const n = pictures * questions;
  const d = config.hiddenSize;
  const c2 = config.compressorSize ** 2;
  const { words, place, length: opened, promptTokens, sequence } = ownSizes(shape, c2);
  const grid = patchGrid(vision);
  const length = imageLength(config, grid);
  const ints = (name: string, ...dims: number[]): Value => graph.input(name, 'int32', dims);

  const embed = (ids: Value): Value => {
    const rows = g.gather(embeddingTable(graph, config), ids);
    return options.detachEmbeddings ? g.stopGradient(rows) : rows;
  };
  // The engine's rotary operator wants as many rows in the table as in its input, though positions start anew.
  const prefused = length + words.length;
  const tables = tableConstants(
    graph,
    config,
    Math.max(prefused + promptTokens, opened + sequence, questions * promptTokens),
  );
  const input = imageInput(graph, config, grid, features, pictures);
  // The opening follows the picture, and like it never depends on a question.
  const openingIds = graph.constant(Int32Array.from(words), [1, words.length], 'int32');
  const opening = words.length === 0 ? null : g.expand(embed(openingIds), [pictures, words.length, d]); // [B, W, D]
  // Without pre-fusion layers nothing looks at the patches.
  const image =
    config.prefusionLayers === 0
      ? { tokens: joined(input.projectedCompressed, opening), prefix: [] }
      : prefuseImage(graph, config, joined(input.prefusionInput, opening), c2 + words.length, tables); // tokens [B, C²+W, D]
  const seen = g.slice(image.tokens, 1, 0, c2); // [B, C², D]
  const prompt = embed(ints('prompt_ids', pictures, questions * promptTokens)); // [B, Q·T, D]
  const fused = prefuseQuestions(graph, config, prompt, questions, image.prefix, prefused, tables);
  const raw = embed(ints('token_ids', n * sequence)); // [N·S, D]
  const vision4 = g.expand(g.reshape(seen, [pictures, 1, c2, d]), [pictures, questions, c2, d]);
  const rowTable = g.concat([raw, g.reshape(fused, [n * promptTokens, d]), g.reshape(vision4, [n * c2, d])], 0);
  const rows = g.takeRows(
    rowTable,
    ints('rows', n * sequence),
    ints('rows_inverse', n * (sequence + promptTokens + c2)),
  );
  const spoken = opening === null ? null : g.slice(image.tokens, 1, c2, c2 + words.length); // [B, W, D]
  const start = spoken && placed(spoken, place, seen); // [B, opened, D]
  const prefix = start ? repeatPrefix(decodeWhole(graph, config, start, tables).own, questions) : [];
  const { hidden, layerOutputs } = decodeWhole(graph, config, g.reshape(rows, [n, sequence, d]), tables, prefix);
  const labelRows = [ints('label_rows', labels), ints('label_rows_inverse', n * sequence)] as const;
  const predicting = (x: Value): Value => g.takeRows(g.reshape(x, [n * sequence, d]), ...labelRows);
  const logits = head(graph, config, predicting(hidden));
  let loss = g.crossEntropy(logits, ints('labels', labels), graph.input('label_weights', 'float32', [labels]));
  for (const [name, { weight, token, ...own }] of Object.entries(options.words ?? {})) {
    const rows = token ? pictures * c2 : pictures * grid.side ** 2;
    const shown = token ? input.projectedCompressed : g.slice(input.projectedGlobal, 1, 0, grid.side ** 2);
    loss = g.add(loss, g.mul(wordLoss(graph, config, name, g.reshape(shown, [rows, d]), own), weight));
  }
  const lookupLogits: Record<string, Value> = {};
  const add = (told: { loss: Value; logits: Record<string, Value> }): void => {
    loss = g.add(loss, told.loss);
    Object.assign(lookupLogits, told.logits);
  };
  if (options.pointer !== undefined)
    add(pointerLoss(graph, config, predicting(layerOutputs[Math.floor((config.layers - 1) / 2)]), options.pointer));
  if (options.lookups === undefined) return { loss, logits, lookupLogits };
  const told = g.reshape(fused, [n * promptTokens, d]);
  const all = spoken === null ? told : g.concat([told, g.reshape(spoken, [pictures * words.length, d])], 0);
  add(lookupLoss(graph, config, all, lookupPlaces(shape), options.lookups));
  return { loss, logits, lookupLogits };
}

function joined(x: Value, behind: Value | null): Value {
  return behind === null ? x : g.concat([x, behind], 1);
}

/** `seen [B, C², D]` among words `[B, W, D]`, in front of the one at `place`, or nowhere if that is −1. */
function placed(words: Value, place: number, seen: Value): Value {
  if (place < 0) return words;
  const count = words.shape[1] as number;
  const before = place > 0 ? [g.slice(words, 1, 0, place)] : [];
  const after = place < count ? [g.slice(words, 1, place, count)] : [];
  return g.concat([...before, seen, ...after], 1);
}
