import { expect, test } from 'vitest';
import { Random } from '../util/random.ts';
import { earlierTurns } from './earlier-turns.ts';

const questions = [...'abcdef'].map((question) => ({ question, answer: `${question}!` }));

test('a share of the questions follows one to four others about the same picture, each once, never itself', () => {
  const random = new Random(1);
  const found = Array.from({ length: 3000 }, () => earlierTurns(questions, 1, random, 0.2));
  const behind = found.filter((turns) => turns.length > 0);
  expect(behind.length).toBeGreaterThan(500);
  expect(behind.length).toBeLessThan(700);
  expect(new Set(behind.flat().map(({ question }) => question))).toEqual(new Set([...'acdef']));
  for (const turns of behind) expect(new Set(turns).size).toBe(turns.length);
  const lengths = [1, 2, 3, 4].map((length) => behind.filter((turns) => turns.length === length).length);
  expect(lengths.reduce((a, b) => a + b)).toBe(behind.length);
  for (const count of lengths) expect(count / behind.length).toBeCloseTo(0.25, 1);
});

test('of two questions, the other one; of one, none', () => {
  const random = new Random(3);
  expect(earlierTurns(questions.slice(0, 2), 0, random, 1)).toEqual([questions[1]]);
  expect(earlierTurns(questions.slice(0, 1), 0, random, 1)).toEqual([]);
});

test('without follow-ups, nothing is drawn', () => {
  const [one, other] = [new Random(2), new Random(2)];
  expect(earlierTurns(questions, 0, one, 0)).toEqual([]);
  expect(one.float()).toBe(other.float());
});
