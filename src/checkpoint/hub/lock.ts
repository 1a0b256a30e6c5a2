import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { fileError } from '../../util/atomic-file.ts';
import { makeFolder } from './cache.ts';
import { wait } from './failure.ts';

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
 * @throws LlavaMiniError `io`; the signal's reason while waiting; whatever `work` throws
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const { staleMs = 30_000, pollMs = 200, signal } = options;
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), key: randomBytes(8).toString('hex') });
  await makeFolder(dirname(path));
  for (let told = false; !(await create(path, mine)); ) {
    signal?.throwIfAborted();
    if (await takeAway(path, staleMs)) continue;
    if (!told) options.onWait?.();
    told = true;
    await wait(pollMs, signal);
  }
  const alive = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), Math.max(10, staleMs / 10));
  alive.unref();
  try {
    return await work();
  } finally {
    clearInterval(alive);
    if ((await read(path)) === mine) await rm(path, { force: true }).catch(() => {});
  }
}

async function create(path: string, content: string): Promise<boolean> {
  // Written aside and linked into place: the lock is never seen half-written, and link never replaces.
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await link(temporary, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
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

/** Removes a dead lock. True when it is worth trying again at once. */
async function takeAway(path: string, staleMs: number): Promise<boolean> {
  const seen = await read(path);
  const touched = await stat(path).then(
    (found) => found.mtimeMs,
    () => undefined,
  );
  if (seen === undefined || touched === undefined) return true;
  if (Date.now() - touched < staleMs && !holderIsGone(seen)) return false;
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  // Between our look and our move someone else may have taken the dead lock over: then theirs goes back.
  if ((await read(aside)) !== seen) await link(aside, path).catch(() => {});
  await rm(aside, { force: true }).catch(() => {});
  return true;
}

function holderIsGone(content: string): boolean {
  try {
    const { pid, host } = JSON.parse(content) as { pid: number; host: string };
    if (host !== hostname() || !Number.isSafeInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
