import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { parseSafetensors } from './safetensors-header.ts';
import { DTYPE_BYTES, elementCount } from './tensor-data.ts';

/** A file with this header text (or bytes) and so many bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0, claimed?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (dtype: unknown, shape: unknown, offsets: unknown): string =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

function failure(bytes: Uint8Array): LlavaMiniError {
  try {
    parseSafetensors(bytes, 'w.safetensors');
  } catch (error) {
    expect(error).toBeInstanceOf(LlavaMiniError);
    expect((error as LlavaMiniError).code).toBe('bad-checkpoint');
    return error as LlavaMiniError;
  }
  throw new Error('accepted');
}

describe('parseSafetensors', () => {
  test('reads tensors, metadata and odd names', () => {
    const bytes = file(
      `{"__metadata__":{"format":"pt","__proto__":"x"},"__proto__":${entry('F32', [1, 2], [0, 8])},"12":${entry('U8', [], [8, 9])},"none":${entry('F16', [3, 0], [9, 9])}}  `,
      9,
    );
    const data = new Float32Array([1.5, -2]);
    bytes.set(new Uint8Array(data.buffer), bytes.length - 9);
    bytes[bytes.length - 1] = 7;
    const read = parseSafetensors(bytes);
    expect([...read.tensors.keys()]).toEqual(['__proto__', '12', 'none']);
    expect(Object.entries(read.metadata)).toEqual([
      ['format', 'pt'],
      ['__proto__', 'x'],
    ]);
    expect([...read.float32('__proto__')]).toEqual([1.5, -2]);
    expect([...read.raw('12')]).toEqual([7]);
    expect(read.tensors.get('none')).toMatchObject({ shape: [3, 0], begin: bytes.length, end: bytes.length });
    expect(() => read.raw('absent')).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  test('reads a file without tensors', () => {
    expect(parseSafetensors(file('{}')).tensors.size).toBe(0);
  });

  test.each([
    ['empty', new Uint8Array(0), /0 bytes long/],
    ['seven bytes', new Uint8Array(7), /7 bytes long/],
    ['huge length', file('{}', 0, 0xffff_ffff_ffff_ffffn), /over the cap/],
    ['length past 100 MB', file('{}', 0, 100_000_001n), /over the cap/],
    ['length past the end', file('{}', 0, 3n), /claims a header of 3 bytes but has only 2/],
    ['length 0', file('', 20), /claims a header of 0/],
    ['not JSON', file('{"a":'), /value expected/],
    ['not an object', file('[1]'), /does not start/],
    ['leading space', file(' {}'), /does not start/],
    ['not UTF-8', file(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])), /not UTF-8/],
    ['byte order mark', file('\ufeff{}'), /does not start/],
    ['duplicate', file(`{"a":${entry('U8', [1], [0, 1])},"a":${entry('U8', [1], [0, 1])}}`, 1), /duplicate key "a"/],
    ['duplicate field', file('{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,1]}}', 1), /duplicate/],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}'), /metadata "a"/],
    ['metadata list', file('{"__metadata__":[]}'), /__metadata__/],
    ['entry is null', file('{"a":null}'), /entry for tensor "a"/],
    ['unknown field', file('{"a":{"x":1}}'), /unknown field "x" in tensor "a"/],
    ['unknown type', file(`{"a":${entry('F7', [1], [0, 1])}}`, 1), /tensor "a" of unknown type "F7"/],
    ['inherited type', file(`{"a":${entry('toString', [1], [0, 1])}}`, 1), /unknown type/],
    ['type missing', file('{"a":{"shape":[1],"data_offsets":[0,1]}}', 1), /unknown type undefined/],
    ['negative side', file(`{"a":${entry('U8', [-1], [0, 1])}}`, 1), /shape in tensor "a"/],
    ['fraction', file(`{"a":${entry('U8', [0.5], [0, 1])}}`, 1), /shape in tensor "a"/],
    ['text side', file(`{"a":${entry('U8', ['1'], [0, 1])}}`, 1), /shape in tensor "a"/],
    ['side over 2^53', file('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', 1), /shape/],
    [
      'product overflow',
      file(`{"a":${entry('F32', [2 ** 40, 2 ** 40], [0, 1])}}`, 1),
      /too large to exist in tensor "a"/,
    ],
    ['overflow hidden by zero', file(`{"a":${entry('F32', [2 ** 40, 2 ** 40, 0], [0, 0])}}`), /too large/],
    ['rank 33', file(`{"a":${entry('U8', new Array(33).fill(1), [0, 1])}}`, 1), /shape in tensor "a"/],
    ['three offsets', file(`{"a":${entry('U8', [1], [0, 1, 2])}}`, 1), /data_offsets in tensor "a"/],
    ['offsets backwards', file(`{"a":${entry('U8', [1], [1, 0])}}`, 1), /data_offsets in tensor "a"/],
    ['past the end', file(`{"a":${entry('U8', [9], [0, 9])}}`, 8), /ends before tensor "a"/],
    ['wrong size', file(`{"a":${entry('F32', [2], [0, 4])}}`, 4), /8 bytes, but its offsets span 4/],
    ['gap at the start', file(`{"a":${entry('U8', [1], [1, 2])}}`, 2), /gap of 1 bytes before tensor "a"/],
    ['bytes left over', file(`{"a":${entry('U8', [1], [0, 1])}}`, 2), /1 bytes that belong to no tensor/],
    [
      'overlap',
      file(`{"a":${entry('U8', [2], [0, 2])},"b":${entry('U8', [2], [1, 3])}}`, 3),
      /tensor "b" overlapping another/,
    ],
    ['deep', file(`{"a":${'['.repeat(100)}${']'.repeat(100)}}`), /nested deeper/],
  ])('refuses: %s', (_, bytes, message) => {
    const error = failure(bytes);
    expect(error.message).toMatch(message);
    expect(error.message).toContain('w.safetensors');
    expect(error.message.length).toBeLessThan(400);
  });

  test('refuses more than 100,000 entries, reads 100,000', () => {
    const header = (n: number): string =>
      `{${Array.from({ length: n }, (_, i) => `"t${i}":${entry('U8', [0], [0, 0])}`).join(',')}}`;
    expect(parseSafetensors(file(header(100_000))).tensors.size).toBe(100_000);
    expect(failure(file(header(100_001))).message).toMatch(/over the cap of 100000/);
  });

  test('a message never carries a hostile name in full', () => {
    expect(failure(file(`{"${'n'.repeat(5000)}":1}`)).message.length).toBeLessThan(300);
  });
});

describe('mutated headers', () => {
  const NASTY = [
    '[',
    '{',
    '"',
    '\\u0000',
    '-1',
    '1e999',
    '9007199254740993',
    '18446744073709551616',
    ',',
    ':',
    'null',
    '__proto__',
  ];
  const good = fc
    .array(
      fc.record({ dtype: fc.constantFrom('F32', 'F16', 'U8', 'I64'), shape: fc.array(fc.nat(3), { maxLength: 3 }) }),
      {
        maxLength: 5,
      },
    )
    .map((tensors) => {
      let at = 0;
      const parts = tensors.map(({ dtype, shape }, i) => {
        const end = at + elementCount(shape) * DTYPE_BYTES[dtype as 'F32'];
        const text = `"layer.${i}.weight":${entry(dtype, shape, [at, end])}`;
        at = end;
        return text;
      });
      return file(`{${['"__metadata__":{"format":"pt"}', ...parts].join(',')}}`, at);
    });
  type Mutation = { kind: number; at: number; byte: number; length: number; text: string };
  const mutation: fc.Arbitrary<Mutation> = fc.record({
    kind: fc.nat(7),
    at: fc.nat(2 ** 20),
    byte: fc.nat(255),
    length: fc.integer({ min: 1, max: 40 }),
    text: fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 6 }), fc.maxSafeNat().map(String)),
  });

  function mutate(bytes: Uint8Array, m: Mutation): Uint8Array {
    const view = new DataView(bytes.buffer);
    const length = bytes.length >= 8 ? Number(view.getBigUint64(0, true) & 0xffffffn) : 0;
    const at = 8 + (m.at % Math.max(1, Math.min(length, bytes.length - 8)));
    const splice = (from: number, to: number, insert: Uint8Array, fix: boolean): Uint8Array => {
      const out = new Uint8Array([...bytes.subarray(0, from), ...insert, ...bytes.subarray(to)]);
      if (fix && out.length >= 8)
        new DataView(out.buffer).setBigUint64(0, BigInt(Math.max(0, length + insert.length - (to - from))), true);
      return out;
    };
    const text = new TextEncoder().encode(m.text);
    const digit = [...bytes.keys()].filter((i) => i >= 8 && i < 8 + length && bytes[i] >= 0x30 && bytes[i] <= 0x39);
    const number = digit.length > 0 ? digit[m.at % digit.length] : at;
    switch (m.kind) {
      case 0: {
        const out = bytes.slice();
        if (at < out.length) out[at] = m.byte;
        return out;
      }
      case 1:
        return bytes.slice(0, m.at % (bytes.length + 1));
      case 2: {
        const out = bytes.slice();
        if (out.length > 0) out[m.at % Math.min(8, out.length)] = m.byte;
        return out;
      }
      case 3:
        return splice(at, at, text, true);
      case 4:
        return splice(number, Math.min(number + 1, bytes.length), text, true);
      case 5:
        return splice(at, Math.min(at + m.length, bytes.length), new Uint8Array(0), true);
      case 6:
        return splice(at, at, bytes.slice(at, at + m.length), true);
      default:
        return splice(bytes.length, bytes.length, text, false);
    }
  }

  function timed(bytes: Uint8Array): number {
    const started = performance.now();
    try {
      parseSafetensors(bytes);
    } catch {
      // Judged by the caller; only the time matters here.
    }
    return performance.now() - started;
  }

  test('10,000 of them: our typed error or a header whose every claim holds, quickly and in little memory', () => {
    let refused = 0;
    let slowest = 0;
    let largest = 0;
    fc.assert(
      fc.property(good, fc.array(mutation, { minLength: 1, maxLength: 3 }), (start, mutations) => {
        const bytes = mutations.reduce(mutate, start);
        const memory = process.memoryUsage();
        const before = memory.heapUsed + memory.arrayBuffers;
        const started = performance.now();
        try {
          const { tensors } = parseSafetensors(bytes, 'fuzz');
          let at = bytes.length;
          for (const { begin, end, shape, dtype } of [...tensors.values()].sort(
            (a, b) => b.end - a.end || b.begin - a.begin,
          )) {
            expect(end).toBe(at);
            expect(end - begin).toBe(elementCount(shape) * DTYPE_BYTES[dtype]);
            at = begin;
          }
          if (tensors.size > 0) expect(at).toBe(8 + Number(new DataView(bytes.buffer).getBigUint64(0, true)));
        } catch (error) {
          expect(error).toBeInstanceOf(LlavaMiniError);
          expect(error).toMatchObject({ code: 'bad-checkpoint' });
          expect((error as Error).message).toMatch(/^fuzz /);
          refused++;
        }
        let took = performance.now() - started;
        const after = process.memoryUsage();
        largest = Math.max(largest, after.heapUsed + after.arrayBuffers - before);
        // On a busy machine one run may wait for a processor: what counts is the best of four.
        for (let again = 0; took > 20 && again < 3; again++) took = Math.min(took, timed(bytes));
        slowest = Math.max(slowest, took);
      }),
      { numRuns: 10_000, seed: 20_241 },
    );
    expect(refused).toBeGreaterThan(6000);
    expect(slowest).toBeLessThan(50);
    expect(largest).toBeLessThan(8 << 20);
  });
});
