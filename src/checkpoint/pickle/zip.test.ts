import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ascii, joined, zipParts } from '../../../test/support/torch-file.ts';
import { LlavaMiniError } from '../../errors.ts';
import { openPickle } from './pickle-file.ts';
import { readZip, type ZipEntry } from './zip.ts';

/** Reads an archive in memory; asking for bytes outside of it is a failure of the reader. */
function read(bytes: Uint8Array, path = 'x.bin'): Promise<Map<string, ZipEntry>> {
  return readZip(
    async (position, length) => {
      if (position < 0 || length < 0 || position + length > bytes.length || !Number.isInteger(position + length))
        throw new Error(`read ${length} bytes at ${position} of ${bytes.length}`);
      return bytes.subarray(position, position + length);
    },
    bytes.length,
    path,
  );
}

const small = (): Uint8Array =>
  joined(
    ...zipParts([
      ['a/data.pkl', ascii('pickle')],
      ['a/data/0', new Uint8Array([1, 2, 3])],
    ]),
  );
const find = (bytes: Uint8Array, mark: string, from = 0): number => Buffer.from(bytes).indexOf(mark, from, 'latin1');

describe('readZip', () => {
  test('finds entries, by name, with their places', async () => {
    const bytes = small();
    const entries = await read(bytes);
    expect([...entries.keys()]).toEqual(['a/data.pkl', 'a/data/0']);
    const { begin, size } = entries.get('a/data/0')!;
    expect([...bytes.subarray(begin, begin + size)]).toEqual([1, 2, 3]);
  });

  test('reads an empty archive, and one with a comment', async () => {
    expect((await read(joined(...zipParts([])))).size).toBe(0);
    const bytes = joined(small(), 'hello');
    bytes[bytes.length - 7] = 5;
    expect((await read(bytes)).size).toBe(2);
  });

  const changed = (at: (bytes: Uint8Array) => number, values: number[]): Uint8Array => {
    const bytes = small();
    bytes.set(values, at(bytes));
    return bytes;
  };
  const local = (offset: number) => (): number => offset;
  const central =
    (offset: number) =>
    (bytes: Uint8Array): number =>
      find(bytes, 'PK\x01\x02') + offset;
  const end =
    (offset: number) =>
    (bytes: Uint8Array): number =>
      bytes.length - 22 + offset;

  test.each<[string, Uint8Array, RegExp]>([
    ['compressed entry', changed(central(10), [8]), /compressed entry "a\/data\.pkl"/],
    ['encrypted entry', changed(central(8), [1]), /encrypted entry "a\/data\.pkl"/],
    ['two sizes', changed(central(20), [5]), /two different sizes, 6 and 5/],
    ['entry on another disk', changed(central(34), [1]), /several files/],
    ['archive on several disks', changed(end(4), [1]), /several files/],
    ['entries on several disks', changed(end(8), [1]), /several files/],
    ['too few entries in the directory', changed(end(8), [3, 0, 3, 0]), /broken directory/],
    [
      'too many entries in the directory',
      changed(end(8), [1, 0, 1, 0]),
      /bytes in its directory that belong to no entry/,
    ],
    ['directory outside', changed(end(16), [255, 255, 255, 127]), /outside the file/],
    ['directory too long', changed(end(12), [255, 255, 255, 127]), /outside the file/],
    ['directory elsewhere', changed(end(16), [1, 0]), /broken directory/],
    ['empty name', changed(central(28), [0]), /empty or overlong name/],
    ['overlong name', changed(central(28), [255, 255]), /broken directory/],
    ['name that is not UTF-8', changed(central(46), [255]), /not UTF-8/],
    ['local header elsewhere', changed(central(42), [1]), /two headers disagree/],
    ['local header outside', changed(central(42), [255, 255, 255, 127]), /outside its place/],
    ['other local name', changed(local(30), [98]), /two headers disagree/],
    ['compressed only in the local header', changed(local(8), [8]), /two headers disagree/],
    ['content past the directory', changed(local(28), [255, 255]), /outside its place/],
    ['size past the directory', changed(central(20), [0, 1, 0, 0, 0, 1, 0, 0]), /outside its place/],
    ['missing zip64 field', changed(central(20), [255, 255, 255, 255]), /missing zip64 field/],
    ['overlap', changed(local(28), [9]), /"a\/data\/0" overlapping another/],
    ['cut short', small().slice(0, -1), /no zip archive/],
    ['bytes after the end', joined(small(), 'x'), /no zip archive/],
    [
      'one name twice',
      joined(
        ...zipParts([
          ['a', ascii('1')],
          ['a', ascii('2')],
        ]),
      ),
      /entry "a" twice/,
    ],
    [
      'a zip64 record outside',
      joined(
        small().slice(0, -22),
        'PK\x06\x07',
        new Array(4).fill(0),
        new Array(6).fill(255),
        [0, 0],
        [1, 0, 0, 0],
        small().slice(-22),
      ),
      /outside the file|too large to exist/,
    ],
  ])('refuses: %s', async (_, bytes, message) => {
    const error = await read(bytes).catch((e) => e);
    expect(error).toBeInstanceOf(LlavaMiniError);
    expect(error).toMatchObject({ code: 'bad-checkpoint', message: expect.stringMatching(message) });
    expect(error.message).toContain('x.bin');
    expect(error.hint).toBeTruthy();
  });

  test('refuses a number of entries over the cap before reading any', async () => {
    const u64 = (value: number): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
    const record = joined('PK\x06\x06', u64(44), new Array(12).fill(0), u64(10 ** 9), u64(10 ** 9), u64(0), u64(0));
    const locator = joined('PK\x06\x07', [0, 0, 0, 0], u64(0), [1, 0, 0, 0]);
    const tail = joined('PK\x05\x06', [0, 0, 0, 0], new Array(12).fill(255), [0, 0]);
    await expect(read(joined(record, locator, tail))).rejects.toMatchObject({
      message: expect.stringMatching(/claims 1000000000 entries, over the cap/),
    });
  });
});

