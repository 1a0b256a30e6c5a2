import type { WeightFormat } from './weight-format.ts';

/**
 * One row of a weight in blocks as floats.
 *
 * @param blocks the row's bytes, `blocks · block·bits/8` of them
 * @param scales one per block
 * @param zeros the row's zero points, `⌈blocks·bits/8⌉` bytes; null when symmetric
 * @param out as many values as the row has columns; what the last block has beyond them is padding
 */
export function dequantiseRow(
  format: WeightFormat & { kind: 'blocks' },
  blocks: Uint8Array,
  scales: Float32Array,
  zeros: Uint8Array | null,
  out: Float32Array,
): void {
  const { bits, block } = format;
  const at = (bytes: Uint8Array, i: number): number =>
    bits === 8 ? bytes[i] : i & 1 ? bytes[i >> 1] >> 4 : bytes[i >> 1] & 15;
  for (let start = 0, b = 0; start < out.length; start += block, b++) {
    const zero = zeros ? at(zeros, b) : 1 << (bits - 1);
    const end = Math.min(start + block, out.length);
    for (let k = start; k < end; k++) out[k] = (at(blocks, k) - zero) * scales[b];
  }
}
