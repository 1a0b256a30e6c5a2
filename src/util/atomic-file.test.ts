import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomic } from './atomic-file.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'atomic-file-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Some bytes, then what the disk says. */
async function* failing(code: string): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1000);
  throw Object.assign(new Error(`${code}: write`), { code });
}

test.each([
  ['ENOSPC', 'no-space'],
  ['EDQUOT', 'no-space'],
  ['EIO', 'io'],
])('a disk that says %s half way leaves the old file, and nothing else', async (said, code) => {
  const path = join(dir, 'state');
  await writeFileAtomic(path, 'old');
  await expect(writeFileAtomic(path, failing(said))).rejects.toMatchObject({
    name: 'LlavaMiniError',
    code,
    message: expect.stringContaining(path),
  });
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(dir)).toEqual(['state']);
});

test('what is written in pieces takes the place of what was there', async () => {
  const path = join(dir, 'state');
  await writeFileAtomic(path, 'a longer text');
  await writeFileAtomic(path, [Uint8Array.of(110, 101), Uint8Array.of(119)]);
  expect(await readFile(path, 'utf8')).toBe('new');
  await expect(writeFileAtomic(join(dir, 'nowhere', 'state'), 'x')).rejects.toMatchObject({ code: 'not-found' });
});