interface Mutation {
  kind: number;
  at: number;
  byte: number;
  length: number;
}
const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.nat(5),
  at: fc.nat(2 ** 20),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 255)),
  length: fc.integer({ min: 1, max: 8 }),
});

/** Most of them hit the headers, which are at the end of the file and before each content. */
function mutate(bytes: Uint8Array, { kind, at, byte, length }: Mutation): Uint8Array {
  const tail = find(bytes, 'PK\x01\x02');
  const place = kind <= 2 && tail >= 0 ? tail + (at % (bytes.length - tail)) : at % bytes.length;
  if (kind === 4)
    return joined(bytes.subarray(0, place), bytes.subarray(Math.min(bytes.length, place + length)), [byte]);
  if (kind === 5) return joined(bytes.subarray(0, place), new Array(length).fill(byte), bytes.subarray(place));
  const out = bytes.slice();
  out.fill(byte, place, kind % 2 ? place + length : place + 1);
  return out;
}

describe('mutated archives', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zip-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));
  const start = new Uint8Array(
    readFileSync(new URL('../../../test/data/pickle/torch26-protocol2.bin', import.meta.url)),
  );

  test('10,000 directories: our typed error or entries that lie apart and within the file', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        const bytes = mutations.reduce(mutate, start);
        try {
          let at = 0;
          for (const { begin, size } of [...(await read(bytes)).values()].sort((a, b) => a.begin - b.begin)) {
            expect(begin).toBeGreaterThanOrEqual(at);
            at = begin + size;
          }
          expect(at).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(LlavaMiniError);
          expect(error).toMatchObject({ code: 'bad-checkpoint' });
          refused++;
        }
      }),
      { numRuns: 10_000, seed: 20_243 },
    );
    expect(refused).toBeGreaterThan(3000);
  });

  test('2,000 whole files: our typed error or tensors that can be read', async () => {
    const path = join(dir, 'fuzz.bin');
    let refused = 0;
    let largest = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        await writeFile(path, mutations.reduce(mutate, start));
        const before = process.memoryUsage();
        try {
          const file = await openPickle(path);
          for (const { name, elements } of file.tensors.values())
            expect((await file.readFloat32(name)).length).toBe(elements);
          await file.close();
        } catch (error) {
          expect(error).toBeInstanceOf(LlavaMiniError);
          expect(error).toMatchObject({ code: 'bad-checkpoint' });
          refused++;
        }
        const after = process.memoryUsage();
        largest = Math.max(largest, after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers);
      }),
      { numRuns: 2000, seed: 20_244 },
    );
    expect(refused).toBeGreaterThan(600);
    expect(largest).toBeLessThan(32 << 20);
  });
});
