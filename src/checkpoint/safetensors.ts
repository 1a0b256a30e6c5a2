import { type FileHandle, open } from 'node:fs/promises';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { allocate, checkRange, readInto } from './file-bytes.ts';
import { findTensor, headerLength, parseHeader, type SafetensorsHeader } from './safetensors-header.ts';
import { bytesToFloat32, DTYPE_BYTES } from './tensor-data.ts';

export type { SafetensorsHeader, TensorInfo } from './safetensors-header.ts';

/** An open safetensors file; only its header is in memory. */
export interface SafetensorsFile extends SafetensorsHeader {
  readonly path: string;
  /**
   * Bytes of a tensor, or of its elements `from` (inclusive) to `to` (exclusive) in row-major order.
   * @throws LlavaMiniError `not-found`, `bad-argument` (range), `bad-checkpoint` (file changed), `out-of-memory`
   */
  readRaw(name: string, from?: number, to?: number): Promise<Uint8Array>;
  /** The same elements as float32, whatever they are stored as; needs no second copy of the tensor in memory. */
  readFloat32(name: string, from?: number, to?: number): Promise<Float32Array>;
  close(): Promise<void>;
}

const STEP_BYTES = 8 << 20;

/**
 * The checked header of a safetensors file.
 *
 * @throws LlavaMiniError `bad-checkpoint`, `not-found`, `io`
 */
export async function readHeader(path: string): Promise<SafetensorsHeader> {
  const file = await openSafetensors(path);
  await file.close();
  return { tensors: file.tensors, metadata: file.metadata };
}

/**
 * Opens a safetensors file and checks its header before anything else is read.
 *
 * @throws LlavaMiniError `bad-checkpoint` naming file and tensor, `not-found`, `io`
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stat = await handle.stat();
    if (!stat.isFile()) throw new LlavaMiniError('bad-checkpoint', `${path} is not a file`);
    const size = stat.size;
    const first = await readInto(handle, new Uint8Array(Math.min(8, size)), 0, path);
    const json = new Uint8Array(headerLength(first, size, path));
    return openedFile(path, handle, parseHeader(await readInto(handle, json, 8, path), size, path));
  } catch (error) {
    await handle?.close().catch(() => {});
    throw fileError(error, path);
  }
}

function openedFile(path: string, handle: FileHandle, header: SafetensorsHeader): SafetensorsFile {
  const span = (name: string, from: number, to: number | undefined) => {
    const info = findTensor(header, name, path);
    const size = DTYPE_BYTES[info.dtype];
    const stop = to ?? (info.end - info.begin) / size;
    checkRange(name, from, stop, (info.end - info.begin) / size, path);
    return { info, size, count: stop - from, position: info.begin + from * size };
  };

  return {
    path,
    ...header,
    async readRaw(name, from = 0, to) {
      const { info, size, count, position } = span(name, from, to);
      const bytes = allocate(info, path, () => new Uint8Array(count * size));
      return readInto(handle, bytes, position, path);
    },
    async readFloat32(name, from = 0, to) {
      const { info, size, count, position } = span(name, from, to);
      const floats = allocate(info, path, () => new Float32Array(count));
      if (info.dtype === 'F32') {
        await readInto(handle, new Uint8Array(floats.buffer), position, path);
        return floats;
      }
      const step = new Uint8Array(Math.min(count * size, STEP_BYTES));
      for (let done = 0; done < count; ) {
        const part = step.subarray(0, Math.min(step.length, (count - done) * size));
        await readInto(handle, part, position + done * size, path);
        bytesToFloat32(part, info.dtype, floats.subarray(done, done + part.length / size));
        done += part.length / size;
      }
      return floats;
    },
    async close() {
      await handle.close();
    },
  };
}
