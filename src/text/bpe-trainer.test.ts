import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { trainBpe } from './bpe-trainer.ts';

const SENTENCES = [
  'There is a red apple on the left.',
  'How many bananas are in the picture? There are 12 bananas.',
  "It's a husky dog; I don't see a cat.",
  'Ein grüner Apfel, 東京タワー, naïve café 🙂🙂',
  '  two spaces\n\n\ttabs and lines\r\n',
];
const CORPUS = Array.from({ length: 40 }, (_, i) => SENTENCES[i % SENTENCES.length]);
const SPECIAL = ['<pad>', '<s>', '</s>', '<image>'];

const load = (json: object): Tokenizer => new Tokenizer(json, { clean_up_tokenization_spaces: false });

describe('trainBpe', () => {
  const json = trainBpe(CORPUS, { vocabSize: 375, specialTokens: SPECIAL, bosToken: '<s>' });
  const tokenizer = load(json);
  const encode = (text: string): number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;

  it('fills the vocabulary: special tokens, bytes, then merges', () => {
    expect(Object.keys(json.model.vocab)).toHaveLength(375);
    expect(new Set(Object.values(json.model.vocab)).size).toBe(375);
    expect(json.model.merges).toHaveLength(375 - 256 - SPECIAL.length);
    for (const [id, token] of SPECIAL.entries()) expect(tokenizer.token_to_id(token)).toBe(id);
  });

  it('round-trips any Unicode text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        if (text === '' || SPECIAL.some((token) => text.includes(token))) return;
        expect(tokenizer.decode(encode(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('learned frequent words as single tokens and takes digits one by one', () => {
    expect(encode(' apple')).toHaveLength(1);
    expect(encode(' picture')).toHaveLength(1);
    expect(encode('123456')).toHaveLength(6);
    expect(encode(' bananas 12')).toHaveLength(4);
  });

  it('puts the beginning token first when asked', () => {
    expect(tokenizer.encode('a cat').ids[0]).toBe(1);
    expect(load(trainBpe(CORPUS, { vocabSize: 300, specialTokens: [] })).encode('a').ids).toHaveLength(1);
  });

  it('gives the same file for the same corpus, in any order', () => {
    const options = { vocabSize: 375, specialTokens: SPECIAL, bosToken: '<s>' };
    const text = JSON.stringify(json);
    expect(JSON.stringify(trainBpe(CORPUS, options))).toBe(text);
    expect(JSON.stringify(trainBpe([...CORPUS].reverse(), options))).toBe(text);
  });

  it('does not learn from special tokens, and never spells one', () => {
    const { model } = trainBpe(Array(50).fill('<s>a<s> <pad> <image></s>'), { vocabSize: 300, specialTokens: SPECIAL });
    expect(model.merges).toEqual([]);
    const near = trainBpe(Array(50).fill('ab abc abcd'), { vocabSize: 300, specialTokens: ['abcd'] });
    expect(load(near).encode('abcd').ids).toEqual([0]);
    expect(near.model.merges).not.toContain('abc d');
  });

  it('makes the merges that plain counting makes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 30 }), { maxLength: 20 }),
        (texts) => {
          const trained = trainBpe(texts, { vocabSize: 280, specialTokens: [] });
          expect(trained.model.merges).toEqual(slowMerges(texts, 280 - 256));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('survives an empty corpus and one endless word', () => {
    expect(trainBpe([], { vocabSize: 300, specialTokens: [] }).model.merges).toEqual([]);
    const json = trainBpe(['ab'.repeat(100_000)], { vocabSize: 270, specialTokens: [] });
    expect(json.model.merges[0]).toBe('a b');
  });

  it('learns 4,000 tokens from 5 MB in seconds', () => {
    // Invented words by the rule of Zipf, so that there are many different ones.
    const syllables = ['ba', 'ke', 'li', 'mo', 'nu', 'ra', 'ste', 'tri', 'von', 'zel', 'qua', 'phi'];
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const word = (): string => {
      let rank = Math.floor(30_000 ** random());
      let text = '';
      do {
        text += syllables[rank % syllables.length];
        rank = Math.floor(rank / syllables.length);
      } while (rank > 0);
      return text;
    };
    const corpus = Array.from({ length: 10_000 }, () => `${Array.from({ length: 80 }, word).join(' ')}.`);
    const start = performance.now();
    const json = trainBpe(corpus, { vocabSize: 4000, specialTokens: SPECIAL });
    const seconds = (performance.now() - start) / 1000;
    expect(json.model.merges.length).toBeGreaterThan(2000);
    expect(seconds).toBeLessThan(20);
  });

  it.each([
    { vocabSize: 259, specialTokens: SPECIAL },
    { vocabSize: Number.NaN, specialTokens: [] },
    { vocabSize: 300.5, specialTokens: [] },
    { vocabSize: 400, specialTokens: ['a', ''] },
    { vocabSize: 400, specialTokens: ['<a>', '<a>'] },
    { vocabSize: 400, specialTokens: ['a'] },
    { vocabSize: 400, specialTokens: ['<a>'], bosToken: '<s>' },
  ])('refuses %j', (options) => {
    expect(() => trainBpe([], options)).toThrow(LlavaMiniError);
  });
});

/** The definition of BPE training, recounting everything for each merge. */
function slowMerges(texts: string[], limit: number): string[] {
  const words = texts.flatMap((text) => text.match(/ ?[abc]+|\s+(?!\S)|\s+/g) ?? []);
  const split = words.map((word) => [...word.replaceAll(' ', 'Ġ')]);
  const alphabet = Array.from({ length: 256 }, (_, i) => i);
  // Ids rank as characters do for the four characters of this corpus.
  const tokens = ['a', 'b', 'c', 'Ġ'];
  const merges: string[] = [];
  const left = new Set<string>();
  while (merges.length < limit && alphabet.length > 0) {
    const counts = new Map<string, number>();
    for (const word of split)
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    const rank = (pair: string): number => {
      const [a, b] = pair.split(' ');
      return tokens.indexOf(a) * 1000 + tokens.indexOf(b);
    };
    const best = [...counts]
      .filter(([pair, count]) => count >= 2 && !left.has(pair))
      .sort((x, y) => y[1] - x[1] || rank(x[0]) - rank(y[0]))[0];
    if (best === undefined) break;
    const [a, b] = best[0].split(' ');
    if (tokens.includes(a + b)) {
      left.add(best[0]);
      continue;
    }
    tokens.push(a + b);
    merges.push(best[0]);
    for (const word of split)
      for (let i = 0; i + 1 < word.length; i++) if (word[i] === a && word[i + 1] === b) word.splice(i, 2, a + b);
  }
  return merges;
}
