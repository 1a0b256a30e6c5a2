import type { Graph, Value } from '../../graph/index.ts';
import * as g from '../../graph/index.ts';
import type { LiteVisionConfig } from './config.ts';
import { type EncoderLayerSizes, encoderLayer } from './encoder-layer.ts';

const PREFIX = 'model.vision_tower.vision_tower';

/** What the frozen part of the tower sees, before anything trained by this project. */
export interface LiteFeatures {
  /** Feature maps at stride 32 (after the head), 16 and 8 folded into one grid: `[N, side², 1280+480+768]`. */
  maps: Value;
  /** The classifier's probabilities at the configured temperature, `[N, classes]`. */
  probabilities: Value;
}

/** Width of the folded maps. */
export function foldedWidth(config: LiteVisionConfig): number {
  const [a, b] = config.taps;
  return config.head.outputs + config.blocks[b].outputs * 4 + config.blocks[a].outputs * 16;
}

/**
 * EfficientNet-Lite, batch norms folded into the convolutions, TensorFlow's "same" padding, ReLU6.
 *
 * @param pixels `[N, 3, S, S]`, (v − 127) / 128
 */
export function liteFeatures(graph: Graph, config: LiteVisionConfig, pixels: Value): LiteFeatures & LiteMaps {
  const w = (name: string, ...shape: number[]): Value => graph.parameter(`${PREFIX}.${name}`, shape);
  const conv = (x: Value, name: string, out: number, kernel: number, stride = 1, groups = 1): Value => {
    const channels = x.shape[1] as number;
    const weight = w(`${name}.weight`, out, channels / groups, kernel, kernel);
    return g.conv2d(x, weight, w(`${name}.bias`, out), {
      stride,
      padding: samePadding(x.shape[2] as number, kernel, stride),
      groups,
    });
  };
  const relu6 = (x: Value): Value => g.clip(x, 0, 6);

  let x = relu6(conv(pixels, 'stem', config.stem.outputs, config.stem.kernel, config.stem.stride));
  const taps: Value[] = [];
  config.blocks.forEach((block, i) => {
    x = graph.scope(`vision.${i}`, () => {
      let y = x;
      const inner = block.inputs * block.expand;
      if (block.expand > 1) y = relu6(conv(y, `blocks.${i}.expand`, inner, 1));
      y = relu6(conv(y, `blocks.${i}.depthwise`, inner, block.kernel, block.stride, inner));
      y = conv(y, `blocks.${i}.project`, block.outputs, 1);
      return block.skip ? g.add(x, y) : y;
    });
    if (config.taps.includes(i)) taps.push(x);
  });
  const head = relu6(conv(x, 'head', config.head.outputs, 1)); // [N, 1280, side, side]
  const side = config.imageSize / 32;
  const folded = g.concat([head, g.spaceToDepth(taps[1], 2), g.spaceToDepth(taps[0], 4)], 1);
  const batch = pixels.shape[0];
  const maps = g.transpose(g.reshape(folded, [batch, foldedWidth(config), side * side]), [0, 2, 1]);
  const pooled = g.reduceMean(head, [2, 3]); // [N, 1280]
  const logits = g.linear(
    pooled,
    w('classifier.weight', config.classes, config.head.outputs),
    w('classifier.bias', config.classes),
  );
  const tempered = config.classTemperature === 1 ? logits : g.div(logits, config.classTemperature);
  return { maps, probabilities: g.softmax(tempered), stride8: taps[0], stride16: taps[1], stride32: head, logits };
}

/** The untouched maps and logits (at temperature 1), to check the tower against its original. */
export interface LiteMaps {
  stride8: Value;
  stride16: Value;
  stride32: Value;
  logits: Value;
}

/**
 * The trained map into the compressor's width: the finest map refined, layer norm, linear, positions, layers in which patches see each other
 * (a thing in a picture is seldom as large as one patch), once or repeatedly (what lies left of what takes two looks:
 * what is where, and then which of it), and where each patch is, for all that comes after.
 *
 * @param maps `[N, side², folded]` → `[N, side², Dv]`
 */
