/**
 * @file The graphs that answer questions. Each is run by one ONNX Runtime session:
 * `vision` (pixels → patch features), `image` (features → what pre-fusion gets), `prefusion` (that → visual memory;
 * a question against a visual memory) and `decoder` (embeddings → next token's logits, with its K/V cache).
 */
import * as g from '../graph/index.ts';
import { Graph, type WeightFormat } from '../graph/index.ts';
import type { ModelConfig } from './config.ts';
import { type Grid, imageInput, imageLength } from './image-part.ts';
import { decodeCached, head } from './language-model.ts';
import { type KeyValue, tableConstants } from './masked-attention.ts';
import { prefuse } from './prefusion.ts';
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

export type GraphName = 'vision' | 'image' | 'prefusion' | 'decoder';

/** All graphs of a model; `prefusion` only where there is such a thing. */
export type ModelGraphs = Record<Exclude<GraphName, 'prefusion'>, Graph> & { prefusion?: Graph };

/** The graphs of a model, as they are run and as they are written to a converted folder. */
export function modelGraphs(config: ModelConfig, vision: VisionConfig, options: InferenceOptions): ModelGraphs {
  return {
    vision: visionGraph(config, vision, options),
    image: imageGraph(config, vision, options),
    ...(options.layout !== 'llava' && config.prefusionLayers > 0
      ? { prefusion: prefusionGraph(config, vision, options) }
      : {}),
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
 * `features [F·parts, P, Dv]` → `attention [F, C², keys]` and `prefusion_input [F, L, D]`, of which the last C² rows
 * are the compressed tokens; or, without pre-fusion, `tokens [F, C², D]`. In the LLaVA layout `features [F, P, Dv]` →
 * `tokens [F, P, D]`.
 */
export function imageGraph(config: ModelConfig, vision: VisionConfig, options: InferenceOptions): Graph {
  const graph = new Graph('image', 'inference', options.formats);
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
  const image = imageInput(graph, config, grid, features, 'frames');
  graph.output('attention', image.attention);
  if (config.prefusionLayers === 0) graph.output('tokens', image.projectedCompressed);
  if (config.prefusionLayers > 0 || options.intermediates) graph.output('prefusion_input', image.prefusionInput);
  if (options.intermediates) {
    graph.output('compressor_output', image.compressorOutput);
    graph.output('projected_compressed', image.projectedCompressed);
    graph.output('projected_global', image.projectedGlobal);
    if (image.projectedGrid) graph.output('projected_grid', image.projectedGrid);
  }
  return graph;
}

/**
 * `embeddings [F, T, D]`, `wanted` int64 `[]`, `prefix_key.i`, `prefix_value.i` `[F, kvHeads, L, Dh]` →
 * `fused [F, W, D]`, the last `wanted` rows, and with the call's own keys and values behind the prefix `key.i`,
 * `value.i` `[F, kvHeads, L+T, Dh]`. For a picture (L = 0) these are its memory; a question is fused against it.
 */
export function prefusionGraph(config: ModelConfig, vision: VisionConfig, options: InferenceOptions): Graph {
  const graph = new Graph('prefusion', 'inference', options.formats);
  const embeddings = graph.input('embeddings', 'float32', ['frames', 'tokens', config.hiddenSize]);
  const wanted = graph.input('wanted', 'int64', []);
  const cache = (name: string) => graph.input(name, 'float32', ['frames', config.kvHeads, 'prefix', config.headDim]);
  const prefix: KeyValue[] = Array.from({ length: config.prefusionLayers }, (_, i) => ({
    key: cache(`prefix_key.${i}`),
    value: cache(`prefix_value.${i}`),
  }));
  const tables = tableConstants(graph, config, imageLength(config, patchGrid(vision)) + options.maxLength);
  const { out, whole, layerOutputs } = prefuse(graph, config, embeddings, wanted, prefix, tables);
  graph.output('fused', out);
  whole.forEach(({ key, value }, i) => {
    graph.output(`key.${i}`, key);
    graph.output(`value.${i}`, value);
  });
  if (options.intermediates)
    layerOutputs.forEach((v, i) => {
      graph.output(`prefusion_output.${i}`, v);
    });
  return graph;
}

/**
 * `embeddings [B, T, D]`, `positions` int64 `[B, T]` (consecutive; B or T is 1), `past_key.i`, `past_value.i`
 * `[B, C, kvHeads, CHUNK, Dh]` (C ≥ 1; row b holds positions 0 … positions[b, 0]−1), `last` int64 `[B, 1]` (row whose
 * logits are wanted) → `logits [B, V]` and, for the cache, `new_key.i`, `new_value.i` `[B, T, kvHeads·Dh]`.
 */
export function decoderGraph(config: ModelConfig, options: InferenceOptions): Graph {
  const graph = new Graph('decoder', 'inference', options.formats);
  const embeddings = graph.input('embeddings', 'float32', ['batch', 'tokens', config.hiddenSize]);
  const positions = graph.input('positions', 'int64', ['batch', 'tokens']);
  const shape = ['batch', 'room', config.kvHeads, g.CHUNK, config.headDim];
  const past: KeyValue[] = Array.from({ length: config.layers }, (_, i) => ({
    key: graph.input(`past_key.${i}`, 'float32', shape),
    value: graph.input(`past_value.${i}`, 'float32', shape),
  }));
  const tables = tableConstants(graph, config, options.maxLength);
  const { hidden, added, layerOutputs } = decodeCached(graph, config, embeddings, positions, past, tables);
  if (options.intermediates) {
    layerOutputs.forEach((v, i) => {
      graph.output(`layer_output.${i}`, v);
    });
    graph.output('all_logits', head(graph, config, hidden));
  } else {
    const last = graph.input('last', 'int64', ['batch', 1]);
    graph.output('logits', head(graph, config, g.gatherRow(hidden, last)));
  }
  added.forEach(({ key, value }, i) => {
    graph.output(`new_key.${i}`, key);
    graph.output(`new_value.${i}`, value);
  });
  return graph;
}
