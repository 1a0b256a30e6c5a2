import type { LiteVisionConfig } from '../model/vision/config.ts';
import type { Weights } from './weights.ts';

/** Tables with one row for each patch, row by row of the picture: `[side², width]`. */
const TABLE = /\.fold\.(positions|places)$/;

/**
 * Fits the fold's tables of positions and places to the tower's present grid, so that training goes on from weights of
 * another `image_size`. A table is read as a sum of cosines along both sides of the picture, which is what `writePlaces`
 * writes: read between patches in a straight line, its finest wave would lose two fifths. Tables that fit stay as they
 * are, and what is no square of patches is left to the check of shapes.
 *
 * @returns the names of what was fitted
 */
export function fitPositions(config: LiteVisionConfig, weights: Weights): string[] {
  const side = config.imageSize / 32;
  const fitted: string[] = [];
  for (const [name, { shape, data }] of weights) {
    const from = Math.sqrt(shape[0]);
    if (!TABLE.test(name) || from === side || !Number.isInteger(from)) continue;
    weights.set(name, { shape: [side * side, shape[1]], data: resizeTable(data, from, side, shape[1]) });
    fitted.push(name);
  }
  return fitted;
}

/** `[from², width] → [to², width]` */
function resizeTable(table: Float32Array, from: number, to: number, width: number): Float32Array {
  const along = rereading(from, to);
  const columns = mix(table, along, { blocks: from, rows: from, width }); // [from, to, width]
  return mix(columns, along, { blocks: 1, rows: from, width: to * width }); // [to, to, width]
}

/** How much of each old row a new one takes: both read the same cosines at the middles of their patches, `[to][from]`. */
function rereading(from: number, to: number): number[][] {
  const waves = Array.from({ length: Math.min(from, to) }, (_, k) => k);
  const cosine = (k: number, i: number, side: number): number => Math.cos((Math.PI * k * (i + 0.5)) / side);
  return Array.from({ length: to }, (_, y) =>
    Array.from({ length: from }, (_, i) =>
      waves.reduce((sum, k) => sum + ((k === 0 ? 1 : 2) / from) * cosine(k, y, to) * cosine(k, i, from), 0),
    ),
  );
}

/** Each block's rows mixed anew: `[blocks, rows, width] → [blocks, shares.length, width]`. */
function mix(
  table: Float32Array,
  shares: readonly (readonly number[])[],
  { blocks, rows, width }: { blocks: number; rows: number; width: number },
): Float32Array {
  const out = new Float32Array(blocks * shares.length * width);
  for (let block = 0; block < blocks; block++)
    shares.forEach((row, y) => {
      const at = (block * shares.length + y) * width;
      row.forEach((share, i) => {
        for (let d = 0; d < width; d++) out[at + d] += share * table[(block * rows + i) * width + d];
      });
    });
  return out;
}
