import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { openSafetensors, readHeader } from './safetensors.ts';
import { parseSafetensors } from './safetensors-header.ts';
import { encodeSafetensors, writeSafetensors } from './safetensors-write.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('writing and reading', () => {
  test('every type, aligned, with metadata', async () => {
    const path = join(dir, 'all.safetensors');
    const floats = new Float32Array([1, -2, 0.5, 3]);
    await writeSafetensors(
      path,
      [
        { name: 'u8', shape: [3], dtype: 'U8', data: new Uint8Array([1, 2, 3]) },
        { name: '12', shape: [2, 2], dtype: 'F16', data: floats },
        { name: 'f32', shape: [2, 2], dtype: 'F32', data: () => floats },
        { name: 'bf16', shape: [4], dtype: 'BF16', data: async () => floats },
        { name: '__proto__', shape: [2], dtype: 'I64', data: new BigInt64Array([-5n, 6n]) },
        { name: 'empty', shape: [0, 7], dtype: 'I32', data: new Int32Array(0) },
        { name: 'scalar', shape: [], dtype: 'F64', data: new Float64Array([0.1]) },
      ],
      { format: 'pt', note: 'ü' },
    );
    const file = await openSafetensors(path);
    expect(file.metadata).toEqual({ format: 'pt', note: 'ü' });
    expect([...file.tensors.keys()].sort()).toEqual(['12', '__proto__', 'bf16', 'empty', 'f32', 'scalar', 'u8']);
    for (const { begin, dtype } of file.tensors.values()) {
      const size = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2 }[dtype as string] ?? 1;
      expect(begin % size).toBe(0);
    }
    for (const name of ['12', 'f32', 'bf16']) expect([...(await file.readFloat32(name))]).toEqual([...floats]);
    expect([...(await file.readFloat32('__proto__'))]).toEqual([-5, 6]);
    expect([...(await file.readFloat32('scalar'))]).toEqual([Math.fround(0.1)]);
    expect(await file.readRaw('empty')).toHaveLength(0);
    expect([...(await file.readRaw('u8', 1, 3))]).toEqual([2, 3]);
    expect([...(await file.readFloat32('12', 1, 3))]).toEqual([-2, 0.5]);
    expect([...(await file.readFloat32('f32', 3))]).toEqual([3]);
    await expect(file.readRaw('u8', 2, 4)).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(file.readRaw('u8', -1)).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(file.readRaw('nothing')).rejects.toMatchObject({ code: 'not-found' });
    await file.close();
    expect((await readHeader(path)).tensors.get('12')).toMatchObject({ dtype: 'F16', shape: [2, 2] });
  });

  test('16-bit tensors larger than one reading step', async () => {
    const path = join(dir, 'large.safetensors');
    const count = (9 << 20) / 2 + 3;
    const data = Float32Array.from({ length: count }, (_, i) => i % 1024);
    await writeSafetensors(path, [{ name: 'w', shape: [count], dtype: 'F16', data }]);
    const file = await openSafetensors(path);
    const read = await file.readFloat32('w');
    await file.close();
    expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(data.buffer))).toBe(0);
  });

  test('any set of tensors comes back, from memory as from disk', async () => {
    const tensor = fc.record({
      name: fc.string({ minLength: 1, maxLength: 12 }).filter((name) => name !== '__metadata__'),
      values: fc.array(fc.integer({ min: -128, max: 128 }), { maxLength: 20 }),
      dtype: fc.constantFrom('F32', 'F16', 'BF16', 'F64'),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(tensor, { selector: (t) => t.name, maxLength: 6 }), async (tensors) => {
        const list = tensors.map(({ name, values, dtype }) => ({
          name,
          dtype: dtype as 'F32',
          shape: [values.length],
          data: Float32Array.from(values),
        }));
        const bytes = await encodeSafetensors(list);
        const memory = parseSafetensors(bytes);
        const path = join(dir, 'property.safetensors');
        await writeSafetensors(path, list);
        const file = await openSafetensors(path);
        for (const { name, values } of tensors) {
          expect([...memory.float32(name)]).toEqual(values);
          expect([...(await file.readFloat32(name))]).toEqual(values);
        }
        expect(file.tensors.size).toBe(tensors.length);
        await file.close();
      }),
      { numRuns: 60 },
    );
  });

  test('a refused write leaves the old file and nothing else', async () => {
    const sub = await mkdtemp(join(dir, 'refused-'));
    const path = join(sub, 'w.safetensors');
    const one = { name: 'a', shape: [1], dtype: 'F32' as const, data: new Float32Array([1]) };
    await writeSafetensors(path, [one]);
    const attempts = [
      [one, one],
      [{ ...one, name: '__metadata__' }],
      [{ ...one, shape: [2] }],
      [{ ...one, shape: [2 ** 40, 2 ** 40] }],
      [{ ...one, shape: [-1] }],
      [{ ...one, dtype: 'F7' as 'F32' }],
      [{ ...one, dtype: 'I32' as const }],
      [one, { ...one, name: 'b', dtype: 'F16' as const, data: new Float32Array([1e6]) }],
    ];
    for (const attempt of attempts)
      await expect(writeSafetensors(path, attempt)).rejects.toMatchObject({
        name: 'LlavaMiniError',
        code: 'bad-argument',
      });
    const late = { ...one, name: 'b', data: () => Promise.reject(new LlavaMiniError('engine', 'gone')) };
    await expect(writeSafetensors(path, [one, late])).rejects.toMatchObject({ code: 'engine' });
    expect(await readdir(sub)).toEqual(['w.safetensors']);
    const file = await openSafetensors(path);
    expect([...(await file.readFloat32('a'))]).toEqual([1]);
    await file.close();
  });
});

describe('bad files', () => {
  test('missing, folder, empty, garbage', async () => {
    await expect(openSafetensors(join(dir, 'none'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(openSafetensors(dir)).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'bad-checkpoint' });
    const path = join(dir, 'bad.safetensors');
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(5),
      new Uint8Array(300).fill(255),
      Buffer.from('PK\u0003\u0004 not'),
    ]) {
      await writeFile(path, bytes);
      await expect(openSafetensors(path)).rejects.toMatchObject({ name: 'LlavaMiniError', code: 'bad-checkpoint' });
      await expect(openSafetensors(path)).rejects.toThrow(path);
    }
  });

  test('cut short on disk, and cut short while open', async () => {
    const path = join(dir, 'cut.safetensors');
    await writeSafetensors(path, [{ name: 'deep.weight', shape: [100], dtype: 'F32', data: new Float32Array(100) }]);
    const file = await openSafetensors(path);
    await truncate(path, 200);
    await expect(file.readFloat32('deep.weight')).rejects.toMatchObject({ code: 'bad-checkpoint' });
    await file.close();
    await expect(openSafetensors(path)).rejects.toThrow(/cut\.safetensors ends before tensor "deep\.weight"/);
  });

  test('a terabyte claimed in a sparse-looking header costs nothing', async () => {
    const path = join(dir, 'claim.safetensors');
    const json = '{"w":{"dtype":"F32","shape":[262144,1048576],"data_offsets":[0,1099511627776]}}';
    const bytes = new Uint8Array(8 + json.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(new TextEncoder().encode(json), 8);
    await writeFile(path, bytes);
    await expect(openSafetensors(path)).rejects.toThrow(/tensor "w".*1099511627776 bytes/);
  });
});
