/**
 * @file The graphs that answer questions. Each is run by one ONNX Runtime session:
 * `vision` (pixels → patch features), `image` (features → visual memory), `text` (a question against a visual
 * memory) and `decoder` (embeddings → next token's logits, with its K/V cache).
 */
import * as g from '../graph/index.ts';
import { Graph, type WeightFormat } from '../graph/index.ts';
import type { ModelConfig } from './config.ts';
import { type Grid, imageLength, imagePart } from './image-part.ts';
import { decodeCached, head } from './language-model.ts';
import { type KeyValue, tableConstants } from './masked-attention.ts';
import { prefuseText } from './prefusion.ts';
import { project } from './projector.ts';
import { patchGrid, type VisionConfig, visionTower } from './vision/index.ts';

/** How weights are stored, by name; all as float32 by default. */
export type Formats = (name: string) => WeightFormat;

export interface InferenceOptions {
  /** Longest sequence of the language model: rotary tables are made for so many positions. */
  maxLength: number;
  /** Also give every intermediate tensor that the reference's golden data has. */
  intermediates?: boolean;
  /** `llava`: all patches as vision tokens and no pre-fusion, the layout to compare with. */
  layout?: 'mini' | 'llava';
  formats?: Formats;
}

export type GraphName = 'vision' | 'image' | 'text' | 'decoder';

/** All graphs of a model; `text` only where questions are fused with pictures. */
export type ModelGraphs = Record<Exclude<GraphName, 'text'>, Graph> & { text?: Graph };

/** The graphs of a model, as they are run and as they are written to a converted folder. */
export function modelGraphs(config: ModelConfig, vision: VisionConfig, options: InferenceOptions): ModelGraphs {
  return {
    vision: visionGraph(config, vision, options),
    image: imageGraph(config, vision, options),
    ...(options.layout !== 'llava' && config.prefusionLayers > 0 ? { text: textGraph(config, vision, options) } : {}),
    decoder: decoderGraph(config, options),
  };
}

/** `pixels [images, 3, S, S]` → `features [images, P, Dv]` */
export function visionGraph(
  config: ModelConfig,
  vision: VisionConfig,
  options: Pick<InferenceOptions, 'formats'> = {},
): Graph {
  const graph = new Graph('vision', 'inference', options.formats);
  const pixels = graph.input('pixels', 'float32', ['images', 3, vision.imageSize, vision.imageSize]);
  graph.output('features', visionTower(graph, vision, pixels, config.visionSelectLayer));
  return graph;
}

/**
 * `features [F·parts, P, Dv]` → `tokens [F, C², D]`, `attention [F, C², keys]`, per pre-fusion layer
 * `prefix_key.i`, `prefix_value.i` `[F, kvHeads, L, Dh]`.
 */
export function imageGraph(config: ModelConfig, vision: VisionConfig, options: InferenceOptions): Graph {
  const graph = new Graph('image', options.intermediates ? 'analysis' : 'inference', options.formats);
  const grid: Grid = patchGrid(vision);
  const single = config.resolutionRatio === 1;
  const features = graph.input('features', 'float32', [
    single ? 'frames' : 'pictures',
    grid.patches,
    config.visionWidth,
  ]);
  if (options.layout === 'llava') {
    graph.output('tokens', project(graph, config, features));
    return graph;
  }
  const tables = tableConstants(graph, config, imageLength(config, grid));
  const part = imagePart(graph, config, grid, features, 'frames', tables, options.intermediates);
  graph.output('tokens', part.tokens);
  graph.output('attention', part.attention);
  part.prefix.forEach(({ key, value }, i) => {
    graph.output(`prefix_key.${i}`, key);
    graph.output(`prefix_value.${i}`, value);
  });
  if (options.intermediates) {
    graph.output('compressor_output', part.compressorOutput);
    graph.output('projected_compressed', part.projectedCompressed);
    graph.output('projected_global', part.projectedGlobal);
    if (part.projectedGrid) graph.output('projected_grid', part.projectedGrid);
    graph.output('prefusion_input', part.prefusionInput);
    part.layerOutputs.forEach((v, i) => {
      graph.output(`prefusion_output.${i}`, v);
    });
  }
  return graph;
}

/**
 * `embeddings [F, T, D]`, `prefix_key.i`, `prefix_value.i` `[F, kvHeads, L, Dh]` → `fused [T, D]`, the sum over the
 * frames (divide by their number).
 */
export function textGraph(config: ModelConfig, vision: VisionConfig, options: InferenceOptions): Graph {
  const graph = new Graph('text', 'inference', options.formats);
  const length = imageLength(config, patchGrid(vision));
  const embeddings = graph.input('embeddings', 'float32', ['frames', 'tokens', config.hiddenSize]);
  const cache = (name: string) => graph.input(name, 'float32', ['frames', config.kvHeads, length, config.headDim]);
  const prefix: KeyValue[] = Array.from({ length: config.prefusionLayers }, (_, i) => ({
    key: cache(`prefix_key.${i}`),
    value: cache(`prefix_value.${i}`),
  }));
  const tables = tableConstants(graph, config, length + options.maxLength);
  const { text, layerOutputs } = prefuseText(graph, config, embeddings, prefix, tables);
  graph.output('fused', g.reduceSum(text, [0]));
  if (options.intermediates)
    layerOutputs.forEach((v, i) => {
      graph.output(`prefusion_output.${i}`, v);
    });
  return graph;
}

/**
 * `embeddings [B, T, D]`, `past_key.i`, `past_value.i` `[B, kvHeads, M, Dh]`, `lengths` int32 `[B]` (keys after this
 * call − 1), `total` int32 `[]`, `last` int64 `[B, 1]` (row whose logits are wanted) → `logits [B, V]`,
 * `present_key.i`, `present_value.i`. Feed and fetch past and present as the same memory.
 */
export function decoderGraph(config: ModelConfig, options: InferenceOptions): Graph {
  const graph = new Graph('decoder', 'inference', options.formats);
  const embeddings = graph.input('embeddings', 'float32', ['batch', 'tokens', config.hiddenSize]);
  const cache = (name: string) => graph.input(name, 'float32', ['batch', config.kvHeads, 'room', config.headDim]);
  const past: KeyValue[] = Array.from({ length: config.layers }, (_, i) => ({
    key: cache(`past_key.${i}`),
    value: cache(`past_value.${i}`),
  }));
  const lengths = graph.input('lengths', 'int32', ['batch']);
  const total = graph.input('total', 'int32', []);
  const tables = tableConstants(graph, config, options.maxLength);
  const { hidden, present, layerOutputs } = decodeCached(graph, config, embeddings, past, lengths, total, tables);
  if (options.intermediates) {
    layerOutputs.forEach((v, i) => {
      graph.output(`layer_output.${i}`, v);
    });
    graph.output('all_logits', head(graph, config, hidden));
  } else {
    const last = graph.input('last', 'int64', ['batch', 1]);
    graph.output('logits', head(graph, config, g.gatherRow(hidden, last)));
  }
  present.forEach(({ key, value }, i) => {
    graph.output(`present_key.${i}`, key);
    graph.output(`present_value.${i}`, value);
  });
  return graph;
}
