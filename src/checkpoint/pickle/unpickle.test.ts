import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dictOps, intTuple, joined, tensorOps, text, u32 } from '../../../test/support/torch-file.ts';
import { LlavaMiniError } from '../../errors.ts';
import { unpickle } from './unpickle.ts';
import type { PickleDict } from './values.ts';

const P2 = [0x80, 2];
const call = (module: string, name: string, args: Uint8Array): Uint8Array =>
  joined(P2, `c${module}\n${name}\n`, args, 'R.');

describe('unpickle', () => {
  test('plain values and what is remembered', () => {
    const value = unpickle(
      joined(
        P2,
        '}(',
        text('a'),
        'N',
        text('b'),
        [0x88],
        text('c'),
        [75, 7, 113, 0],
        text('d'),
        [104, 0],
        text('e'),
        'J',
        [254, 255, 255, 255],
        text('f'),
        'G',
        [0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
        text('g'),
        ']',
        [75, 1],
        'a',
        text('h'),
        intTuple([2 ** 40, -3]),
        'u.',
      ),
      'x.bin',
    ) as PickleDict;
    expect(Object.fromEntries(value.entries)).toEqual({
      a: null,
      b: true,
      c: 7,
      d: 7,
      e: -2,
      f: 1.5,
      g: { kind: 'list', items: [1] },
      h: { kind: 'tuple', items: [2 ** 40, -3] },
    });
  });

  test('names that mean something else in JavaScript are only names', () => {
    const { entries } = unpickle(
      dictOps([
        ['__proto__', joined('N')],
        ['constructor', joined('N')],
      ]),
      'x.bin',
    ) as PickleDict;
    expect([...entries.keys()]).toEqual(['__proto__', 'constructor']);
  });

  const os = joined('(', text('rm -rf /'), 't');
  test.each<[string, Uint8Array, RegExp]>([
    ['os.system', call('os', 'system', os), /the name "os\.system"/],
    ['posix.system', call('posix', 'system', os), /"posix\.system"/],
    ['eval', call('builtins', 'eval', os), /"builtins\.eval"/],
    ['getattr', call('builtins', 'getattr', os), /"builtins\.getattr"/],
    ['a name with a dotted path', call('torch', '_utils.os.system', os), /"torch\._utils\.os\.system"/],
    ['torch.load', call('torch', 'load', os), /"torch\.load"/],
    ['runpy', call('runpy', '_run_code', os), /"runpy\._run_code"/],
    ['an old rebuild', call('torch._utils', '_rebuild_tensor', os), /"torch\._utils\._rebuild_tensor"/],
    ['STACK_GLOBAL', joined([0x80, 4], text('os'), text('system'), [0x93], '.'), /"os\.system"/],
    ['STACK_GLOBAL of numbers', joined([0x80, 4], [75, 1, 75, 2, 0x93], '.'), /a broken name/],
    ['control characters in a name', call('o\u001b[31ms', 'system', os), /\\u001b/],
    ['INST', joined(P2, '(ios\nsystem\n.'), /operation INST/],
    ['OBJ', joined(P2, '(', text('x'), 'o.'), /operation OBJ/],
    ['NEWOBJ', joined(P2, ')', [0x81], '.'), /operation NEWOBJ/],
    ['EXT1', joined(P2, [0x82, 1], '.'), /operation EXT1/],
    ['PERSID', joined(P2, 'P1\n.'), /operation PERSID/],
    ['calling a storage', joined(P2, 'ctorch\nFloatStorage\n)R.'), /call of torch\.FloatStorage/],
    ['calling a string', joined(P2, text('os.system'), ')R.'), /call of a string/],
    ['OrderedDict of something', joined(P2, 'ccollections\nOrderedDict\n(]tR.'), /OrderedDict with arguments/],
    ['state of a tensor', joined(P2, tensorOps('FloatStorage', '0', 1, 0, [1], [1]), '}b.'), /a state for a tensor/],
    [
      'a tensor of nothing',
      joined(P2, 'ctorch._utils\n_rebuild_tensor_v2\n(K\x00K\x00))N}tR.'),
      /without a typed storage/,
    ],
    ['a parameter of nothing', joined(P2, 'ctorch._utils\n_rebuild_parameter\n(NNNtR.'), /parameter without a tensor/],
    ['a strange reference', joined(P2, text('storage'), 'Q.'), /reference of the wrong form/],
    [
      'an unknown storage',
      joined(P2, '(', text('storage'), 'ccollections\nOrderedDict\n', text('0'), text('cpu'), [75, 1], 'tQ.'),
      /not to a storage of a known type/,
    ],
    ['a number of 9 bytes', joined(P2, [0x8a, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0], '.'), /too large to be a size/],
    ['a number over 2^53', joined(P2, [0x8a, 8, 1, 0, 0, 0, 0, 0, 32, 0], '.'), /too large to be a size/],
    ['a long string', joined(P2, 'X', u32(1 << 20), '.'), /a string of 1048576 bytes/],
    ['a string past the end', joined(P2, 'X', u32(100), 'abc'), /cut short/],
    ['not UTF-8', joined(P2, 'X', u32(1), [255], '.'), /not UTF-8/],
    ['no end', joined(P2, '}'), /cut short/],
    ['nothing', new Uint8Array(0), /no protocol/],
    ['protocol 0', joined('(dp0\n.'), /no protocol/],
    ['protocol 9', joined([0x80, 9], '}.'), /protocol 9/],
    ['bytes after the end', joined(P2, '}.x'), /1 bytes after its end/],
    ['an empty stack', joined(P2, '.'), /more or less than one value/],
    ['two values', joined(P2, '}}.'), /more or less than one value/],
    ['an open mark', joined(P2, '}(.'), /more or less than one value/],
    ['no mark', joined(P2, '}u.'), /without a mark/],
    ['underflow', joined(P2, [0x85], '.'), /without a value/],
    ['a value below a mark', joined(P2, '}(R.'), /without a value/],
    ['unknown memo', joined(P2, [104, 3], '.'), /a value that is not there/],
    ['deep marks', joined(P2, '('.repeat(1001)), /nested deeper/],
    ['a key twice', joined(P2, '}(', text('a'), 'N', text('a'), 'Nu.'), /the key "a" twice/],
    ['a tuple as key', joined(P2, '})Ns.'), /a tuple as key/],
    ['an odd number of items', joined(P2, '}(', text('a'), 'u.'), /no dictionary/],
    ['items for None', joined(P2, 'N(u.'), /no dictionary/],
    ['append to None', joined(P2, 'NNa.'), /no list/],
    ['a name without end', joined(P2, 'cos'), /broken name/],
    ['an endless name', joined(P2, `c${'o'.repeat(1000)}\nsystem\n`), /broken name/],
  ])('refuses %s', (_, bytes, message) => {
    try {
      unpickle(bytes, 'x.bin');
    } catch (error) {
      expect(error).toBeInstanceOf(LlavaMiniError);
      expect(error).toMatchObject({ code: 'bad-checkpoint', hint: expect.stringMatching(/safetensors/) });
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).toMatch(/^x\.bin is refused/);
      expect((error as Error).message.length).toBeLessThan(500);
      return;
    }
    throw new Error('accepted');
  });

  test('a value that holds itself is no trouble', () => {
    const list = joined(P2, ']', [113, 0, 104, 0], 'a.');
    expect(unpickle(list, 'x.bin')).toMatchObject({ kind: 'list' });
  });
});

