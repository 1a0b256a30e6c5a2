import type { BlockedWeight } from './graph.ts';
import type { Dim, Value } from './value.ts';

/**
 * The engine rounds activations to 8 bits, each run of `block` values with a scale of its own, and multiplies whole
 * numbers. Without it the CPU unpacks blocks to floats, which is several times slower.
 */
const INT8_ACTIVATIONS = 4;

/** `x [..., K]` times a weight in blocks `[N, K]`, transposed, plus `bias [N]`; see `linear`, which checks shapes. */
export function matMulBlocks(x: Value, weight: BlockedWeight, bias: Value | null, out: Dim[]): Value {
  const { format, blocks, scales, zeros } = weight;
  const inputs = bias
    ? [x, blocks, scales, zeros, null, bias]
    : zeros
      ? [x, blocks, scales, zeros]
      : [x, blocks, scales];
  return x.graph.node(
    'MatMulNBits',
    inputs,
    [{ dtype: x.dtype, shape: out }],
    {
      K: x.dim(-1) as number,
      N: blocks.shape[0] as number,
      bits: format.bits,
      block_size: format.block,
      accuracy_level: INT8_ACTIVATIONS,
    },
    'com.microsoft',
  )[0];
}
