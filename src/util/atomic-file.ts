import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { LlavaMiniError } from '../errors.ts';

/**
 * Writes a file so that a reader sees either the old one or the whole new one: temporary name beside it,
 * flush, rename. On failure nothing is left behind.
 *
 * @throws LlavaMiniError `no-space` when the disk is full, `io` for everything else.
 */
export async function writeFileAtomic(
  path: string,
  chunks: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      if (typeof chunks === 'string') await file.writeFile(chunks);
      else if (chunks instanceof Uint8Array) await file.writeFile(chunks);
      else for await (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw fileError(error, path);
  }
}

/** Turns a Node file error into ours, naming the path. */
export function fileError(error: unknown, path: string): LlavaMiniError {
  if (error instanceof LlavaMiniError) return error;
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new LlavaMiniError('no-space', `no space left while writing ${path}`, {
      hint: 'free some disk space or write somewhere else; nothing was changed',
      cause: error,
    });
  if (code === 'ENOENT') return new LlavaMiniError('not-found', `${path} does not exist`, { cause: error });
  return new LlavaMiniError('io', `cannot access ${path}: ${(error as Error)?.message ?? error}`, { cause: error });
}
