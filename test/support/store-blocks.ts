import { dequantiseRow, type WeightFormat, weightParts } from '../../src/graph/index.ts';

export interface StoredBlocks {
  shape: number[];
  /** By the names of `weightParts`. */
  parts: Record<string, Uint8Array | Float32Array>;
  /** What the parts stand for. */
  floats: Float32Array;
}

/** A matrix in blocks, by plain rounding to the largest value: enough to test what reads it. */
export function storeBlocks(
  name: string,
  values: Float32Array,
  shape: number[],
  format: WeightFormat & { kind: 'blocks' },
): StoredBlocks {
  const { bits, block, symmetric } = format;
  const [rows, columns] = shape;
  const arrays = weightParts(name, shape, format).map((part) => {
    const size = part.shape.reduce((a, b) => a * b, 1);
    return [part.name, part.dtype === 'float32' ? new Float32Array(size) : new Uint8Array(size)] as const;
  });
  const [blocks, scales, zeros] = arrays.map(([, data]) => data) as [Uint8Array, Float32Array, Uint8Array | undefined];
  const count = Math.ceil(columns / block);
  const blockBytes = (block * bits) / 8;
  const zeroBytes = Math.ceil((count * bits) / 8);
  const top = (1 << bits) - 1;
  const floats = new Float32Array(values.length);
  const put = (bytes: Uint8Array, i: number, q: number): void => {
    if (bits === 8) bytes[i] = q;
    else bytes[i >> 1] |= i & 1 ? q << 4 : q;
  };
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    const rowBlocks = blocks.subarray(r * count * blockBytes, (r + 1) * count * blockBytes);
    const rowZeros = zeros?.subarray(r * zeroBytes, (r + 1) * zeroBytes);
    for (let b = 0; b < count; b++) {
      const cut = row.subarray(b * block, (b + 1) * block);
      const low = Math.min(0, ...cut);
      const high = Math.max(0, ...cut);
      const scale = (symmetric ? (2 * Math.max(high, -low)) / (top - 1) : (high - low) / top) || 1;
      const zero = symmetric ? 1 << (bits - 1) : Math.round(-low / scale);
      scales[r * count + b] = scale;
      if (rowZeros) put(rowZeros, b, zero);
      for (let k = 0; k < block; k++)
        put(
          rowBlocks,
          b * block + k,
          k < cut.length ? Math.min(top, Math.max(0, Math.round(cut[k] / scale) + zero)) : zero,
        );
    }
    dequantiseRow(
      format,
      rowBlocks,
      scales.subarray(r * count, (r + 1) * count),
      rowZeros ?? null,
      floats.subarray(r * columns, (r + 1) * columns),
    );
  }
  return { shape, parts: Object.fromEntries(arrays), floats };
}
