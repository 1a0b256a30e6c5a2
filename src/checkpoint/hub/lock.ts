import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { LlavaMiniError } from '../../errors.ts';
import { fileError } from '../../util/atomic-file.ts';
import { isProcessGone } from '../../util/process-gone.ts';
import { makeFolder } from './cache.ts';
import { wait } from './failure.ts';

/** Where a process number means something: containers may share a name and not their processes. */
export const LOCK_HOST = `${hostname()} ${pidNamespace()}`.trim();

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

export interface LockOptions {
  /** A lock whose holder gave no sign of life for so long, in milliseconds, is taken over. Default 30,000. */
  readonly staleMs?: number;
  readonly pollMs?: number;
  readonly signal?: AbortSignal;
  /** Called once when someone else holds the lock. */
  readonly onWait?: () => void;
}

/**
 * Holds a lock file against other processes (and other calls in this one) while `work` runs. The holder touches the
 * file regularly; a lock whose process is gone, or that was not touched for long, is taken over.
 *
 * @param work may ask whether the lock is still held, before what must not be done by two: after a sleep longer than
 *   `staleMs` it may be another's
 * @throws LlavaMiniError `io`, also when the lock was lost; the signal's reason while waiting; whatever `work` throws
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: (stillHeld: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const { staleMs = 30_000, pollMs = 200, signal } = options;
  const mine = JSON.stringify({ pid: process.pid, host: LOCK_HOST, key: randomBytes(8).toString('hex') });
  for (let told = false; !(await create(path, mine)); ) {
    signal?.throwIfAborted();
    if (await takeAway(path, staleMs)) continue;
    if (!told) options.onWait?.();
    told = true;
    await wait(pollMs, signal);
  }
  const alive = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), Math.max(10, staleMs / 10));
  alive.unref();
  const lost = (cause?: unknown): LlavaMiniError => {
    const message = `another process has taken over ${path}: this one was stopped for too long`;
    return new LlavaMiniError('io', message, { hint: 'try again; nothing was changed', cause });
  };
  try {
    return await work(async () => {
      if ((await read(path)) !== mine) throw lost();
    });
  } catch (error) {
    const holder = await read(path);
    // That files have gone is a consequence, when another holds the lock; refusals and failures of the network are not.
    const isConsequence = !(error instanceof LlavaMiniError) || error.code === 'not-found';
    if (isConsequence && !signal?.aborted && holder !== undefined && holder !== mine) throw lost(error);
    throw error;
  } finally {
    clearInterval(alive);
    if ((await read(path)) === mine) await rm(path, { force: true }).catch(() => {});
  }
}

async function create(path: string, content: string, tries = 20): Promise<boolean> {
  // Written aside and linked into place: the lock is never seen half-written, and link never replaces.
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await link(temporary, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // The first lock there, or who removes a model has removed its empty folder of locks too.
    if (code === 'ENOENT' && tries > 1) {
      await makeFolder(dirname(path));
      return create(path, content, tries - 1);
    }
    // File systems without hard links (exFAT, some network shares).
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EMLINK') throw fileError(error, path);
    return writeFile(path, content, { flag: 'wx' }).then(
      () => true,
      (second: NodeJS.ErrnoException) => {
        if (second.code === 'EEXIST') return false;
        throw fileError(second, path);
      },
    );
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/**
 * Removes a dead lock. True when it is worth trying again at once. Only who holds the second file may look and remove,
 * so that nobody removes the lock of someone who has just taken the dead one over.
 */
async function takeAway(path: string, staleMs: number): Promise<boolean> {
  if (!(await isDead(path, staleMs))) return false;
  const guard = `${path}.takeover`;
  if (!(await create(guard, ''))) {
    if (await isOld(guard, staleMs)) await rm(guard, { force: true }).catch(() => {});
    return false;
  }
  try {
    if (!(await isDead(path, staleMs))) return false;
    await rm(path, { force: true }).catch((error) => {
      throw fileError(error, path);
    });
    return true;
  } finally {
    await rm(guard, { force: true }).catch(() => {});
  }
}

async function isDead(path: string, staleMs: number): Promise<boolean> {
  const content = await read(path);
  return content !== undefined && (holderIsGone(content) || (await isOld(path, staleMs)));
}

async function isOld(path: string, staleMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs >= staleMs;
}

function holderIsGone(content: string): boolean {
  try {
    const { pid, host } = JSON.parse(content) as { pid: number; host: string };
    return host === LOCK_HOST && Number.isSafeInteger(pid) && pid > 0 && isProcessGone(pid);
  } catch {
    return false;
  }
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
