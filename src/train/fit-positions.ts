import type { LiteVisionConfig } from '../model/vision/config.ts';
import type { Weights } from './weights.ts';

/** Tables with one row for each patch, row by row of the picture. */
const TABLE = /\.fold\.(positions|places)$/;

/**
 * Fits the fold's learned positions to the tower's present grid, so that training goes on from weights of another
 * `image_size`: what a patch had is read between the nearest old patches' middles, as is usual for ViTs (Dosovitskiy et
 * al. 2021, section 3.2). Tables that fit stay as they are, and what is no square is left to the check of shapes.
 */
export function fitPositions(config: LiteVisionConfig, weights: Weights): void {
  const side = config.imageSize / 32;
  for (const [name, { shape, data }] of weights) {
    const from = Math.sqrt(shape[0]);
    if (!TABLE.test(name) || from === side || !Number.isInteger(from)) continue;
    weights.set(name, { shape: [side * side, shape[1]], data: resizeTable(data, from, side, shape[1]) });
  }
}

/** Bilinear between the middles of patches, the outermost beyond them: `[from², width] → [to², width]`. */
function resizeTable(table: Float32Array, from: number, to: number, width: number): Float32Array {
  const places = Array.from({ length: to }, (_, i) => {
    const x = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.min(from - 1, Math.floor(x));
    return { low, high: Math.min(from - 1, low + 1), share: x - low };
  });
  const out = new Float32Array(to * to * width);
  places.forEach((row, y) => {
    places.forEach((column, x) => {
      for (let d = 0; d < width; d++) {
        const at = (r: number, c: number): number => table[(r * from + c) * width + d];
        const between = (r: number): number =>
          at(r, column.low) * (1 - column.share) + at(r, column.high) * column.share;
        out[(y * to + x) * width + d] = between(row.low) * (1 - row.share) + between(row.high) * row.share;
      }
    });
  });
  return out;
}
