import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenTokenizer, sentencePieceFiles } from '../../test/support/tokenizers.ts';
import { TokenStream } from './stream.ts';
import { TextTokenizer } from './tokenizer.ts';

const byteLevel = goldenTokenizer();
const sentencePiece = TextTokenizer.from(sentencePieceFiles());

const pieces = (tokenizer: TextTokenizer, ids: readonly number[]): string[] => {
  const stream = new TokenStream(tokenizer);
  return [...ids.map((id) => stream.push(id)), stream.end()];
};

describe('TokenStream', () => {
  it.each([
    ['byte-level', byteLevel],
    ['SentencePiece', sentencePiece],
  ])('gives the text of any ids, piece by piece (%s)', (_, tokenizer) => {
    fc.assert(
      fc.property(fc.array(fc.nat(tokenizer.vocabSize), { maxLength: 40 }), (ids) => {
        expect(pieces(tokenizer, ids).join('')).toBe(tokenizer.decode(ids, { skipSpecial: true }));
      }),
    );
  });

  it('never shows a part of a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const shown = pieces(byteLevel, byteLevel.encode(text));
        expect(shown.join('')).toBe(text);
        if (!text.includes('\ufffd')) expect(shown.some((piece) => piece.includes('\ufffd'))).toBe(false);
      }),
    );
  });

  it('shows each character as soon as it is complete', () => {
    const ids = byteLevel.encode('a🙂b');
    expect(ids).toHaveLength(6);
    expect(pieces(byteLevel, ids)).toEqual(['a', '', '', '', '🙂', 'b', '']);
    expect(pieces(byteLevel, ids.slice(0, 3))).toEqual(['a', '', '', '\ufffd']);
  });

  it('leaves special tokens out', () => {
    expect(pieces(byteLevel, [1502, 32, 1504]).join('')).toBe('A');
  });
});
