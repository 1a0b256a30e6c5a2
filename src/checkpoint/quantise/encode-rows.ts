import { LlavaMiniError } from '../../errors.ts';
import type { WeightFormat } from '../../graph/index.ts';
import { floatsToHalves } from '../../util/float16.ts';
import { quote } from '../strict-json.ts';
import { checkFinite, quantiseRows } from './quantise-rows.ts';

/** Some rows of a weight, to be stored in a format. */
export interface RowsToEncode {
  /** Of the weight, for errors. */
  name: string;
  /** `[rows, columns]` */
  values: Float32Array;
  columns: number;
  /** Number of the first row within the weight. */
  firstRow: number;
  format: WeightFormat;
}

/**
 * The bytes of these rows, one array for each of the weight's parts, in the order of `weightParts`.
 *
 * @throws LlavaMiniError `bad-checkpoint` for NaN and infinities, `unsupported` for a value that 16 bits cannot hold
 */
export function encodeRows({ name, values, columns, firstRow, format }: RowsToEncode): Uint8Array<ArrayBuffer>[] {
  if (format.kind === 'blocks') {
    const { blocks, scales, zeros } = quantiseRows(name, values, columns, format, firstRow);
    return [blocks, scales, ...(zeros ? [zeros] : [])].map(bytesOf);
  }
  checkFinite(name, values, columns, firstRow);
  if (format.kind === 'float32') return [bytesOf(values)];
  const halves = floatsToHalves(values);
  for (let i = 0; i < halves.length; i++)
    if ((halves[i] & 0x7fff) === 0x7c00)
      throw new LlavaMiniError('unsupported', `weight ${quote(name)} holds ${values[i]}, too large for 16 bits`, {
        hint: 'convert to fp32',
      });
  return [bytesOf(halves)];
}

function bytesOf(array: Uint8Array | Uint16Array | Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}
