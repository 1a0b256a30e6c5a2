import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MANIFEST_FILE } from './manifest.ts';
import { type ReplaceOptions, replaceFolder } from './replace-folder.ts';

let dir: string;
let out: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'replace-'));
  out = join(dir, 'a');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const write = async (folder: string, name: string, content: string): Promise<void> => {
  await mkdir(join(dir, folder), { recursive: true });
  await writeFile(join(dir, folder, name), content);
};
const read = (path: string): Promise<string> => readFile(join(dir, path), 'utf8');
const make = (content: string, options: ReplaceOptions = {}): Promise<void> =>
  replaceFolder(out, options, async (temporary) => {
    await writeFile(join(temporary, MANIFEST_FILE), content);
    return true;
  });

test('what a living process writes beside the place stays, what a dead one left goes', async () => {
  const other = spawn('sleep', ['60']);
  const dead = spawnSync('true').pid;
  try {
    const [theirs, left] = [`a.partial-${other.pid}-0123abcd`, `a.partial-${dead}-0123abcd`];
    await write(theirs, 'half', 'x');
    await write(left, 'half', 'x');
    await make('first');
    expect((await readdir(dir)).sort()).toEqual(['a', theirs].sort());
  } finally {
    other.kill();
  }
});

describe('what is beside the place and not ours stays', () => {
  test.each(['a.old', 'a.replaced-by-llava-mini', 'a.partial-1-00', 'a.partial-notes'])('%s', async (name) => {
    await write(name, 'precious.txt', 'precious');
    await make('first');
    expect(await read(`a/${MANIFEST_FILE}`)).toBe('first');
    expect(await read(`${name}/precious.txt`)).toBe('precious');
    await mkdir(join(dir, 'b'));
    out = join(dir, 'b');
    await write('b.old', 'precious.txt', 'precious');
    await make('into an empty folder');
    expect(await read(`b/${MANIFEST_FILE}`)).toBe('into an empty folder');
    expect((await readdir(dir)).sort()).toEqual(['a', name, 'b', 'b.old'].sort());
  });

  test('a model that its owner moved to .old', async () => {
    await make('first');
    await rename(out, `${out}.old`);
    await make('second');
    expect([await read(`a/${MANIFEST_FILE}`), await read(`a.old/${MANIFEST_FILE}`)]).toEqual(['second', 'first']);
  });

  test('a folder without a model under the name of our backup: nothing is changed', async () => {
    await make('first');
    await write('a.replaced-by-llava-mini', 'precious.txt', 'precious');
    await expect(make('second')).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'io' });
    expect(await read(`a/${MANIFEST_FILE}`)).toBe('first');
    expect(await read('a.replaced-by-llava-mini/precious.txt')).toBe('precious');
    expect((await readdir(dir)).sort()).toEqual(['a', 'a.replaced-by-llava-mini']);
  });
});

describe('what a process that died has left', () => {
  test('between the renames: the old model is back when the next one fails', async () => {
    await write('a.replaced-by-llava-mini', MANIFEST_FILE, 'old');
    await write('a.partial-4194305-0123abcd', 'weights-00001.bin', 'half');
    const failing = replaceFolder(out, {}, () => Promise.reject(new Error('enough')));
    await expect(failing).rejects.toThrow('enough');
    expect(await read(`a/${MANIFEST_FILE}`)).toBe('old');
    expect(await readdir(dir)).toEqual(['a']);
  });

  test('after them: the old model is removed', async () => {
    await write('a', MANIFEST_FILE, 'new');
    await write('a.replaced-by-llava-mini', MANIFEST_FILE, 'old');
    await make('newer');
    expect(await read(`a/${MANIFEST_FILE}`)).toBe('newer');
    expect(await readdir(dir)).toEqual(['a']);
  });

  test('in a cache, whatever it is', async () => {
    await write('a', 'half.bin', '');
    await write('a.replaced-by-llava-mini', 'half.bin', '');
    await make('whole', { replaces: 'anything' });
    expect(await readdir(out)).toEqual([MANIFEST_FILE]);
    expect(await readdir(dir)).toEqual(['a']);
  });
});

test('an export replaces nothing, not even a model', async () => {
  await make('model');
  await expect(make('other', { replaces: 'nothing' })).rejects.toMatchObject({
    code: 'bad-argument',
    message: expect.stringMatching(/not empty/),
  });
  expect(await read(`a/${MANIFEST_FILE}`)).toBe('model');
});
