import { expect, test } from 'vitest';
import type { Question } from '../train/pictograms/questions-types.ts';
import { isRight, normaliseAnswer } from './normalise.ts';

test.each([
  ['It is a cat.', 'cat'],
  ["It's an owl!", 'owl'],
  ['This is The Cat', 'cat'],
  ['There are three apples.', '3 apples'],
  ['I see two dogs in the picture.', '2 dogs'],
  ['The picture shows a hot dog.', 'hot dog'],
  ['The image shows a jack-o’-lantern', 'jack o lantern'],
  ['A photo of a train', 'train'],
  ['The color is gray', 'colour is grey'],
  ['in the upper left', 'in top left'],
  ['A', 'a'],
  ['  yes ', 'yes'],
  ['', ''],
  ['!?…', ''],
  ['Ünïcode ３', 'ünïcode 3'],
])('%j becomes %j', (text, plain) => {
  expect(normaliseAnswer(text)).toBe(plain);
});

function question(more: Partial<Question>): Question {
  return { kind: 'name', question: '?', answer: 'It is a cat.', accepted: ['kitten'], ...more };
}

test.each([
  ['cat', true],
  ['It is a cat.', true],
  ['a KITTEN', true],
  ['It is a dog.', false],
  ['I am not sure: a cat or a dog.', false],
  ['', false],
  ['the', false],
])('name: %j', (answer, right) => {
  expect(isRight(answer, question({}))).toBe(right);
});

test.each([
  ['Yes', true],
  ['yes, there is a cat', true],
  ['Yes, there is a horse.', false],
  ['Yes no', false],
  ['No.', false],
  ['maybe', false],
])('yes or no: %j', (answer, right) => {
  expect(isRight(answer, question({ kind: 'yesno', answer: 'Yes.', accepted: ['Yes, there is a cat.'] }))).toBe(right);
});

test.each([
  ['A', false],
  ['B', true],
  ['B.', true],
  ['B: cat', true],
  ['It is a cat.', true],
])('choice: %j', (answer, right) => {
  expect(isRight(answer, question({ kind: 'choice', answer: 'B', accepted: ['B: cat', 'cat'] }))).toBe(right);
});

test('the letter A can be an answer', () => {
  expect(isRight('a', question({ kind: 'choice', answer: 'A', accepted: [] }))).toBe(true);
});

test('counts are right in digits and words', () => {
  const counted = question({ kind: 'count', answer: 'There are three cats.', accepted: ['three'] });
  for (const answer of ['3', 'three', 'Three cats', 'There are 3 cats.']) expect(isRight(answer, counted)).toBe(true);
  expect(isRight('There are four cats.', counted)).toBe(false);
});

test('text is compared letter by letter', () => {
  const text = question({ kind: 'text', answer: 'It says "TWO".', accepted: ['TWO'] });
  expect(isRight('two', text)).toBe(true);
  expect(isRight('2', text)).toBe(false);
});

test.each([
  ['There are two cats and a dog on a red background.', true],
  ['A dog and 2 cats', true],
  ['There is a puppy and there are two cats.', true],
  ['two cats', false],
  ['two cats, a dog and a bird', false],
  ['three cats and a dog', false],
  ['two cats and a dog on a blue background', false],
])('description: %j', (answer, right) => {
  const described = question({
    kind: 'describe',
    answer: 'There are two cats and a dog on a red background.',
    accepted: [],
    parts: [['two cats'], ['dog', 'puppy', 'one dog']],
  });
  expect(isRight(answer, described)).toBe(right);
});
