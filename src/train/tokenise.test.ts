import { expect, test } from 'vitest';
import { IMAGE_TOKEN, TextTokenizer } from '../text/index.ts';
import { PairEncoder, TOKENIZER_CONFIG, trainTokenizer } from './tokenise.ts';

const QUESTION = 'What does it say?';
const texts = Array.from({ length: 30 }, () => `${QUESTION} It says "coffee".`);
const tokenizer = TextTokenizer.from({
  tokenizer: trainTokenizer(texts, 340) as never,
  config: TOKENIZER_CONFIG as never,
});
const encoder = new PairEncoder(tokenizer);
const decode = (ids: readonly number[]): string => tokenizer.decode(ids.filter((id) => id !== IMAGE_TOKEN));

test('lettering is spelt, whatever words it makes', () => {
  const { answer: whole } = encoder.encode(QUESTION, 'It says "coffee".');
  const { answer: spelt } = encoder.encode(QUESTION, 'It says "coffee".', 'coffee');
  expect(decode(spelt)).toBe(decode(whole));
  expect(spelt.length).toBeGreaterThan(whole.length);
  const letters = [...'coffee'].map((letter) => tokenizer.encode(letter)[0]);
  expect(spelt.join()).toContain(letters.join());
  expect(whole.join()).not.toContain(letters.join());
  expect(encoder.encode(QUESTION, 'coffee', 'coffee').answer.slice(0, -1)).toEqual(letters);
  expect(encoder.encode(QUESTION, 'It says "coffee".', 'tea').answer).toEqual(whole);
});

test('a place among the fused tokens ends a part of the question, or the prompt', () => {
  const { prompt } = encoder.encode(QUESTION, '');
  const fused = prompt.filter((id) => id !== IMAGE_TOKEN);
  const end = QUESTION.indexOf(' say') + ' say'.length;
  const at = encoder.fusedPlace(QUESTION, end) as number;
  expect(decode(fused.slice(0, at + 1))).toBe(
    decode([...fused.slice(0, 1), ...tokenizer.encode('\nWhat does it say')]),
  );
  expect(encoder.fusedPlace(QUESTION, null)).toBe(fused.length - 1);
  expect(encoder.fusedPlace(QUESTION, 0)).toBe(1);
  expect(encoder.fusedPlace(QUESTION, -1)).toBe(0);
  expect(encoder.fusedPlace(QUESTION, 2)).toBeNull();
});
