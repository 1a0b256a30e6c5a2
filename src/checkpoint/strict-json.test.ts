import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStrictJson, quote, type StrictJson } from './strict-json.ts';

const LIMITS = { depth: 6, values: 10_000 };

function plain(value: StrictJson): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('parseStrictJson', () => {
  test('agrees with JSON.parse on what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const expected = JSON.parse(text);
        // Object.fromEntries drops nothing, but JSON.parse and it treat -0 alike only through text.
        expect(JSON.stringify(plain(parseStrictJson(text, LIMITS)))).toBe(JSON.stringify(expected));
      }),
      { numRuns: 500 },
    );
  });

  test('refuses whatever JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'{}[]":,0123-.eE\\utrfalsn \n'), { maxLength: 12 }), (chars) => {
        const text = chars.join('');
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (!valid) expect(() => parseStrictJson(text, LIMITS)).toThrow(SyntaxError);
      }),
      { numRuns: 5000 },
    );
  });

  test('keeps __proto__ as a plain key', () => {
    expect(parseStrictJson('{"__proto__":1}', LIMITS)).toEqual(new Map([['__proto__', 1]]));
  });

  test.each([
    ['{"a":1,"a":1}', /duplicate key "a" at character 7/],
    ['{"a":1,"\\u0061":1}', /duplicate key "a"/],
    ['[[[[[[[]]]]]]]', /deeper than 6/],
    ['[1,2', /"\]" expected at character 4/],
    ['{"a" 1}', /":" expected/],
    ['"\u0001"', /control character/],
    ['"\\x"', /bad escape/],
    ['"abc', /without end/],
    ['1 2', /after the end/],
    ['', /value expected/],
    ['nul', /value expected/],
  ])('%s', (text, message) => {
    expect(() => parseStrictJson(text, LIMITS)).toThrow(message);
  });

  test('stops at the cap on values before building them', () => {
    expect(() => parseStrictJson(`[${'0,'.repeat(1_000_000)}0]`, LIMITS)).toThrow(/more than 10000 values/);
  });
});

test('quote makes text safe and short', () => {
  expect(quote('a\n"b"')).toBe('"a\\n\\"b\\""');
  expect(quote('x'.repeat(500))).toHaveLength(103);
});
