import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolder } from '../checkpoint/hub/cache.ts';
import { withLock } from '../checkpoint/hub/lock.ts';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { isProcessGone } from '../util/process-gone.ts';
import { MANIFEST_FILE } from './manifest.ts';

export interface ReplaceOptions {
  signal?: AbortSignal;
  /** Called once when another process is writing the same folder. */
  onWait?: () => void;
  /** What may be replaced beside an empty folder. Default: a converted model; `anything` is for a cache. */
  replaces?: 'nothing' | 'converted' | 'anything';
}

/** Where the old folder is between the two renames. */
const BACKUP = '.replaced-by-llava-mini';
const PARTIAL = /^\.partial-(\d+)-[0-9a-f]{8}$/;

/**
 * Makes a converted folder in one step: `fill` writes into a folder beside it, which then takes its name. A lock keeps
 * other processes out; what a process that died has left behind is removed, so that an interrupted conversion simply
 * begins anew. On failure the old folder, if any, still stands and nothing else is left.
 *
 * @param fill may find under the lock that there is nothing to do, and returns false: then all stays as it is
 * @throws LlavaMiniError `bad-argument` when the place is taken by something that may not be replaced, `io`; the
 *   signal's reason; what `fill` throws
 */
export async function replaceFolder(
  path: string,
  options: ReplaceOptions,
  fill: (temporary: string) => Promise<boolean | undefined>,
): Promise<void> {
  const out = resolve(path);
  const { replaces = 'converted' } = options;
  await makeFolder(dirname(out));
  await checkReplaceable(out, replaces);
  await withLock(`${out}.lock`, options, async (stillHeld) => {
    const old = out + BACKUP;
    const temporary = `${out}.partial-${process.pid}-${randomBytes(4).toString('hex')}`;
    try {
      await removeLeftovers(out, old, temporary, replaces);
      await mkdir(temporary);
      if ((await fill(temporary)) === false) return;
      options.signal?.throwIfAborted();
      await checkReplaceable(out, replaces);
      await stillHeld();
      const isAside = await setAside(out, old);
      try {
        await rename(temporary, out);
      } catch (error) {
        if (isAside) await rename(old, out).catch(() => {});
        throw error;
      }
      // Under a name that is nobody else's: a removal that is interrupted is finished by the next run.
      if (isAside) await rename(old, temporary).catch(() => {});
    } catch (error) {
      throw typeof (error as NodeJS.ErrnoException)?.syscall === 'string' ? fileError(error, out) : error;
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => {});
    }
  });
}

/** Whether there was something that has to be removed, or put back. */
async function setAside(out: string, old: string): Promise<boolean> {
  try {
    await rmdir(out);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
  }
  await rename(out, old);
  return true;
}

/** Only who holds the lock makes such folders: they are of processes that died, or, still alive, lost it in a long sleep. */
async function removeLeftovers(
  out: string,
  old: string,
  temporary: string,
  replaces: ReplaceOptions['replaces'],
): Promise<void> {
  const isModel = await holdsModel(old);
  // It died between the two renames, or after them. What holds no model is somebody else's, except in a cache.
  if (isModel && !(await exists(out))) await rename(old, out);
  else if (replaces === 'anything' ? await exists(old) : isModel && (await holdsModel(out))) {
    await rename(old, temporary);
    await rm(temporary, { recursive: true });
  }
  const name = basename(out);
  for (const other of await readdir(dirname(out))) {
    const pid = other.startsWith(name) ? PARTIAL.exec(other.slice(name.length))?.[1] : undefined;
    if (pid !== undefined && (Number(pid) === process.pid || isProcessGone(Number(pid))))
      await rm(join(dirname(out), other), { recursive: true, force: true }).catch((error) => {
        throw fileError(error, other);
      });
  }
}

/** @throws LlavaMiniError `bad-argument` when a place is taken by something that may not be replaced, `io` */
export async function checkReplaceable(out: string, replaces: ReplaceOptions['replaces']): Promise<void> {
  if (replaces === 'anything') return;
  const names: string[] = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new LlavaMiniError('bad-argument', `${out} is a file, not a folder`);
    throw fileError(error, out);
  });
  if (names.length === 0 || (replaces === 'converted' && names.includes(MANIFEST_FILE))) return;
  throw new LlavaMiniError(
    'bad-argument',
    replaces === 'nothing'
      ? `${out} is there already and not empty`
      : `${out} is there already and is not a converted model`,
    { hint: 'give another folder; nothing was changed' },
  );
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}

async function holdsModel(path: string): Promise<boolean> {
  return readdir(path).then(
    (names) => names.includes(MANIFEST_FILE),
    () => false,
  );
}
