import { LlavaMiniError } from '../../errors.ts';
import type { WeightFormat } from '../../graph/index.ts';
import { quote } from '../strict-json.ts';
import { type FitResult, fitBlock, nearest } from './block-fit.ts';

export type BlockFormat = WeightFormat & { kind: 'blocks' };

/** Some rows of a weight in blocks, as `weightParts` lays them out. */
export interface QuantisedRows {
  /** `[rows, blocks, block·bits/8]` */
  blocks: Uint8Array;
  /** `[rows, blocks]` */
  scales: Float32Array;
  /** `[rows, ⌈blocks·bits/8⌉]`; null when symmetric */
  zeros: Uint8Array | null;
}

/** Room for so many rows. */
function makeQuantisedRows(rows: number, columns: number, format: BlockFormat): QuantisedRows {
  const { bits, block, symmetric } = format;
  const blocks = Math.ceil(columns / block);
  return {
    blocks: new Uint8Array((rows * blocks * block * bits) / 8),
    scales: new Float32Array(rows * blocks),
    zeros: symmetric ? null : new Uint8Array(rows * Math.ceil((blocks * bits) / 8)),
  };
}

/**
 * Quantises rows in blocks along their columns, each block's scale (and zero point) chosen by search for the smallest
 * squared error. Zero stays exactly zero.
 *
 * @param values `[rows, columns]`
 * @param name of the weight, for the error
 * @throws LlavaMiniError `bad-checkpoint` for NaN and infinities, naming weight, row and column
 */
export function quantiseRows(
  name: string,
  values: Float32Array,
  columns: number,
  format: BlockFormat,
  firstRow = 0,
): QuantisedRows {
  checkFinite(name, values, columns, firstRow);
  const rows = values.length / columns;
  const { bits, block, symmetric } = format;
  const out = makeQuantisedRows(rows, columns, format);
  const perRow = Math.ceil(columns / block);
  const blockBytes = (block * bits) / 8;
  const zeroBytes = Math.ceil((perRow * bits) / 8);
  const fit: FitResult = { scale: 0, zero: 0 };
  for (let row = 0; row < rows; row++) {
    for (let b = 0; b < perRow; b++) {
      const from = row * columns + b * block;
      const to = Math.min(from + block, (row + 1) * columns);
      fitBlock(values, from, to, bits, symmetric, fit);
      out.scales[row * perRow + b] = fit.scale;
      const at = (row * perRow + b) * blockBytes;
      if (bits === 4) pack4(values, from, to, fit.scale, fit.zero, out.blocks, at, block);
      else pack8(values, from, to, fit.scale, fit.zero, out.blocks, at, block);
      if (!out.zeros) continue;
      if (bits === 8) out.zeros[row * zeroBytes + b] = fit.zero;
      else out.zeros[row * zeroBytes + (b >> 1)] |= fit.zero << ((b & 1) * 4);
    }
  }
  return out;
}

function pack8(
  w: Float32Array,
  from: number,
  to: number,
  scale: number,
  zero: number,
  out: Uint8Array,
  at: number,
  block: number,
): void {
  const inverse = scale === 0 ? 0 : 1 / scale;
  for (let i = from; i < to; i++) out[at + i - from] = nearest(w[i], inverse, -zero, 255 - zero) + zero;
  out.fill(zero, at + to - from, at + block);
}

function pack4(
  w: Float32Array,
  from: number,
  to: number,
  scale: number,
  zero: number,
  out: Uint8Array,
  at: number,
  block: number,
): void {
  const inverse = scale === 0 ? 0 : 1 / scale;
  for (let i = from, byte = at; i < from + block; i += 2, byte++) {
    const even = i < to ? nearest(w[i], inverse, -zero, 15 - zero) + zero : zero;
    const odd = i + 1 < to ? nearest(w[i + 1], inverse, -zero, 15 - zero) + zero : zero;
    out[byte] = even | (odd << 4);
  }
}

/** @throws LlavaMiniError `bad-checkpoint` naming the weight and the place of the first value that is no number */
export function checkFinite(name: string, values: Float32Array, columns: number, firstRow = 0): void {
  // A sum is not finite when a part is not; only then is it worth looking closely.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  if (sum === 0) return;
  const at = values.findIndex((x) => !Number.isFinite(x));
  throw new LlavaMiniError(
    'bad-checkpoint',
    `weight ${quote(name)} holds ${values[at]} in row ${firstRow + Math.floor(at / columns)}, column ${at % columns}`,
    { hint: 'the file is damaged, or its training went wrong' },
  );
}
