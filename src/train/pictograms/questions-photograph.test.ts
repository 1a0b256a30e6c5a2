import { expect, test } from 'vitest';
import { Random } from '../../util/random.ts';
import { namedConcepts } from './concepts.ts';
import { photoClasses } from './imagenet.ts';
import { askAboutPhotograph } from './questions-photograph.ts';
import type { Thing } from './questions-thing.ts';

const cat = photoClasses().find(({ name }) => name === 'cat') as Thing;

function asked(seed: number) {
  const random = new Random(seed);
  return Array.from({ length: 200 }, () => askAboutPhotograph(cat, namedConcepts(), random)).flat();
}

test('what takes a thing for granted is asked about the one that is there, too', () => {
  const where = asked(1).filter(({ question }) => /^(Where|In which part)/.test(question));
  const [there, missing] = [true, false].map((isThere) =>
    where.filter(({ question }) => /\bcat\b/.test(question) === isThere),
  );
  expect(there.length).toBeGreaterThan(80);
  expect(missing.length).toBeGreaterThan(80);
  expect(new Set(there.map(({ answer }) => answer.toLowerCase()))).toEqual(new Set(['it is in the center.', 'center']));
  for (const { answer } of missing) expect(answer).toMatch(/^There (is|are) no (?!cat\b)/);
});

test('it is the one thing, described, counted, and in the picture', () => {
  const questions = asked(2);
  const answers = (kind: string) => new Set(questions.filter((q) => q.kind === kind).map(({ answer }) => answer));
  expect(answers('describe')).toEqual(new Set(['There is a cat.']));
  expect(answers('count')).toContain('There is one cat.');
  expect(answers('yesno')).toContain('Yes, there is a cat.');
  expect(answers('yesno')).not.toContain('No, there is no cat.');
  expect(new Set(questions.map(({ kind }) => kind))).toEqual(
    new Set(['name', 'describe', 'count', 'where', 'yesno', 'category', 'choice', 'refuse']),
  );
});

test('colours are asked where they are known, and then of what is not there, too', () => {
  const random = new Random(3);
  const colours = { thing: 'red', ground: 'white' } as const;
  const questions = Array.from({ length: 300 }, () => askAboutPhotograph(cat, namedConcepts(), random, colours)).flat();
  const own = questions.filter(({ kind }) => kind === 'colour');
  expect(new Set(own.map(({ answer }) => answer.toLowerCase()))).toEqual(
    new Set(['it is red.', 'red', 'it is white.', 'white']),
  );
  for (const { question, answer } of own) expect(/white/i.test(answer), question).toBe(/background/.test(question));
  const asksColour = /colou?r/i;
  const missing = questions.filter(({ kind, question }) => kind === 'refuse' && asksColour.test(question));
  expect(missing.length).toBeGreaterThan(150);
  expect(new Set(questions.filter(({ kind }) => kind === 'describe').map(({ answer }) => answer))).toEqual(
    new Set(['There is a cat on a white background.']),
  );
  expect(asked(4).filter(({ kind, question }) => kind === 'colour' || asksColour.test(question))).toEqual([]);
});
