import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Field, readMessage } from '../../test/support/read-protobuf.ts';
import { ProtobufWriter } from './protobuf.ts';

const written = (write: (w: ProtobufWriter) => void): Field[] => {
  const w = new ProtobufWriter();
  write(w);
  const bytes = w.finish();
  expect(w.byteLength).toBe(bytes.byteLength);
  return readMessage(bytes);
};

describe('protocol buffers', () => {
  test('bytes of known messages', () => {
    const hex = (write: (w: ProtobufWriter) => void): string => {
      const w = new ProtobufWriter();
      write(w);
      return Buffer.from(w.finish()).toString('hex');
    };
    // The examples of protobuf.dev's encoding page.
    expect(hex((w) => w.varint(1, 150))).toBe('089601');
    expect(hex((w) => w.string(2, 'testing'))).toBe('120774657374696e67');
    expect(hex((w) => w.message(3, (inner) => inner.varint(1, 150)))).toBe('1a03089601');
    expect(hex((w) => w.varint(1, -2))).toBe('08feffffffffffffffff01');
    expect(hex((w) => w.float(2, 0.25))).toBe('150000803e');
    expect(hex((w) => w.varint(20, 7))).toBe('a00107');
    expect(hex((w) => w.message(1, () => {}))).toBe('0a00');
  });

  test('varints of every size, to the ends of 64 bits', () => {
    const edges = [0n, 1n, 127n, 128n, 16383n, 16384n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n];
    const signed = [...edges, ...edges.map((v) => -v), -(2n ** 63n)];
    for (const v of [...signed, 2n ** 63n, 2n ** 64n - 1n]) {
      const [field] = written((w) => w.varint(5, v));
      expect(field).toEqual({ field: 5, varint: BigInt.asUintN(64, v) });
    }
    fc.assert(
      fc.property(fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), (values) => {
        const fields = written((w) => values.forEach((v) => void w.varint(8, v)));
        expect(fields.map((f) => BigInt.asIntN(64, f.varint as bigint))).toEqual(values);
      }),
    );
    fc.assert(
      fc.property(fc.maxSafeInteger(), (v) => {
        expect(BigInt.asIntN(64, written((w) => w.varint(1, v))[0].varint as bigint)).toBe(BigInt(v));
      }),
    );
  });

  test('messages across the ends of the buffer, in order', () => {
    const sizes = [4085, 4086, 4087, 4088, 4089, 4090, 4091, 4092, 4093, 4094, 4095, 4096, 4097, 10000];
    for (const size of sizes) {
      const blob = Uint8Array.from({ length: size }, (_, i) => i % 251);
      const fields = written((w) =>
        w
          .varint(1, 300)
          .message(2, (a) =>
            a
              .string(1, 'before')
              .message(2, (b) => b.bytes(1, blob).varint(2, 7))
              .varint(3, 9),
          )
          .bytes(3, blob)
          .string(4, 'after'),
      );
      expect(fields.map((f) => f.field)).toEqual([1, 2, 3, 4]);
      const a = readMessage(fields[1].bytes as Uint8Array);
      expect(Buffer.from(a[0].bytes as Uint8Array).toString()).toBe('before');
      const b = readMessage(a[1].bytes as Uint8Array);
      expect(Buffer.compare(b[0].bytes as Uint8Array, blob)).toBe(0);
      expect([b[1].varint, a[2].varint]).toEqual([7n, 9n]);
      expect(Buffer.compare(fields[2].bytes as Uint8Array, blob)).toBe(0);
      expect(Buffer.from(fields[3].bytes as Uint8Array).toString()).toBe('after');
    }
  });

  test('many small fields in nested messages', () => {
    const fields = written((w) =>
      w.message(1, (a) => {
        for (let i = 0; i < 5000; i++) a.message(2, (b) => b.varint(1, i).string(2, `näme ${i}`));
      }),
    );
    const inner = readMessage(fields[0].bytes as Uint8Array);
    expect(inner.length).toBe(5000);
    inner.forEach((f, i) => {
      const [n, name] = readMessage(f.bytes as Uint8Array);
      expect(n.varint).toBe(BigInt(i));
      expect(Buffer.from(name.bytes as Uint8Array).toString()).toBe(`näme ${i}`);
    });
  });
});
