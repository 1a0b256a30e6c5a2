import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { StopMatcher } from './stop-matcher.ts';

const run = (stops: string[], pieces: string[]): { shown: string[]; match: string | undefined } => {
  const matcher = new StopMatcher(stops);
  const shown = pieces.map((piece) => matcher.push(piece));
  return { shown: [...shown, matcher.end()], match: matcher.match };
};

describe('StopMatcher', () => {
  it('stops at a string that comes in pieces, showing nothing of it', () => {
    expect(run(['</s>'], ['A cat', '.<', '/', 's', '> more', 'x'])).toEqual({
      shown: ['A cat', '.', '', '', '', '', ''],
      match: '</s>',
    });
  });

  it('lets go of what turns out to be no stop string', () => {
    expect(run(['</s>'], ['a <', 'b', ' </', 's'])).toEqual({ shown: ['a ', '<b', ' ', '', '</s'], match: undefined });
    expect(run(['aab'], ['aa', 'a', 'b'])).toEqual({ shown: ['', 'a', '', ''], match: 'aab' });
  });

  it('does nothing without stop strings, and refuses an empty one', () => {
    expect(run([], ['a', 'b']).shown).toEqual(['a', 'b', '']);
    expect(() => new StopMatcher(['a', ''])).toThrow(LlavaMiniError);
  });

  it('gives the same, however the text is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 20 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(text, stops, fc.array(fc.nat(20)), (text, stops, cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const { shown, match } = run(
          stops,
          places.slice(1).map((end, i) => text.slice(places[i], end)),
        );
        // The shortest beginning of the text that ends with a stop string decides.
        let expected = text;
        let expectedMatch: string | undefined;
        for (let end = 1; end <= text.length && expectedMatch === undefined; end++)
          for (const stop of [...stops].sort((a, b) => b.length - a.length))
            if (expectedMatch === undefined && text.slice(0, end).endsWith(stop)) {
              expected = text.slice(0, end - stop.length);
              expectedMatch = stop;
            }
        expect(match).toBe(expectedMatch);
        expect(shown.join('')).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
