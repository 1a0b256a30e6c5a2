import { LlavaMiniError } from '../errors.ts';
import { parseStrictJson, quote, type StrictJson } from './strict-json.ts';
import { bytesToFloat32, DTYPE_BYTES, type DType, elementCount, isDType } from './tensor-data.ts';

/**
 * One tensor of a weights file. `begin` and `end` are byte positions from the start of the file; in a pickle, a tensor
 * that is not contiguous lies scattered between them, which then are further apart than its elements need.
 */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** By name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The `__metadata__` entry; an object without prototype. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface InMemorySafetensors extends SafetensorsHeader {
  /** The tensor's bytes, a view into the given memory. */
  raw(name: string): Uint8Array;
  /** The tensor as float32; a view when it already is aligned F32. */
  float32(name: string): Float32Array;
}

export const MAX_HEADER_BYTES = 100_000_000;
export const MAX_TENSORS = 100_000;
const MAX_RANK = 32;
const JSON_LIMITS = { depth: 3, values: 4_000_000 };

/**
 * Length of the JSON header, from the first eight bytes of a file.
 *
 * @param file name used in errors
 * @throws LlavaMiniError `bad-checkpoint` when it is over the cap or does not fit in the file
 */
export function headerLength(first8: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < 8 || first8.byteLength < 8)
    bad(
      file,
      `is ${fileSize} bytes long: too short for a safetensors file`,
      'the file is cut short; download it again',
    );
  const view = new DataView(first8.buffer, first8.byteOffset, 8);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER_BYTES) bad(file, `claims a header of ${length} bytes, over the cap of ${MAX_HEADER_BYTES}`);
  if (length > fileSize - 8) bad(file, `claims a header of ${length} bytes but has only ${fileSize - 8} after it`);
  if (length < 2) bad(file, `claims a header of ${length} bytes`);
  return length;
}

/**
 * Reads and checks a safetensors header: UTF-8 JSON without duplicate keys, known element types, shapes that agree
 * with the offsets, tensors that cover the rest of the file exactly, without gap or overlap. Nothing is allocated in
 * proportion to what the header claims.
 *
 * @param json the header's bytes (without the eight of its length)
 * @param fileSize bytes of the whole file
 * @param file name used in errors
 * @throws LlavaMiniError `bad-checkpoint` naming the file and the tensor
 */
export function parseHeader(json: Uint8Array, fileSize: number, file: string): SafetensorsHeader {
  const entries = decode(json, file);
  const metadata = readMetadata(entries.get('__metadata__'), file);
  entries.delete('__metadata__');
  if (entries.size > MAX_TENSORS) bad(file, `has ${entries.size} tensors, over the cap of ${MAX_TENSORS}`);
  const base = 8 + json.byteLength;
  const tensors = new Map<string, TensorInfo>();
  for (const [name, entry] of entries) tensors.set(name, readTensor(name, entry, base, fileSize, file));
  checkLayout([...tensors.values()], base, fileSize, file);
  return { tensors, metadata };
}

/**
 * A whole safetensors file in memory (browser, worker, test); uses no Node API.
 *
 * @param file name used in errors
 * @throws LlavaMiniError `bad-checkpoint`; `not-found` from `raw` and `float32` for an unknown name
 */
export function parseSafetensors(bytes: Uint8Array, file = 'safetensors data'): InMemorySafetensors {
  const length = headerLength(bytes, bytes.byteLength, file);
  const header = parseHeader(bytes.subarray(8, 8 + length), bytes.byteLength, file);
  const raw = (name: string): Uint8Array => {
    const info = findTensor(header, name, file);
    return bytes.subarray(info.begin, info.end);
  };
  return { ...header, raw, float32: (name) => bytesToFloat32(raw(name), findTensor(header, name, file).dtype) };
}

/** @throws LlavaMiniError `not-found` when the file has no such tensor */
export function findTensor(header: SafetensorsHeader, name: string, file: string): TensorInfo {
  const info = header.tensors.get(name);
  if (!info) throw new LlavaMiniError('not-found', `${file} has no tensor ${quote(name)}`);
  return info;
}

function decode(json: Uint8Array, file: string): Map<string, StrictJson> {
  if (json[0] !== 0x7b) bad(file, 'has a header that does not start with "{"', 'this is not a safetensors file');
  let value: StrictJson;
  try {
    value = parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json), JSON_LIMITS);
  } catch (error) {
    bad(file, `has a broken header: ${error instanceof SyntaxError ? error.message : 'not UTF-8'}`);
  }
  if (!(value instanceof Map)) bad(file, 'has a header that is not an object');
  return value;
}

function readMetadata(value: StrictJson | undefined, file: string): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  if (value === undefined || value === null) return metadata;
  if (!(value instanceof Map)) bad(file, 'has a __metadata__ that is not an object');
  for (const [key, text] of value) {
    if (typeof text !== 'string') bad(file, `has metadata ${quote(key)} that is not text`);
    metadata[key] = text;
  }
  return metadata;
}

function readTensor(name: string, entry: StrictJson, base: number, fileSize: number, file: string): TensorInfo {
  const where = `tensor ${quote(name)}`;
  if (!(entry instanceof Map)) bad(file, `has a broken entry for ${where}`);
  for (const key of entry.keys())
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets')
      bad(file, `has an unknown field ${quote(key)} in ${where}`);
  const dtype = entry.get('dtype');
  if (!isDType(dtype))
    bad(
      file,
      `has ${where} of unknown type ${typeof dtype === 'string' ? quote(dtype, 30) : typeof dtype}`,
      `known types: ${Object.keys(DTYPE_BYTES).join(', ')}`,
    );
  const shape = entry.get('shape');
  if (!isCounts(shape) || shape.length > MAX_RANK) bad(file, `has a broken shape in ${where}`);
  const bytes = elementCount(shape) * DTYPE_BYTES[dtype];
  if (!Number.isSafeInteger(bytes)) bad(file, `has a shape [${shape}] too large to exist in ${where}`);
  const offsets = entry.get('data_offsets');
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1])
    bad(file, `has broken data_offsets in ${where}`);
  const [begin, end] = offsets;
  if (end > fileSize - base)
    bad(file, `ends before ${where}: it needs ${end} bytes of data, there are ${fileSize - base}`, 'download it again');
  if (end - begin !== bytes)
    bad(file, `has ${where} of shape [${shape}] ${dtype}, ${bytes} bytes, but its offsets span ${end - begin}`);
  return { name, dtype, shape, begin: base + begin, end: base + end };
}

function checkLayout(tensors: TensorInfo[], base: number, fileSize: number, file: string): void {
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = base;
  for (const { name, begin, end } of tensors) {
    if (begin < at) bad(file, `has tensor ${quote(name)} overlapping another`);
    if (begin > at) bad(file, `has a gap of ${begin - at} bytes before tensor ${quote(name)}`);
    at = end;
  }
  if (at !== fileSize) bad(file, `has ${fileSize - at} bytes that belong to no tensor`);
}

function isCounts(value: StrictJson | undefined): value is number[] {
  return Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && (v as number) >= 0);
}

function bad(file: string, what: string, hint?: string): never {
  throw new LlavaMiniError('bad-checkpoint', `${file} ${what}`, { hint });
}
