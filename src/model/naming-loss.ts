import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import { compress } from './compressor.ts';
import type { ModelConfig } from './config.ts';
import { patchGrid, type VisionConfig } from './vision/index.ts';

/** Prefix of the classifiers' weights, which are thrown away after training. */
export const NAMING_HEAD = 'naming_head.';

/** Classifiers of patches that the naming stage has besides that of the token, whose loss counts 1. */
export type PatchHeads = Readonly<Record<string, { classes: number; weight: number }>>;

/**
 * Naming loss (stage 0): tower features, compressor, and classifiers that are thrown away afterwards, so that the
 * compressor's token and the patches learn what things are before there is language.
 *
 * Inputs: `token_targets` int32 `[pictures]`, `token_weights` float32 `[pictures]`; for each of the `heads`
 * `HEAD_targets` int32 and `HEAD_weights` float32 `[pictures·side²]`.
 *
 * @param heads also tell of each patch what it shows, each head as one of so many classes
 * @returns loss `[]` (the weighted mean of all), the token's logits `[pictures, classes]`, and those of each head
 *   `[pictures·side², classes of the head]`
 */
export function namingLoss(
  graph: Graph,
  config: ModelConfig,
  vision: VisionConfig,
  features: Value,
  classes: number,
  heads: PatchHeads = {},
): { loss: Value; logits: Value; patchLogits: Record<string, Value> } {
  const { side, extra } = patchGrid(vision);
  const pictures = features.shape[0] as number;
  const width = config.visionWidth * config.compressorSize ** 2;
  const classify = (x: Value, name: string, count: number): Value => {
    const w = (part: string, ...shape: number[]): Value => graph.parameter(`${NAMING_HEAD}${name}${part}`, shape);
    const inputs = x.dim(-1) as number;
    const norm = g.layerNorm(x, w('norm.weight', inputs), w('norm.bias', inputs), 1e-5);
    return g.linear(norm, w('weight', count, inputs), w('bias', count));
  };
  const { tokens } = compress(graph, config, features, side, extra);
  const logits = classify(g.reshape(tokens, [pictures, width]), '', classes);
  let loss = g.crossEntropy(
    logits,
    graph.input('token_targets', 'int32', [pictures]),
    graph.input('token_weights', 'float32', [pictures]),
  );
  const rows = pictures * side * side;
  const patches = g.reshape(g.slice(features, 1, 0, side * side), [rows, config.visionWidth]);
  const patchLogits: Record<string, Value> = {};
  let total = 1;
  for (const [name, head] of Object.entries(heads)) {
    patchLogits[name] = classify(patches, `${name}.`, head.classes);
    const targets = graph.input(`${name}_targets`, 'int32', [rows]);
    const own = g.crossEntropy(patchLogits[name], targets, graph.input(`${name}_weights`, 'float32', [rows]));
    loss = g.add(loss, g.mul(own, head.weight));
    total += head.weight;
  }
  return { loss: g.mul(loss, 1 / total), logits, patchLogits };
}
