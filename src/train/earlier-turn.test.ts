import { expect, test } from 'vitest';
import { Random } from '../util/random.ts';
import { earlierTurn } from './earlier-turn.ts';

const questions = ['a', 'b', 'c'].map((question) => ({ question, answer: `${question}!` }));

test('a share of the questions follows another one about the same picture, any but itself', () => {
  const random = new Random(1);
  const found = Array.from({ length: 3000 }, () => earlierTurn(questions, 1, random, 0.2));
  const said = found.flatMap((turn) => (turn ? [turn.question] : []));
  expect(said.length).toBeGreaterThan(500);
  expect(said.length).toBeLessThan(700);
  expect(new Set(said)).toEqual(new Set(['a', 'c']));
  expect(earlierTurn(questions.slice(0, 1), 0, random, 1)).toBeUndefined();
});

test('without follow-ups, nothing is drawn', () => {
  const [one, other] = [new Random(2), new Random(2)];
  expect(earlierTurn(questions, 0, one, 0)).toBeUndefined();
  expect(one.float()).toBe(other.float());
});