describe('mutated pickles', () => {
  const bin = (name: string): Uint8Array => {
    const bytes = readFileSync(new URL(`../../../test/data/pickle/${name}`, import.meta.url));
    // The pickle is the first entry: from its protocol mark to its STOP before the next entry.
    const from = bytes.indexOf(Buffer.from([0x80]), 40);
    const to = bytes.indexOf(Buffer.from('PK\x03\x04', 'latin1'), from);
    const piece = bytes.subarray(from, to < 0 ? bytes.length : to);
    return new Uint8Array(piece.subarray(0, piece.lastIndexOf('.') + 1));
  };
  const starts = [2, 4].map((p) => bin(`torch26-protocol${p}.bin`));
  const mutation = fc.record({
    kind: fc.nat(5),
    at: fc.nat(2 ** 20),
    byte: fc.oneof(
      fc.nat(255),
      fc.constantFrom(...[...'(tRQcubsea}])NJKMX.'].map((c) => c.charCodeAt(0)), 0x80, 0x81, 0x85, 0x8a, 0x93, 0x94),
    ),
    length: fc.integer({ min: 1, max: 60 }),
  });
  const mutate = (bytes: Uint8Array, m: { kind: number; at: number; byte: number; length: number }): Uint8Array => {
    const at = m.at % bytes.length;
    const end = Math.min(bytes.length, at + m.length);
    if (m.kind <= 1) return Uint8Array.from(bytes, (b, i) => (i === at ? m.byte : b));
    if (m.kind === 2) return bytes.slice(0, Math.max(1, at));
    if (m.kind === 3) return joined(bytes.subarray(0, at), bytes.subarray(end), [m.byte]);
    if (m.kind === 4) return joined(bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(at));
    return joined(bytes.subarray(0, at), new Array(m.length).fill(m.byte), bytes.subarray(at));
  };

  test('the unchanged ones are read', () => {
    for (const bytes of starts) expect((unpickle(bytes, 'x.bin') as PickleDict).entries.size).toBe(20);
  });

  test('10,000 of them: our typed error or plain data, quickly and in little memory', () => {
    let refused = 0;
    let slowest = 0;
    let largest = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (start, mutations) => {
          const bytes = mutations.reduce(mutate, start);
          const before = process.memoryUsage();
          const started = performance.now();
          try {
            unpickle(bytes, 'fuzz');
          } catch (error) {
            expect(error).toBeInstanceOf(LlavaMiniError);
            expect(error).toMatchObject({ code: 'bad-checkpoint' });
            refused++;
          }
          let took = performance.now() - started;
          const after = process.memoryUsage();
          largest = Math.max(largest, after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers);
          for (let again = 0; took > 20 && again < 3; again++) {
            const from = performance.now();
            try {
              unpickle(bytes, 'fuzz');
            } catch {
              // Judged above; only the time matters here.
            }
            took = Math.min(took, performance.now() - from);
          }
          slowest = Math.max(slowest, took);
        },
      ),
      { numRuns: 10_000, seed: 20_242 },
    );
    expect(refused).toBeGreaterThan(5000);
    expect(slowest).toBeLessThan(50);
    expect(largest).toBeLessThan(8 << 20);
  });
});
