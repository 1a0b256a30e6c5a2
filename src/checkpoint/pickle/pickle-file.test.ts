import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ascii, dictOps, joined, tensorOps, zipParts } from '../../../test/support/torch-file.ts';
import { openPickle } from './pickle-file.ts';

const DATA = new URL('../../../test/data/pickle/', import.meta.url).pathname;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pickle-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Expected {
  [file: string]: Record<string, { shape: number[]; values: number[] }>;
}

describe.each(['torch113', 'torch26'])('what %s wrote', (torch) => {
  const expected = async (): Promise<Expected> => JSON.parse(await readFile(`${DATA}${torch}-expected.json`, 'utf8'));

  test.each([2, 3, 4, 5])('every type, view and tied tensor, protocol %i', async (protocol) => {
    const want = (await expected()).protocol;
    const file = await openPickle(`${DATA}${torch}-protocol${protocol}.bin`);
    expect([...file.tensors.keys()]).toEqual(Object.keys(want));
    for (const [name, { shape, values }] of Object.entries(want)) {
      expect(file.tensors.get(name)!.shape, name).toEqual(shape);
      expect([...(await file.readFloat32(name))], name).toEqual(values.map(Math.fround));
      for (let from = 0; from <= values.length; from += 3) {
        const to = Math.min(values.length, from + 5);
        expect([...(await file.readFloat32(name, from, to))], `${name} ${from}`).toEqual(
          values.slice(from, to).map(Math.fround),
        );
      }
    }
    expect(file.tensors.get('tied.a')!.begin).toBe(file.tensors.get('tied.b')!.begin);
    const types = [...file.tensors.values()].map(({ dtype }) => dtype);
    expect(new Set(types)).toEqual(new Set(['F32', 'F64', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL']));
    expect([...(await file.readRaw('transposed', 1, 3))]).toEqual([
      ...new Uint8Array(new Float32Array([-1.5, 0]).buffer),
    ]);
    await file.close();
  });

  test('the state dict of a module, which carries versions', async () => {
    const want = (await expected()).module;
    const file = await openPickle(`${DATA}${torch}-module.bin`);
    for (const [name, { values }] of Object.entries(want))
      expect([...(await file.readFloat32(name))], name).toEqual(values.map(Math.fround));
    expect([...file.tensors.keys()]).toEqual(Object.keys(want));
    await file.close();
  });

  test.each([
    ['legacy', /before 1\.6/],
    ['nested', /no flat state dict: "model" is a dict/],
    ['whole-module', /the name "torch\.nn\.modules\.container\.Sequential"/],
  ])('refused: %s', async (kind, message) => {
    await expect(openPickle(`${DATA}${torch}-${kind}.bin`)).rejects.toMatchObject({
      name: 'LlavaMiniError',
      code: 'bad-checkpoint',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/safetensors/),
    });
  });
});

test('element types without a typed storage', async () => {
  const file = await openPickle(`${DATA}torch26-untyped.bin`);
  expect(file.tensors.get('u16')).toMatchObject({ dtype: 'U16', shape: [2] });
  expect([...(await file.readFloat32('u16'))]).toEqual([1, 65535]);
  expect([...(await file.readFloat32('u32'))]).toEqual([2 ** 32]);
  await file.close();
});

test('wrong ranges and names', async () => {
  const file = await openPickle(`${DATA}torch26-protocol2.bin`);
  for (const [from, to] of [
    [-1, 2],
    [2, 1],
    [0, 25],
    [0.5, 1],
    [Number.NaN, 1],
  ])
    await expect(file.readRaw('transposed', from, to)).rejects.toMatchObject({ code: 'bad-argument' });
  await expect(file.readFloat32('absent')).rejects.toMatchObject({ code: 'not-found' });
  await file.close();
  await expect(openPickle(join(dir, 'absent.bin'))).rejects.toMatchObject({ code: 'not-found' });
  await expect(openPickle(dir)).rejects.toMatchObject({ name: 'LlavaMiniError' });
});

test('a tensor beyond 4 GB, with zip64 records', async () => {
  const path = join(dir, 'large.bin');
  const far = 5 * 2 ** 30;
  const u64 = (value: number): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
  const none = [255, 255, 255, 255];
  const pickle = dictOps([['w', tensorOps('FloatStorage', '0', far / 4, far / 4 - 2, [2], [1])]]);
  const half = [0, 0];
  const local = (name: string): Uint8Array => joined('PK\x03\x04', new Array(22).fill(0), [name.length, 0], half, name);
  const central = (name: string, size: number, offset: number, crc: number): Uint8Array =>
    joined(
      'PK\x01\x02',
      new Array(12).fill(0),
      new Uint8Array(new Uint32Array([crc]).buffer),
      none,
      none,
      [name.length, 0],
      [28, 0],
      new Array(10).fill(0),
      none,
      name,
      [1, 0, 24, 0],
      u64(size),
      u64(size),
      u64(offset),
    );
  const file = await open(path, 'w');
  const first = joined(local('m/data/0'));
  await file.write(first, 0, first.length, 0);
  await file.write(new Uint8Array(new Float32Array([1.5, -2]).buffer), 0, 8, first.length + far - 8);
  const second = first.length + far;
  const rest = joined(local('m/data.pkl'), pickle);
  const directory = joined(central('m/data/0', far, 0, 0), central('m/data.pkl', pickle.length, second, crc32(pickle)));
  const at = second + rest.length;
  const end64 = joined('PK\x06\x06', u64(44), new Array(12).fill(0), u64(2), u64(2), u64(directory.length), u64(at));
  const locator = joined('PK\x06\x07', [0, 0, 0, 0], u64(at + directory.length), [1, 0, 0, 0]);
  const end = joined('PK\x05\x06', [0, 0, 0, 0], [255, 255, 255, 255], none, none, [0, 0]);
  const tail = joined(rest, directory, end64, locator, end);
  await file.write(tail, 0, tail.length, second);
  await file.close();
  const opened = await openPickle(path);
  expect([...(await opened.readFloat32('w'))]).toEqual([1.5, -2]);
  expect(opened.tensors.get('w')!.begin).toBe(first.length + far - 8);
  await opened.close();
});

describe('files whose archive is sound', () => {
  let made = 0;
  const zip = async (entries: [string, Uint8Array][]): Promise<string> => {
    const path = join(dir, `made-${made++}.bin`);
    await writeFile(path, joined(...zipParts(entries)));
    return path;
  };
  const four = new Uint8Array(16);
  const one = (ops: Uint8Array, data = four): Promise<string> =>
    zip([
      ['a/data.pkl', dictOps([['w', ops]])],
      ['a/data/0', data],
    ]);
  const refused = async (path: Promise<string>, message: RegExp): Promise<void> => {
    const error = await openPickle(await path).catch((e) => e);
    expect(error).toMatchObject({
      name: 'LlavaMiniError',
      code: 'bad-checkpoint',
      message: expect.stringMatching(message),
    });
    expect(error.hint).toBeTruthy();
    expect(error.message.length).toBeLessThan(500);
  };

  test('but whose tensors do not fit their storage are refused', async () => {
    const w = (count: number, offset: number, shape: number[], strides: number[], key = '0'): Promise<string> =>
      one(tensorOps('FloatStorage', key, count, offset, shape, strides));
    const good = await openPickle(await w(4, 1, [3], [1]));
    expect([...(await good.readFloat32('w'))]).toEqual([0, 0, 0]);
    await good.close();
    await refused(w(4, 2, [3], [1]), /"w" reaching out of its storage: element 5 of 4/);
    await refused(w(4, 0, [2, 2], [3, 1]), /reaching out/);
    await refused(w(4, 5, [0], [1]), /reaching out/);
    await refused(w(4, 0, [2 ** 40], [0]), /1099511627776 elements in a storage of 4/);
    await refused(w(4, 0, [2 ** 40, 2 ** 40], [0, 0]), /too large to exist/);
    await refused(w(4, 0, [2], [2 ** 52]), /reaching out/);
    await refused(w(5, 0, [2], [1]), /storage of 5 F32 elements, but a\/data\/0 is 16 bytes long/);
    await refused(w(2 ** 50, 0, [2], [1]), /is 16 bytes long/);
    await refused(w(4, 0, [2], [1, 1]), /1 sides and 2 strides/);
    await refused(w(4, -1, [2], [1]), /offset of a tensor that is no whole number/);
    await refused(w(4, 0, [-2], [1]), /shape of a tensor that is no whole number/);
    await refused(w(4, 0, [2], [-1]), /strides of a tensor/);
    await refused(w(4, 0, [2], [1], '1'), /storage "1", which is not there/);
    await refused(w(4, 0, [2], [1], '../0'), /strange key/);
    await refused(w(4, 0, new Array(33).fill(1), new Array(33).fill(1)), /33 sides/);
  });

  test('but which are no state dict, or not of this kind of machine, are refused', async () => {
    const good = dictOps([]);
    await refused(zip([['a/x', four]]), /0 data\.pkl/);
    await refused(
      zip([
        ['a/data.pkl', good],
        ['b/data.pkl', good],
      ]),
      /2 data\.pkl/,
    );
    await refused(
      zip([
        ['a/data.pkl', good],
        ['a/constants.pkl', good],
      ]),
      /TorchScript/,
    );
    await refused(
      zip([
        ['a/data.pkl', good],
        ['a/byteorder', ascii('big')],
      ]),
      /order of bytes/,
    );
    await refused(zip([['a/data.pkl', joined([0x80, 2], ']', '.')]]), /holds a list instead of a state dict/);
    await refused(zip([['a/data.pkl', joined([0x80, 2], '}', [75, 1], 'Ns.')]]), /name of the wrong kind/);
    const path = await zip([['a/data.pkl', good]]);
    const bytes = await readFile(path);
    bytes[bytes.indexOf('}')] ^= 1;
    await writeFile(path, bytes);
    await refused(Promise.resolve(path), /checksum/);
  });

  test('no file at all of this kind', async () => {
    const write = async (bytes: Uint8Array | string): Promise<string> => {
      const path = join(dir, `made-${made++}.bin`);
      await writeFile(path, bytes);
      return path;
    };
    await refused(write(''), /no zip archive/);
    await refused(write('nonsense'), /no zip archive/);
    await refused(write(joined('PK\x03\x04', new Array(100).fill(0))), /no zip archive/);
  });
});
