import { LlavaMiniError } from '../errors.ts';
import { writeFileAtomic } from '../util/atomic-file.ts';
import { MAX_HEADER_BYTES, MAX_TENSORS } from './safetensors-header.ts';
import { quote } from './strict-json.ts';
import { DTYPE_BYTES, type DType, elementCount, isDType, type TensorArray, toBytes } from './tensor-data.ts';

/**
 * A tensor to store. `data` may be a function, called when its turn comes, so that one tensor at a time is held; what it
 * gives may itself come in pieces, so that not even one is.
 */
export interface TensorToWrite {
  name: string;
  shape: readonly number[];
  dtype: DType;
  /** A Float32Array is rounded to `dtype`; a Uint8Array is stored as it is; F16 and BF16 bits are Uint16Array. */
  data: TensorArray | (() => TensorArray | Promise<TensorArray> | AsyncIterable<TensorArray>);
}

/**
 * Writes a safetensors file in one atomic step. Wider types come first, so that every tensor is aligned.
 *
 * @throws LlavaMiniError `bad-argument` (data does not fit the shape or type, duplicate name), `no-space`, `io`;
 *   the old file, if any, then still stands
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { order, header } = plan(tensors, metadata);
  await writeFileAtomic(path, content(order, header));
}

/** The bytes `writeSafetensors` would write, for where there are no files. */
export async function encodeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const { order, header } = plan(tensors, metadata);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content(order, header)) chunks.push(chunk);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function plan(tensors: Iterable<TensorToWrite>, metadata: Readonly<Record<string, string>>) {
  const order = [...tensors];
  if (order.length > MAX_TENSORS) refuse(`${order.length} tensors are over the format's cap of ${MAX_TENSORS}`);
  for (const tensor of order)
    if (!isDType(tensor.dtype)) refuse(`unknown type ${tensor.dtype} of ${quote(tensor.name)}`);
  order.sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype]);
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set('__metadata__', metadata);
  let at = 0;
  for (const { name, shape, dtype } of order) {
    if (name === '__metadata__' || entries.has(name)) refuse(`tensor name ${quote(name)} is taken`);
    const end = at + elementCount(shape) * DTYPE_BYTES[dtype];
    if (!Number.isSafeInteger(end)) refuse(`tensor ${quote(name)} has an impossible shape [${shape}]`);
    entries.set(name, { dtype, shape, data_offsets: [at, end] });
    at = end;
  }
  // Built by hand: as an object, names like "12" would move to the front and "__proto__" would vanish.
  const json = `{${[...entries].map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) refuse(`the header would be ${length} bytes, over the format's cap`);
  const header = new Uint8Array(8 + length).fill(0x20);
  const view = new DataView(header.buffer);
  view.setUint32(0, length, true);
  view.setUint32(4, 0, true);
  header.set(text, 8);
  return { order, header };
}

async function* content(order: readonly TensorToWrite[], header: Uint8Array): AsyncGenerator<Uint8Array> {
  yield header;
  for (const { name, shape, dtype, data } of order) {
    const expected = elementCount(shape) * DTYPE_BYTES[dtype];
    let written = 0;
    for await (const array of pieces(data)) {
      let bytes: Uint8Array;
      try {
        bytes = toBytes(array, dtype);
      } catch (error) {
        refuse(`tensor ${quote(name)}: ${(error as Error).message}`);
      }
      written += bytes.length;
      if (written > expected) break;
      yield bytes;
    }
    if (written !== expected)
      refuse(
        `tensor ${quote(name)} of shape [${shape}] ${dtype} needs ${expected} bytes, its data has ${written}${written > expected ? ' or more' : ''}`,
      );
  }
}

async function* pieces(data: TensorToWrite['data']): AsyncGenerator<TensorArray> {
  const given = typeof data === 'function' ? await data() : data;
  if (Symbol.asyncIterator in given) yield* given;
  else yield given;
}

function refuse(what: string): never {
  throw new LlavaMiniError('bad-argument', what);
}
