import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { LlavaMiniError } from '../../errors.ts';
import { fileError } from '../../util/atomic-file.ts';
import { allocate, checkRange, readInto } from '../file-bytes.ts';
import type { SafetensorsFile } from '../safetensors.ts';
import { findTensor } from '../safetensors-header.ts';
import { bytesToFloat32, DTYPE_BYTES } from '../tensor-data.ts';
import { isContiguous, places, type StridedTensor, stateDict } from './state-dict.ts';
import { unpickle } from './unpickle.ts';
import { readZip, type ZipEntry } from './zip.ts';

/** An open `pytorch_model.bin`, used like a safetensors file; only its list of tensors is in memory. */
export type PickleFile = Omit<SafetensorsFile, 'tensors'> & { readonly tensors: ReadonlyMap<string, StridedTensor> };

const MAX_PICKLE_BYTES = 32 << 20;
const STEP_BYTES = 8 << 20;
const HINT = 'get a safetensors version of the model, or save it again with a newer torch';

/**
 * Opens a file that torch.save wrote (torch 1.6 or later) of a flat state dict. Its pickle is read as data by
 * `unpickle`; nothing is ever run. Elements come in row-major order whatever the strides; for a tensor that is not
 * contiguous the part of its storage between the first and the last element asked for is read.
 *
 * @throws LlavaMiniError `bad-checkpoint` naming what was refused, `not-found`, `io`
 */
export async function openPickle(path: string): Promise<PickleFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stat = await handle.stat();
    if (!stat.isFile()) throw new LlavaMiniError('bad-checkpoint', `${path} is not a file`);
    return openedFile(path, handle, await readTensors(handle, stat.size, path));
  } catch (error) {
    await handle?.close().catch(() => {});
    throw fileError(error, path);
  }
}

async function readTensors(handle: FileHandle, fileSize: number, path: string): Promise<Map<string, StridedTensor>> {
  const read = (position: number, length: number): Promise<Uint8Array> =>
    readInto(handle, new Uint8Array(length), position, path);
  refuseOldFormat(await read(0, Math.min(16, fileSize)), path);
  const entries = await readZip(read, fileSize, path);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) bad(path, `has ${pickles.length} data.pkl instead of one: torch.save did not write it`);
  const prefix = pickles[0].slice(0, -'data.pkl'.length);
  if (entries.has(`${prefix}constants.pkl`)) bad(path, 'is a TorchScript program, not a file of weights');
  const pickle = entries.get(pickles[0])!;
  if (pickle.size > MAX_PICKLE_BYTES)
    bad(path, `has a data.pkl of ${pickle.size} bytes, over the cap of ${MAX_PICKLE_BYTES}`);
  const order = entries.get(`${prefix}byteorder`);
  if (order && (order.size > 16 || latin1(await read(order.begin, order.size)) !== 'little'))
    bad(path, 'was written by a machine with another order of bytes');
  const bytes = await read(pickle.begin, pickle.size);
  if (crc32(bytes) !== pickle.crc) bad(path, 'has a damaged data.pkl: its checksum is wrong', 'download it again');
  const storage = (key: string): ZipEntry | undefined => entries.get(`${prefix}data/${key}`);
  return stateDict(unpickle(bytes, path), storage, path);
}

/** Before torch 1.6 the file was several pickles in a row, the first of them a magic number. */
function refuseOldFormat(first: Uint8Array, path: string): void {
  if (first[0] === 0x80 && first[1] <= 5) bad(path, 'is in the format of torch before 1.6, which is not read');
  if (/^[\x20-\x7e]{8,}\0/.test(latin1(first)))
    bad(path, 'is in the tar format of the first torch versions, which is not read');
}

function openedFile(path: string, handle: FileHandle, tensors: ReadonlyMap<string, StridedTensor>): PickleFile {
  const part = (name: string, from: number, to: number | undefined) => {
    const info = findTensor({ tensors, metadata: {} }, name, path) as StridedTensor;
    const stop = to ?? info.elements;
    checkRange(name, from, stop, info.elements, path);
    return { info, size: DTYPE_BYTES[info.dtype], count: stop - from, stop };
  };

  const readRaw = async (name: string, from = 0, to?: number): Promise<Uint8Array> => {
    const { info, size, count, stop } = part(name, from, to);
    const bytes = allocate(info, path, () => new Uint8Array(count * size));
    if (isContiguous(info)) return readInto(handle, bytes, info.begin + from * size, path);
    const elements = allocate(info, path, () => places(info, from, stop));
    if (elements.length === 0) return bytes;
    let first = elements[0];
    let last = first;
    for (const place of elements) {
      if (place < first) first = place;
      if (place > last) last = place;
    }
    const span = allocate(info, path, () => new Uint8Array((last - first + 1) * size));
    await readInto(handle, span, info.begin + first * size, path);
    for (let n = 0; n < count; n++) {
      const at = (elements[n] - first) * size;
      for (let b = 0; b < size; b++) bytes[n * size + b] = span[at + b];
    }
    return bytes;
  };

  return {
    path,
    tensors,
    metadata: Object.create(null) as Record<string, string>,
    readRaw,
    async readFloat32(name, from = 0, to) {
      const { info, size, count } = part(name, from, to);
      if (!isContiguous(info)) return bytesToFloat32(await readRaw(name, from, to), info.dtype);
      const floats = allocate(info, path, () => new Float32Array(count));
      const step = Math.max(1, STEP_BYTES / size);
      for (let done = 0; done < count; done += step) {
        const stop = Math.min(count, done + step);
        const bytes = new Uint8Array((stop - done) * size);
        await readInto(handle, bytes, info.begin + (from + done) * size, path);
        bytesToFloat32(bytes, info.dtype, floats.subarray(done, stop));
      }
      return floats;
    },
    async close() {
      await handle.close();
    },
  };
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function bad(path: string, what: string, hint = HINT): never {
  throw new LlavaMiniError('bad-checkpoint', `${path} ${what}`, { hint });
}
