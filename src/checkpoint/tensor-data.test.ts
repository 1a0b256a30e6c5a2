import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToFloat32, DTYPE_BYTES, type DType, elementCount, isDType, toBytes, typedView } from './tensor-data.ts';

describe('elementCount', () => {
  test.each([
    [[], 1],
    [[3, 4], 12],
    [[0, 5], 0],
    [[2 ** 52, 0], 0],
    [[2 ** 30, 2 ** 30], Number.NaN],
    [[2 ** 52, 2 ** 52, 0], Number.NaN],
    [[-1], Number.NaN],
    [[1.5], Number.NaN],
  ])('%j → %d', (shape, count) => {
    expect(elementCount(shape)).toBe(count);
  });
});

test('isDType does not fall for inherited names', () => {
  expect(isDType('F32')).toBe(true);
  for (const name of ['toString', '__proto__', 'f32', '', 3, null]) expect(isDType(name)).toBe(false);
});

describe('bytes and floats', () => {
  test.each(['F32', 'F64', 'F16', 'BF16'] as DType[])('%s: small whole numbers survive the round trip', (dtype) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -256, max: 256 })), fc.boolean(), (values, shift) => {
        const bytes = toBytes(Float32Array.from(values), dtype);
        expect(bytes.length).toBe(values.length * DTYPE_BYTES[dtype]);
        const moved = new Uint8Array(bytes.length + 1);
        moved.set(bytes, 1);
        expect([...bytesToFloat32(shift ? moved.subarray(1) : bytes, dtype)]).toEqual(values);
      }),
    );
  });

  test.each([
    ['I8', new Int8Array([-3, 7])],
    ['I16', new Int16Array([-300, 7])],
    ['U16', new Uint16Array([65535, 7])],
    ['I32', new Int32Array([-70000, 7])],
    ['U32', new Uint32Array([4_000_000_000, 7])],
    ['I64', new BigInt64Array([-3n, 7n])],
    ['U64', new BigUint64Array([3n, 7n])],
    ['U8', new Uint8Array([255, 7])],
    ['BOOL', new Uint8Array([1, 0])],
  ] as const)('%s reads as float32', (dtype, data) => {
    const bytes = toBytes(data, dtype);
    expect([...bytesToFloat32(bytes, dtype)]).toEqual([...data].map(Number));
    expect([...typedView(bytes, dtype)]).toEqual([...data]);
  });

  test('aligned F32 is a view, and `out` is filled when given', () => {
    const source = new Float32Array([1, 2, 3]);
    const bytes = new Uint8Array(source.buffer);
    expect(bytesToFloat32(bytes, 'F32').buffer).toBe(source.buffer);
    const out = new Float32Array(3);
    expect(bytesToFloat32(bytes, 'F32', out)).toBe(out);
    expect([...out]).toEqual([1, 2, 3]);
  });

  test('refuses what does not fit', () => {
    expect(() => toBytes(new Float32Array([1, 70000]), 'F16')).toThrow(/70000 at 1 is too large for F16/);
    expect(() => toBytes(new Float32Array([1]), 'I32')).toThrow(/Float32Array cannot be stored as I32/);
    expect(() => toBytes(new Int32Array([1]), 'F32')).toThrow(/Int32Array cannot be stored as F32/);
    expect(toBytes(new Float32Array([Number.POSITIVE_INFINITY]), 'F16')).toEqual(new Uint8Array([0, 0x7c]));
  });
});
