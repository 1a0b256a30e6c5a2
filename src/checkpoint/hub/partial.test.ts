import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { PartialFile } from './partial.ts';

let top: string;
let blob: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'partial-'));
});
beforeEach(async () => {
  blob = join(await mkdtemp(join(top, 'one-')), 'hash');
});
afterAll(() => rm(top, { recursive: true, force: true }));

async function content(partial: PartialFile): Promise<number[]> {
  const bytes: number[] = [];
  for await (const chunk of partial.content()) bytes.push(...chunk);
  return bytes;
}

test('is written out of order, kept, gone on with, finished', async () => {
  const first = await PartialFile.open(blob, 10, 4);
  expect(first.spans).toEqual([
    { begin: 0, end: 4, at: 0 },
    { begin: 4, end: 8, at: 4 },
    { begin: 8, end: 10, at: 8 },
  ]);
  await first.write(first.spans[2], new Uint8Array([8, 9]));
  await first.write(first.spans[0], new Uint8Array([0, 1, 2]));
  expect(first.bytes).toBe(5);
  await first.keep();
  expect(await PartialFile.found(blob, 10)).toBe(5);
  expect(await PartialFile.found(blob, 11)).toBe(0);

  const second = await PartialFile.open(blob, 10, 3);
  expect(second.spans.map(({ at }) => at)).toEqual([3, 4, 10]);
  await second.write(second.spans[0], new Uint8Array([3]));
  await second.write(second.spans[1], new Uint8Array([4, 5, 6, 7]));
  expect(await content(second)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await second.finish();
  expect([...(await readFile(blob))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await readdir(join(blob, '..'))).toEqual(['hash']);
});

test('nothing arrived, or discarded: nothing stays', async () => {
  await (await PartialFile.open(blob, 10, 4)).keep();
  const partial = await PartialFile.open(blob, 10, 4);
  await partial.write(partial.spans[0], new Uint8Array([1]));
  await partial.discard();
  expect(await readdir(join(blob, '..'))).toEqual([]);
});

test.each([
  ['not JSON', 'x'],
  ['another size', { size: 9, spans: [[0, 9, 2]] }],
  [
    'a gap',
    {
      size: 10,
      spans: [
        [0, 4, 2],
        [5, 10, 5],
      ],
    },
  ],
  ['too short', { size: 10, spans: [[0, 4, 2]] }],
  ['position outside', { size: 10, spans: [[0, 10, 11]] }],
  ['more than the file has', { size: 10, spans: [[0, 10, 8]] }],
  [
    'endless',
    {
      size: 10,
      spans: [
        [0, 0, 0],
        [0, 10, 1],
      ],
    },
  ],
  ['no numbers', { size: 10, spans: [['0', '10', '1']] }],
  ['no spans', { size: 10 }],
])('a note that makes no sense is not followed: %s', async (_, note) => {
  await writeFile(`${blob}.llava-mini.incomplete`, 'abc');
  await writeFile(`${blob}.llava-mini.incomplete.json`, typeof note === 'string' ? note : JSON.stringify(note));
  expect(await PartialFile.found(blob, 10)).toBe(0);
  const partial = await PartialFile.open(blob, 10, 100);
  expect(partial.spans).toEqual([{ begin: 0, end: 10, at: 0 }]);
  expect(await content(partial)).toEqual([]);
  await partial.discard();
});
