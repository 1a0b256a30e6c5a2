import { expect, test } from 'vitest';
import { corpusForTokenizer } from './corpus.ts';

test('the corpus is the same for the same seed and names everything', () => {
  const corpus = corpusForTokenizer('seed', 30);
  expect(corpusForTokenizer('seed', 30)).toEqual(corpus);
  expect(corpusForTokenizer('other', 30)).not.toEqual(corpus);
  const text = corpus.join('\n');
  for (const name of ['It is a cat.', 'It is coffee.', 'They are scissors.', 'golden retriever', 'I am not sure: '])
    expect(text).toContain(name);
});
