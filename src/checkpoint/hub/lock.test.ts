import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { LOCK_HOST, withLock } from './lock.ts';

let top: string;
let path: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'lock-'));
});
beforeEach(async () => {
  path = join(await mkdtemp(join(top, 'one-')), 'deep', 'x.lock');
});
afterAll(() => rm(top, { recursive: true, force: true }));

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const leave = async (content: string, ageMs = 0): Promise<void> => {
  await withLock(path, {}, async () => {});
  await writeFile(path, content);
  const when = new Date(Date.now() - ageMs);
  await utimes(path, when, when);
};

test('one at a time, all get their turn, nothing is left', async () => {
  let inside = 0;
  let most = 0;
  let waits = 0;
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      withLock(path, { pollMs: 3, onWait: () => waits++ }, async () => {
        most = Math.max(most, ++inside);
        await pause(4);
        inside--;
        return i;
      }),
    ),
  );
  expect(results).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect(most).toBe(1);
  expect(waits).toBe(11);
  expect(await readdir(join(path, '..'))).toEqual([]);
});

test('a failure inside frees the lock', async () => {
  const error = new Error('inside');
  await expect(withLock(path, {}, () => Promise.reject(error))).rejects.toBe(error);
  expect(await withLock(path, {}, async () => 'free')).toBe('free');
});

test('waiting can be given up', async () => {
  const abort = new AbortController();
  const reason = new Error('stop');
  await withLock(path, {}, async () => {
    setTimeout(() => abort.abort(reason), 20);
    await expect(withLock(path, { signal: abort.signal, pollMs: 5 }, async () => 'never')).rejects.toBe(reason);
    expect(await readFile(path, 'utf8')).toContain(`"pid":${process.pid}`);
  });
});

test('a holder that lives keeps the lock beyond the stale time', async () => {
  let held = true;
  const first = withLock(path, { staleMs: 100 }, async () => {
    await pause(400);
    held = false;
  });
  await pause(20);
  await withLock(path, { staleMs: 100, pollMs: 5 }, async () => expect(held).toBe(false));
  await first;
});

test.each([
  ['of a process that is gone', () => leave(JSON.stringify({ pid: 2 ** 22 + 1, host: LOCK_HOST, key: 'x' }))],
  [
    'of another machine, untouched for long',
    () => leave(JSON.stringify({ pid: 1, host: 'elsewhere', key: 'x' }), 60_000),
  ],
  [
    'of a process with our number, untouched for long',
    () => leave(JSON.stringify({ pid: process.pid, host: LOCK_HOST, key: 'x' }), 60_000),
  ],
  ['empty, untouched for long', () => leave('', 60_000)],
])('a lock %s is taken over, by one of many', async (_, prepare) => {
  await prepare();
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 6 }, () =>
      withLock(path, { pollMs: 2 }, async () => {
        most = Math.max(most, ++inside);
        await pause(3);
        inside--;
      }),
    ),
  );
  expect(most).toBe(1);
});

test('who was stopped for so long that the lock is another’s is told before the last step', async () => {
  const outcome = withLock(path, {}, async (stillHeld) => {
    await stillHeld();
    await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', key: 'x' }));
    await stillHeld();
  });
  await expect(outcome).rejects.toMatchObject({ code: 'io', message: /taken over/ });
  expect(await readFile(path, 'utf8')).toContain('elsewhere');
});

test('what fails because the lock was lost says so', async () => {
  const missing = new Error('no such file');
  const outcome = withLock(path, {}, async () => {
    await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', key: 'x' }));
    throw missing;
  });
  await expect(outcome).rejects.toMatchObject({ code: 'io', message: /taken over/, cause: missing });
  const held = withLock(join(dirname(path), 'other.lock'), {}, async () => {
    throw missing;
  });
  await expect(held).rejects.toBe(missing);
});

test('a folder of locks that is removed by who had the lock is made again by who waits', async () => {
  // Often, for it may happen at any moment, also between two steps of taking the lock.
  for (let round = 0; round < 40; round++) {
    await withLock(path, {}, async () => {});
    await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', key: 'x' }));
    const waiting = withLock(path, { pollMs: 1 }, async () => 'in');
    await pause(3);
    await rm(dirname(path), { recursive: true, maxRetries: 20, retryDelay: 1 });
    expect(await waiting).toBe('in');
  }
});

test('a fresh lock of another machine is respected', async () => {
  await leave(JSON.stringify({ pid: 1, host: 'elsewhere', key: 'x' }));
  await expect(withLock(path, { signal: AbortSignal.timeout(100), pollMs: 10 }, async () => {})).rejects.toMatchObject({
    name: 'TimeoutError',
  });
});
