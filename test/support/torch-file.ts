import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** A tensor as torch.save would store it, contiguous, in a storage of its own. */
export interface TorchTensor {
  shape: readonly number[];
  /** Such as `FloatStorage`. */
  storage: string;
  /** Bytes of an element. */
  size: number;
  data: Uint8Array;
}

/** Writes a zip archive of torch's form with a flat state dict in it (protocol 2). */
export async function writeTorchFile(path: string, tensors: ReadonlyMap<string, TorchTensor>): Promise<void> {
  const entries: [string, Uint8Array][] = [['archive/data.pkl', pickleOf(tensors)]];
  [...tensors.values()].forEach(({ data }, key) => {
    entries.push([`archive/data/${key}`, data]);
  });
  entries.push(['archive/version', ascii('3\n')]);
  const file = await open(path, 'w');
  try {
    for (const part of zipParts(entries)) await file.write(part);
  } finally {
    await file.close();
  }
}

export const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

export function joined(...parts: (Uint8Array | readonly number[] | string)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? ascii(part) : Uint8Array.from(part)))),
  );
}

export function u32(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}

const u16 = (value: number): number[] => [value & 255, (value >>> 8) & 255];

export const text = (value: string): Uint8Array => joined('X', u32(Buffer.byteLength(value)), Buffer.from(value));

const int = (value: number): Uint8Array => joined([0x8a, 8], new Uint8Array(new BigInt64Array([BigInt(value)]).buffer));

export const intTuple = (values: readonly number[]): Uint8Array => joined('(', ...values.map(int), 't');

/** The operations that leave a tensor on the stack. */
export function tensorOps(
  storage: string,
  key: string,
  count: number,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  return joined(
    'ctorch._utils\n_rebuild_tensor_v2\n((',
    text('storage'),
    `ctorch\n${storage}\n`,
    text(key),
    text('cpu'),
    int(count),
    'tQ',
    int(offset),
    intTuple(shape),
    intTuple(strides),
    [0x89],
    'ccollections\nOrderedDict\n)RtR',
  );
}

export function dictOps(entries: Iterable<readonly [string, Uint8Array]>): Uint8Array {
  return joined([0x80, 2], '}(', ...[...entries].flatMap(([name, ops]) => [text(name), ops]), 'u.');
}

function pickleOf(tensors: ReadonlyMap<string, TorchTensor>): Uint8Array {
  return dictOps(
    [...tensors].map(([name, { storage, shape, data, size }], key) => {
      const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
      return [name, tensorOps(storage, String(key), data.length / size, 0, shape, strides)] as const;
    }),
  );
}

/** A zip of stored entries, in pieces. */
export function zipParts(entries: readonly (readonly [string, Uint8Array])[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, data] of entries) {
    const crc = crc32(data);
    const sizes = joined(u32(crc), u32(data.length), u32(data.length), u16(name.length));
    const local = joined('PK\x03\x04', u16(0), u16(0), u16(0), u32(0), sizes, u16(0), name);
    directory.push(
      joined(
        'PK\x01\x02',
        u16(0),
        u16(0),
        u16(0),
        u16(0),
        u32(0),
        sizes,
        u16(0),
        u16(0),
        u16(0),
        u16(0),
        u32(0),
        u32(at),
        name,
      ),
    );
    parts.push(local, data);
    at += local.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = u16(entries.length);
  return [...parts, ...directory, joined('PK\x05\x06', u16(0), u16(0), count, count, u32(size), u32(at), u16(0))];
}
