/**
 * How a weight is stored, as the graph builder sees it. `blocks` is ONNX Runtime's `MatMulNBits`: each row of a
 * `[N, K]` matrix in blocks of `block` values along K (K padded with zeros to whole blocks), each block with a scale,
 * and, when not symmetric, a zero point: `w = (q − zero) · scale`. Symmetric blocks have the fixed zero 2^(bits−1).
 */
export type WeightFormat =
  | { kind: 'float32' }
  | { kind: 'float16' }
  | { kind: 'blocks'; bits: 4 | 8; block: BlockSize; symmetric: boolean };

export type BlockSize = 16 | 32 | 64 | 128 | 256;

/** One stored array of a weight: what `Graph.parameters` holds for it, and what a converter writes. */
export interface WeightPart {
  /** Name of the parameter: the weight's own for float32, with a suffix otherwise. */
  name: string;
  dtype: 'float32' | 'float16' | 'uint8';
  shape: number[];
}

/**
 * The arrays that a weight of this shape is stored as:
 *
 * * float32: `NAME`; float16: `NAME#half`
 * * blocks (two axes only): `NAME#blocks` uint8 `[N, blocks, block·bits/8]` (4 bits: even k in the low half),
 *   `NAME#scales` float32 `[N, blocks]`, and unless symmetric `NAME#zeros` uint8 `[N, ⌈blocks·bits/8⌉]` (rows begin on
 *   a byte; even blocks in the low half)
 */
export function weightParts(name: string, shape: readonly number[], format: WeightFormat): WeightPart[] {
  if (format.kind === 'float32') return [{ name, dtype: 'float32', shape: [...shape] }];
  if (format.kind === 'float16') return [{ name: `${name}#half`, dtype: 'float16', shape: [...shape] }];
  const [rows, columns] = shape;
  const blocks = Math.ceil(columns / format.block);
  const parts: WeightPart[] = [
    { name: `${name}#blocks`, dtype: 'uint8', shape: [rows, blocks, (format.block * format.bits) / 8] },
    { name: `${name}#scales`, dtype: 'float32', shape: [rows, blocks] },
  ];
  if (!format.symmetric)
    parts.push({ name: `${name}#zeros`, dtype: 'uint8', shape: [rows, Math.ceil((blocks * format.bits) / 8)] });
  return parts;
}

/** Size of a stored array. */
export function partBytes({ dtype, shape }: WeightPart): number {
  return shape.reduce((product, side) => product * side, dtype === 'float32' ? 4 : dtype === 'float16' ? 2 : 1);
}
