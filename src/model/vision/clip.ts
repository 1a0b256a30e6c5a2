import type { Graph, Value } from '../../graph/index.ts';
import * as g from '../../graph/index.ts';
import type { ClipVisionConfig } from './config.ts';
import { encoderLayer } from './encoder-layer.ts';

const PREFIX = 'model.vision_tower.vision_tower.vision_model';

/**
 * CLIP's vision transformer up to a selected hidden state, class token dropped
 * (reference: clip_encoder.py; layers after the selected one are never run).
 *
 * @param pixels `[N, 3, S, S]`
 * @param selectLayer index into the hidden states, −2 in the published models
 * @returns `[N, P, Dv]`
 */
export function clipTower(graph: Graph, config: ClipVisionConfig, pixels: Value, selectLayer: number): Value {
  const { width, patchSize, imageSize, layerNormEps } = config;
  const patches = (imageSize / patchSize) ** 2;
  const w = (name: string, ...shape: number[]): Value => graph.parameter(`${PREFIX}.${name}`, shape);
  const norm = (x: Value, name: string): Value =>
    g.layerNorm(x, w(`${name}.weight`, width), w(`${name}.bias`, width), layerNormEps);

  const kernel = w('embeddings.patch_embedding.weight', width, 3, patchSize, patchSize);
  const grid = g.conv2d(pixels, kernel, null, { stride: patchSize, padding: [0, 0, 0, 0] });
  const batch = pixels.shape[0];
  let x = g.transpose(g.reshape(grid, [batch, width, patches]), [0, 2, 1]); // [N, P, Dv]
  // The class token is row 0: a zero row in front, and its embedding added together with the positions.
  const first = g.padAxis(g.reshape(w('embeddings.class_embedding', width), [1, width]), 0, 0, patches);
  const table = g.add(w('embeddings.position_embedding.weight', patches + 1, width), first);
  x = g.add(g.padAxis(x, 1, 1, 0), table); // [N, P+1, Dv]
  x = norm(x, 'pre_layrnorm');

  const run = selectLayer < 0 ? config.layers + 1 + selectLayer : selectLayer;
  for (let i = 0; i < run; i++) {
    x = graph.scope(`vision.${i}`, () => encoderLayer(graph, `${PREFIX}.encoder.layers.${i}`, x, config));
  }
  return g.slice(x, 1, 1, patches + 1);
}