export function foldMaps(graph: Graph, config: LiteVisionConfig, maps: Value): Value {
  const inputs = foldedWidth(config);
  const side = config.imageSize / 32;
  const w = (name: string, ...shape: number[]): Value => graph.parameter(`${PREFIX}.fold.${name}`, shape);
  const refined = config.foldRefine > 0 ? refineMaps(graph, config, maps, w) : maps;
  const normal = g.layerNorm(refined, w('norm.weight', inputs), w('norm.bias', inputs), config.layerNormEps);
  const mapped = g.linear(normal, w('linear.weight', config.width, inputs), w('linear.bias', config.width));
  let x = g.add(mapped, w('positions', side * side, config.width));
  const sizes: EncoderLayerSizes = {
    width: config.width,
    heads: config.foldHeads,
    intermediateSize: config.foldIntermediateSize,
    activation: 'gelu',
    layerNormEps: config.layerNormEps,
  };
  const layers = (start: Value): Value => {
    let y = start;
    for (let i = 0; i < config.foldLayers; i++)
      y = graph.scope(`fold.${i}`, () => encoderLayer(graph, `${PREFIX}.fold.layers.${i}`, y, sizes));
    return y;
  };
  x = layers(x);
  for (let i = 0; i < config.foldRepeats; i++) {
    const start = g.add(x, w(`again.${i}.start`, config.width));
    x = g.add(x, g.mul(g.sub(layers(start), start), w(`again.${i}.gate`, config.width)));
  }
  return config.foldPlaces ? g.add(x, w('places', side * side, config.width)) : x;
}

/**
 * Two 3×3 convolutions over the map at stride 8, added to it: the tower's channels were learnt from photographs of
 * things, and what tells letters apart has to be made from them where they are still finer than a patch.
 */
function refineMaps(
  graph: Graph,
  config: LiteVisionConfig,
  maps: Value,
  w: (name: string, ...shape: number[]) => Value,
): Value {
  const inputs = foldedWidth(config);
  const side = config.imageSize / 32;
  const channels = config.blocks[config.taps[0]].outputs;
  const inner = config.foldRefine;
  const coarse = inputs - channels * 16;
  const batch = maps.shape[0];
  return graph.scope('fold.refine', () => {
    const fine = g.reshape(g.slice(maps, 2, coarse, inputs), [batch, side, side, 4, 4, channels]);
    const plane = g.reshape(g.transpose(fine, [0, 1, 3, 2, 4, 5]), [batch, side * 4, side * 4, channels]);
    const normal = g.layerNorm(
      plane,
      w('refine.norm.weight', channels),
      w('refine.norm.bias', channels),
      config.layerNormEps,
    );
    const conv = (x: Value, name: string, from: number, to: number): Value =>
      g.linear(g.neighbours(x), w(`refine.${name}.weight`, to, 9 * from), w(`refine.${name}.bias`, to));
    const found = conv(g.gelu(conv(normal, 'conv1', channels, inner)), 'conv2', inner, channels);
    const blocks = g.reshape(g.add(plane, found), [batch, side, 4, side, 4, channels]);
    const folded = g.reshape(g.transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, side * side, channels * 16]);
    return g.concat([g.slice(maps, 2, 0, coarse), folded], 2);
  });
}

/** What the classifier thinks, as one more patch: `[N, classes] → [N, 1, Dv]`. */
export function classPatch(graph: Graph, config: LiteVisionConfig, probabilities: Value): Value {
  const table = graph.parameter(`${PREFIX}.fold.classes`, [config.width, config.classes]);
  const bias = graph.parameter(`${PREFIX}.fold.class_bias`, [config.width]);
  const row = g.linear(probabilities, table, bias);
  return g.reshape(row, [probabilities.shape[0], 1, config.width]);
}

/** @returns `[N, side²+1, Dv]` */
export function liteTower(graph: Graph, config: LiteVisionConfig, pixels: Value): Value {
  const { maps, probabilities } = liteFeatures(graph, config, pixels);
  return g.concat([foldMaps(graph, config, maps), classPatch(graph, config, probabilities)], 1);
}

function samePadding(size: number, kernel: number, stride: number): [number, number, number, number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return [before, before, total - before, total - before];
}
