import { basename } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { LlavaMiniError } from '../errors.ts';
import type { Picture, PictureSource } from '../media/index.ts';

/** Stands for standard input. */
export const STDIN = '-';

/**
 * Reads a picture that a person named on the command line: a path, `-`, or an address. The person typed the address,
 * so it may be on their own network; size and time limits hold all the same.
 *
 * @throws LlavaMiniError naming the picture; the signal's reason
 */
export async function readPicture(name: string, signal: AbortSignal): Promise<Picture> {
  const { decodePicture } = await import('../media/index.ts');
  try {
    return await decodePicture(sourceOf(name, signal), { allowRemote: true, fetch: { allowPrivate: true }, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LlavaMiniError)) throw error;
    const shown = name === STDIN ? 'standard input' : name;
    const message = error.message.includes(basename(shown)) ? error.message : `${shown}: ${error.message}`;
    throw new LlavaMiniError(error.code, message, { hint: error.hint, cause: error });
  }
}

function sourceOf(name: string, signal: AbortSignal): PictureSource {
  if (name !== STDIN) return name;
  if (process.stdin.isTTY)
    throw new LlavaMiniError('bad-argument', 'no picture comes in', { hint: 'pipe a picture in, or name a file' });
  return Readable.toWeb(addAbortSignal(signal, process.stdin)) as ReadableStream<Uint8Array>;
}
