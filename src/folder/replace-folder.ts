import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolder } from '../checkpoint/hub/cache.ts';
import { withLock } from '../checkpoint/hub/lock.ts';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { MANIFEST_FILE } from './manifest.ts';

export interface ReplaceOptions {
  signal?: AbortSignal;
  /** Called once when another process is writing the same folder. */
  onWait?: () => void;
  /** The place is ours whatever is there, as in a cache. */
  owned?: boolean;
}

/**
 * Makes a converted folder in one step: `fill` writes into a folder beside it, which then takes its name. A lock keeps
 * other processes out; what a process that died has left behind is removed, so that an interrupted conversion simply
 * begins anew. On failure the old folder, if any, still stands and nothing else is left.
 *
 * @param fill may find under the lock that there is nothing to do, and returns false: then all stays as it is
 * @throws LlavaMiniError `bad-argument` when the place is taken by something that is not a converted model, `io`; the
 *   signal's reason; what `fill` throws
 */
export async function replaceFolder(
  path: string,
  options: ReplaceOptions,
  fill: (temporary: string) => Promise<boolean | undefined>,
): Promise<void> {
  const out = resolve(path);
  await makeFolder(dirname(out));
  if (!options.owned) await checkReplaceable(out);
  await withLock(`${out}.lock`, options, async () => {
    const old = `${out}.old`;
    await removeLeftovers(out, old);
    const temporary = `${out}${PARTIAL}${process.pid}-${randomBytes(4).toString('hex')}`;
    try {
      await mkdir(temporary);
      if ((await fill(temporary)) === false) return;
      options.signal?.throwIfAborted();
      if (!options.owned) await checkReplaceable(out);
      if (await exists(out)) await rename(out, old);
      try {
        await rename(temporary, out);
      } catch (error) {
        await rename(old, out).catch(() => {});
        throw error;
      }
    } catch (error) {
      throw typeof (error as NodeJS.ErrnoException)?.syscall === 'string' ? fileError(error, out) : error;
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => {});
      if (await exists(out)) await rm(old, { recursive: true, force: true }).catch(() => {});
    }
  });
}

const PARTIAL = '.partial-';

/** Only who holds the lock makes such folders: they are of processes that died. */
async function removeLeftovers(out: string, old: string): Promise<void> {
  // It died between the two renames.
  if (!(await exists(out)) && (await exists(old))) await rename(old, out).catch(() => {});
  for (const name of await readdir(dirname(out)))
    if (name.startsWith(basename(out) + PARTIAL))
      await rm(join(dirname(out), name), { recursive: true, force: true }).catch((error) => {
        throw fileError(error, name);
      });
}

async function checkReplaceable(out: string): Promise<void> {
  const names: string[] = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new LlavaMiniError('bad-argument', `${out} is a file, not a folder`);
    throw fileError(error, out);
  });
  if (names.length > 0 && !names.includes(MANIFEST_FILE))
    throw new LlavaMiniError('bad-argument', `${out} is there already and is not a converted model`, {
      hint: 'give another folder; nothing was changed',
    });
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
