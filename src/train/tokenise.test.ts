import { expect, test } from 'vitest';
import { buildPrompt, IMAGE_TOKEN, type Message, TextTokenizer, userMessage } from '../text/index.ts';
import { PairEncoder, TOKENIZER_CONFIG, trainTokenizer } from './tokenise.ts';

const QUESTION = 'What does it say?';
const texts = Array.from({ length: 30 }, () => `${QUESTION} It says "coffee".`);
const tokenizer = TextTokenizer.from({
  tokenizer: trainTokenizer(texts, 340) as never,
  config: TOKENIZER_CONFIG as never,
});
const encoder = new PairEncoder(tokenizer);
const decode = (ids: readonly number[]): string => tokenizer.decode(ids.filter((id) => id !== IMAGE_TOKEN));

test('what is read is spelt, whatever words it makes', () => {
  const letters = [...'coffee'].map((letter) => tokenizer.encode(letter)[0]);
  const spelt = encoder.encode(QUESTION, 'There is coffee and the text "coffee".').answer;
  expect(decode(spelt)).toContain('There is coffee and the text "coffee".');
  const [before, after] = [tokenizer.encode('There is coffee and the text "'), tokenizer.encode('".')];
  expect(spelt.slice(0, -1)).toEqual([...before, ...letters, ...after]);
  const named = encoder.encode(QUESTION, 'coffee').answer.slice(0, -1);
  expect(named).toEqual([...tokenizer.encode(' '), ...tokenizer.encode(' coffee')]);
  expect(named).toEqual(tokenizer.encode('  coffee'));
  expect(encoder.encode(QUESTION, 'Coffee.').answer.slice(0, -1)).toEqual(tokenizer.encode('Coffee.'));
  expect(tokenizer.encode('coffee').length).toBeLessThan(letters.length);
  expect(encoder.encode(QUESTION, 'coffee', { reading: true }).answer.slice(0, -1)).toEqual(letters);
});

test('a place among the fused tokens ends a part of the question, or the prompt', () => {
  const { prompt } = encoder.encode(QUESTION, '');
  const fused = prompt.filter((id) => id !== IMAGE_TOKEN);
  const end = QUESTION.indexOf(' say') + ' say'.length;
  const at = encoder.fusedPlace(QUESTION, end) as number;
  expect(decode(fused.slice(0, at + 1))).toBe(
    decode([...fused.slice(0, 8), ...tokenizer.encode('\nWhat does it say')]),
  );
  expect(encoder.fusedPlace(QUESTION, 'last')).toBe(fused.length - 1);
  expect(decode(fused.slice(0, 9))).toBe('<|system|>123456<|user|>\n');
  expect([0, 8, 9].map((slot) => encoder.fusedPlace(QUESTION, `slot${slot}`))).toEqual([0, 8, null]);
  expect(encoder.fusedPlace(QUESTION, 2)).toBeNull();
});

test('a question after others is encoded as a conversation renders it', () => {
  const earlier = [
    { question: 'What is it?', answer: 'It says "coffee".' },
    { question: 'Is it red?', answer: 'No.' },
  ];
  const turns: Message[] = [
    ...earlier.flatMap(({ question, answer }, turn): Message[] => [
      turn === 0 ? userMessage(question, 1) : { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ]),
    { role: 'user', content: QUESTION },
  ];
  const { prompt } = encoder.encode(QUESTION, 'coffee', { earlier });
  expect(prompt).toEqual(buildPrompt(tokenizer, 'template', turns).ids);
  const fused = prompt.filter((id) => id !== IMAGE_TOKEN);
  const at = encoder.fusedPlace(QUESTION, 'What does'.length, earlier) as number;
  expect(decode(fused.slice(0, at + 1)).endsWith('<|end|><|user|>What does')).toBe(true);
  expect(encoder.fusedPlace(QUESTION, 'last', earlier)).toBe(fused.length - 1);
  expect([0, 8, 9].map((slot) => encoder.fusedPlace(QUESTION, `slot${slot}`, earlier))).toEqual([0, 8, null]);
});

test('a word of an answer ends at so many tokens, spelt or not', () => {
  const answer = 'There is coffee and the text "coffee".';
  const { answer: ids } = encoder.encode(QUESTION, answer);
  for (const end of ['There', 'There is coffee', 'There is coffee and the text'])
    expect(decode(ids.slice(0, encoder.answerPlace(answer, end.length)))).toBe(end);
});
