import type { Graph, Value } from '../../graph/index.ts';
import { clipTower } from './clip.ts';
import type { VisionConfig } from './config.ts';
import { liteTower } from './efficientnet-lite.ts';

export { parseVisionConfig, patchGrid, type VisionConfig, wellKnownTower, wellKnownTowers } from './config.ts';

/** Any vision tower: pixels `[N, 3, S, S]` → patch features `[N, P, Dv]`. */
export function visionTower(graph: Graph, config: VisionConfig, pixels: Value, selectLayer: number): Value {
  return config.kind === 'clip' ? clipTower(graph, config, pixels, selectLayer) : liteTower(graph, config, pixels);
}
