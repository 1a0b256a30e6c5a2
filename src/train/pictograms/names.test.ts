import { expect, test } from 'vitest';
import { articleOf, hedgedAnswer, makeName, namingSentence, pluralOf } from './names.ts';

test.each([
  ['cat', 'cats'],
  ['box', 'boxes'],
  ['strawberry', 'strawberries'],
  ['toy', 'toys'],
  ['kitchen knife', 'kitchen knives'],
  ['computer mouse', 'computer mice'],
  ['tropical fish', 'tropical fish'],
])('plural of %s is %s', (name, plural) => {
  expect(pluralOf(name)).toBe(plural);
});

test.each([
  ['apple', 'an'],
  ['unicorn', 'a'],
  ['umbrella', 'an'],
  ['hourglass', 'an'],
  ['x-ray', 'an'],
  ['yo-yo', 'a'],
  ['onion', 'an'],
])('%s takes %s', (name, article) => {
  expect(articleOf(name)).toBe(article);
});

test('sentences fit the use of a name', () => {
  expect(namingSentence(makeName('cat'))).toBe('It is a cat.');
  expect(namingSentence(makeName('coffee', 'mass'))).toBe('It is coffee.');
  expect(namingSentence(makeName('scissors', 'plural'))).toBe('They are scissors.');
  expect(namingSentence(makeName('statue of liberty', 'count', undefined, true))).toBe('It is the statue of liberty.');
  expect(makeName('corn', 'mass').plural).toBe('pieces of corn');
  expect(hedgedAnswer(makeName('cat'), makeName('owl'))).toBe('I am not sure: a cat or an owl.');
});
