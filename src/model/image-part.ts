import { LlavaMiniError } from '../errors.ts';
import type { Dim, Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import { compress } from './compressor.ts';
import type { ModelConfig } from './config.ts';
import { project } from './projector.ts';

export interface Grid {
  side: number;
  /** Patches that have no place on the grid. */
  extra: number;
  patches: number;
}

/** Pictures fed per image: 1, or the tiles row by row and then the whole. */
export function partsPerImage(config: ModelConfig): number {
  return config.resolutionRatio === 1 ? 1 : config.resolutionRatio ** 2 + 1;
}

/** L: positions of the image part of pre-fusion. */
export function imageLength(config: ModelConfig, grid: Grid): number {
  return partsPerImage(config) * grid.patches + config.compressorSize ** 2;
}

/** What pre-fusion gets of a picture, and how it came to be. */
export interface ImageInput {
  compressorOutput: Value;
  /** `[F, C², keys]` */
  attention: Value;
  projectedCompressed: Value;
  projectedGlobal: Value;
  /** High resolution: the tiles' patches in grid order, `[F, (r·side)², D]`. */
  projectedGrid: Value | null;
  /** `[F, L, D]`: tiles' patches (high resolution), whole picture's patches, compressed tokens last. */
  prefusionInput: Value;
}

/**
 * Everything between the vision tower and pre-fusion: compress and project.
 *
 * @param features `[F·parts, P, Dv]`
 * @param frames F, a number or a symbol
 */
export function imageInput(graph: Graph, config: ModelConfig, grid: Grid, features: Value, frames: Dim): ImageInput {
  const { resolutionRatio: r, visionWidth } = config;
  const { side, extra, patches } = grid;
  let keys = features;
  let whole = features;
  let keySide = side;
  if (r > 1) {
    if (extra)
      throw new LlavaMiniError('unsupported', 'high resolution needs a vision tower whose patches all lie on a grid');
    const five = g.reshape(features, [frames, r * r + 1, patches, visionWidth]);
    const tiles = g.slice(five, 1, 0, r * r); // [F, r², P, Dv]
    whole = g.reshape(g.slice(five, 1, r * r, r * r + 1), [frames, patches, visionWidth]);
    const placed = g.transpose(g.reshape(tiles, [frames, r, r, side, side, visionWidth]), [0, 1, 3, 2, 4, 5]);
    keySide = r * side;
    keys = g.reshape(placed, [frames, keySide * keySide, visionWidth]);
  }
  const { tokens, attention } = graph.scope('compressor', () => compress(graph, config, keys, keySide, extra));
  const projectedCompressed = graph.scope('projector', () => project(graph, config, tokens)); // [F, C², D]
  const projectedGlobal = graph.scope('projector', () => project(graph, config, whole)); // [F, P, D]
  // The tiles' patches enter pre-fusion in the order of the joined grid, not tile by tile.
  const projectedGrid = r > 1 ? graph.scope('projector', () => project(graph, config, keys)) : null;
  const prefusionInput = g.concat([...(projectedGrid ? [projectedGrid] : []), projectedGlobal, projectedCompressed], 1);
  return {
    compressorOutput: tokens,
    attention,
    projectedCompressed,
    projectedGlobal,
    projectedGrid,
    prefusionInput,
  };
}
