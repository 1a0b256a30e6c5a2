import fc from 'fast-check';
import { expect, test } from 'vitest';
import { goldenTokenizer } from '../../test/support/tokenizers.ts';
import { AnswerText } from './answer-text.ts';

const tokenizer = goldenTokenizer();

function run(text: string, stops: string[]): { pieces: string[]; answer: AnswerText } {
  const answer = new AnswerText(tokenizer, stops);
  const pieces = tokenizer.encode(text).map((id) => answer.push(id));
  pieces.push(answer.end());
  return { pieces, answer };
}

test('the pieces joined are the text without the space around it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const { pieces, answer } = run(text, []);
      expect(pieces.join('')).toBe(answer.text);
      expect(answer.text).toBe(text.trim());
    }),
  );
});

test('nothing of a stop string comes out, nor what follows it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (before, after) => {
      fc.pre(!`${before}#`.includes('##') && !before.endsWith('#'));
      const { pieces, answer } = run(`${before}##${after}`, ['##']);
      expect(pieces.join('')).toBe(before.trim());
      expect(answer.stopped).toBe(true);
    }),
  );
});
