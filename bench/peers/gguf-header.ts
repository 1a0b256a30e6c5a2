/** @file The head of a GGUF file, version 3: everything before the tensors' data. */

export type GgmlType = 'F32' | 'Q4_0' | 'Q8_0' | 'Q4_K' | 'Q6_K';

/** How values of a type are stored: `values` numbers in `bytes` bytes. */
export const GGML_TYPES: Record<GgmlType, { id: number; values: number; bytes: number }> = {
  F32: { id: 0, values: 1, bytes: 4 },
  Q4_0: { id: 2, values: 32, bytes: 18 },
  Q8_0: { id: 8, values: 32, bytes: 34 },
  Q4_K: { id: 12, values: 256, bytes: 144 },
  Q6_K: { id: 14, values: 256, bytes: 210 },
};

export interface GgufTensor {
  name: string;
  /** Rows first, as everywhere in this project; the file has them the other way round. */
  shape: readonly number[];
  type: GgmlType;
}

export type GgufValue =
  | { type: 'uint32' | 'int32' | 'float32'; value: number | readonly number[] }
  | { type: 'string'; value: string | readonly string[] };

export const ALIGNMENT = 32;

const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 } as const;

/** Bytes of a tensor's data, without padding. */
export function tensorBytes({ shape, type }: GgufTensor): number {
  const { values, bytes } = GGML_TYPES[type];
  return (shape.reduce((a, b) => a * b, 1) / values) * bytes;
}

export const padded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** The head, padded: the first tensor's data comes right after it, each tensor's padded to `ALIGNMENT`. */
export function ggufHeader(metadata: Record<string, GgufValue>, tensors: readonly GgufTensor[]): Uint8Array {
  const out = new Writer();
  out.bytes(Buffer.from('GGUF'));
  out.uint32(3);
  out.uint64(tensors.length);
  out.uint64(Object.keys(metadata).length);
  for (const [key, { type, value }] of Object.entries(metadata)) {
    out.string(key);
    if (Array.isArray(value)) {
      out.uint32(VALUE_TYPES.array);
      out.uint32(VALUE_TYPES[type]);
      out.uint64(value.length);
      for (const item of value) out.value(type, item);
    } else {
      out.uint32(VALUE_TYPES[type]);
      out.value(type, value as number | string);
    }
  }
  let offset = 0;
  for (const tensor of tensors) {
    out.string(tensor.name);
    out.uint32(tensor.shape.length);
    for (const size of tensor.shape.toReversed()) out.uint64(size);
    out.uint32(GGML_TYPES[tensor.type].id);
    out.uint64(offset);
    offset += padded(tensorBytes(tensor));
  }
  return out.finish();
}

class Writer {
  private buffer = Buffer.alloc(1 << 16);
  private length = 0;

  private room(bytes: number): number {
    const at = this.length;
    this.length += bytes;
    if (this.length > this.buffer.length)
      this.buffer = Buffer.concat([this.buffer], Math.max(2 * this.buffer.length, this.length));
    return at;
  }

  bytes(data: Uint8Array): void {
    // Makes room first: it may replace the buffer.
    const at = this.room(data.length);
    this.buffer.set(data, at);
  }

  uint32(value: number): void {
    const at = this.room(4);
    this.buffer.writeUInt32LE(value, at);
  }

  uint64(value: number): void {
    const at = this.room(8);
    this.buffer.writeBigUInt64LE(BigInt(value), at);
  }

  string(text: string): void {
    const data = Buffer.from(text, 'utf8');
    this.uint64(data.length);
    this.bytes(data);
  }

  value(type: GgufValue['type'], value: number | string): void {
    if (type === 'string') this.string(value as string);
    else {
      const at = this.room(4);
      if (type === 'uint32') this.buffer.writeUInt32LE(value as number, at);
      else if (type === 'int32') this.buffer.writeInt32LE(value as number, at);
      else this.buffer.writeFloatLE(value as number, at);
    }
  }

  finish(): Uint8Array {
    this.room(padded(this.length) - this.length);
    return this.buffer.subarray(0, this.length);
  }
}
