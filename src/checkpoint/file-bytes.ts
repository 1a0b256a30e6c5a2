import type { FileHandle } from 'node:fs/promises';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { quote } from './strict-json.ts';

/** Fills `bytes` from a position of a file. @throws LlavaMiniError `bad-checkpoint` when the file ends before, `io` */
export async function readInto(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  path: string,
): Promise<Uint8Array> {
  try {
    // One read call moves at most 2 GiB.
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, done, Math.min(bytes.length - done, 1 << 30), position + done);
      if (bytesRead === 0) throw new LlavaMiniError('bad-checkpoint', `${path} became shorter while it was being read`);
      done += bytesRead;
    }
    return bytes;
  } catch (error) {
    throw fileError(error, path);
  }
}

/** What the memory of a tensor is called in errors. */
interface Named {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** @throws LlavaMiniError `out-of-memory` naming the tensor */
export function allocate<T>(info: Named, path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new LlavaMiniError(
      'out-of-memory',
      `not enough memory for tensor ${quote(info.name)} of ${path}, shape [${info.shape}] ${info.dtype}`,
      { cause },
    );
  }
}

/** @throws LlavaMiniError `bad-argument` unless 0 ≤ from ≤ to ≤ count */
export function checkRange(name: string, from: number, to: number, count: number, path: string): void {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to || to > count)
    throw new LlavaMiniError(
      'bad-argument',
      `elements ${from} to ${to} are not within tensor ${quote(name)} of ${path}`,
    );
}
