import { expect, test } from 'vitest';
import { catAndDogs } from '../../test/support/made-scene.ts';
import { TextTokenizer } from '../text/index.ts';
import { halvesToFloats } from '../util/float16.ts';
import { Random } from '../util/random.ts';
import { ClassExamples } from './class-examples.ts';
import { classSource } from './class-source.ts';
import type { FeatureStore } from './feature-store.ts';
import { photoClasses } from './pictograms/imagenet.ts';
import { NAME_TEMPLATES } from './pictograms/questions-name.ts';
import { SHORT_SUFFIXES } from './pictograms/questions-wording.ts';
import { SLOTS } from './pictograms/slots.ts';
import type { Scene } from './pictograms/types.ts';
import { sceneSource } from './scene-source.ts';
import { PairEncoder, TOKENIZER_CONFIG, trainTokenizer } from './tokenise.ts';

const CLASSES = 1000;
const tokenizer = TextTokenizer.from({
  tokenizer: trainTokenizer([...NAME_TEMPLATES, ...SHORT_SUFFIXES], 400) as never,
  config: TOKENIZER_CONFIG as never,
});
const encoder = new PairEncoder(tokenizer);
const store = {
  length: 3,
  classes: CLASSES,
  labels: [catAndDogs, catAndDogs, catAndDogs],
  read() {},
} as unknown as FeatureStore<Scene>;
const row = () => ({ patches: new Uint16Array(4 * 8), probabilities: new Uint16Array(CLASSES), words: {} });

const classes = new Random('rows');
const examples = new ClassExamples(
  Float32Array.from({ length: CLASSES * 8 }, () => classes.normal()),
  CLASSES,
);

test('cutouts keep their features, and their classifier is never quite unsure', () => {
  const kept = { ...store, read: (_: number, patches: Uint16Array) => patches.fill(7) } as unknown as typeof store;
  const source = classSource(examples, kept, encoder, { weight: 1, asKept: true, side: 2 });
  const random = new Random(1);
  let sure = 0;
  for (let i = 0; i < 60; i++) {
    const into = row();
    expect(source.draw(i, random, into).length).toBeGreaterThan(0);
    expect(new Set(into.patches)).toEqual(new Set([7]));
    if (Math.max(...halvesToFloats(into.probabilities)) > 0.2) sure++;
  }
  // One in ten wavers between two.
  expect(sure).toBeGreaterThan(45);
});

test('of cutouts, and of no other made-up photographs, their own colour is told', () => {
  const told = (asKept: boolean): Set<string> => {
    const source = classSource(examples, store, encoder, { weight: 1, asKept, side: 2 });
    const random = new Random(4);
    const pairs = Array.from({ length: 200 }, (_, i) => source.draw(i, random, row())).flat();
    const answers = pairs.filter(({ kind }) => kind === 'colour').map(({ answer }) => tokenizer.decode(answer));
    return new Set(
      answers.map((answer) =>
        answer
          .toLowerCase()
          .replace(/<.*?>|(it is|they are) |\./g, '')
          .trim(),
      ),
    );
  };
  expect(told(true)).toEqual(new Set(['red']));
  expect(told(false)).toEqual(new Set());
});

test('it is asked whether a photograph shows what the classifier has for the next likely', () => {
  const random = new Random(6);
  const photos = photoClasses();
  const source = classSource(examples, store, encoder, { weight: 1, asKept: false, side: 2 });
  let [no, next] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const into = row();
    const pairs = source.draw(random.int(source.length), random, into);
    const shares = halvesToFloats(into.probabilities);
    const likely = [...photos].sort((a, b) => shares[b.index] - shares[a.index]).slice(1, 12);
    for (const { prompt, answer } of pairs.filter(({ kind }) => kind === 'yesno')) {
      if (!tokenizer.decode(answer).startsWith('No')) continue;
      no++;
      const question = tokenizer.decode(prompt.filter((id) => id >= 0));
      if (likely.some(({ name }) => question.includes(` ${name}`))) next++;
    }
  }
  expect(no).toBeGreaterThan(100);
  // Of all names these are a hundredth.
  expect(next / no).toBeGreaterThan(0.2);
});

test('of made-up photographs, at least as many questions ask for a word as for a sentence', () => {
  const random = new Random(2);
  const source = classSource(examples, store, encoder, { weight: 1, asKept: false, side: 2 });
  let [asked, short] = [0, 0];
  for (let i = 0; i < 150; i++) {
    const questions = source
      .draw(random.int(source.length), random, row())
      .map(({ prompt }) => tokenizer.decode(prompt.filter((id) => id >= 0)).replace('<|assistant|>', ''));
    const named = questions.filter((text) =>
      NAME_TEMPLATES.some((known) => text.toLowerCase().includes(known.toLowerCase().slice(0, -1))),
    );
    if (named.length < 4) continue;
    asked += 4;
    short += questions.filter((text) => SHORT_SUFFIXES.some((suffix) => text.endsWith(suffix))).length;
  }
  expect(asked).toBeGreaterThan(100);
  expect(short / asked).toBeGreaterThanOrEqual(0.5);
  expect(short / asked).toBeLessThan(0.8);
});

test('questions say of themselves whether they ask for a word', () => {
  const random = new Random(3);
  const sources = [
    sceneSource('scenes', store, encoder, { weight: 1, asking: 'all' }),
    classSource(examples, store, encoder, { weight: 1, asKept: false, side: 2 }),
  ];
  for (const source of sources) {
    const asked = Array.from({ length: 30 }, () => source.draw(0, random, row())).flat();
    const text = ({ prompt }: (typeof asked)[number]): string =>
      tokenizer.decode(prompt.filter((id) => id >= 0)).replace('<|assistant|>', '');
    expect(asked.some(({ short }) => short)).toBe(true);
    for (const pair of asked) expect(pair.short).toBe(SHORT_SUFFIXES.some((suffix) => text(pair).endsWith(suffix)));
  }
});

test('tokens before a question tell the same in all questions about a picture, at their places', () => {
  const source = sceneSource('scenes', store, encoder, { weight: 1, asking: 'all', lookups: true });
  const questions = source.draw(0, new Random(1), row());
  expect(questions.length).toBeGreaterThan(3);
  const before = questions[0].before ?? [];
  expect(before.map(({ at }) => at)).toEqual(Array.from({ length: SLOTS }, (_, at) => at));
  for (const question of questions) {
    expect(question.before).toBe(before);
    for (const { at } of question.lookups ?? []) expect(at).toBeGreaterThanOrEqual(SLOTS);
  }
  const without = sceneSource('scenes', store, encoder, { weight: 1, asking: 'all' }).draw(0, new Random(1), row());
  expect(without.every(({ before, lookups }) => before === undefined && lookups === undefined)).toBe(true);
});

test('a list points at where each thing is first seen, up to the end of its name, and then at nothing more', () => {
  const source = sceneSource('scenes', store, encoder, { weight: 1, asking: 'all', lookups: true });
  const random = new Random(5);
  const pairs = Array.from({ length: 40 }, () => source.draw(0, random, row())).flat();
  const lists = pairs.filter(({ kind }) => kind === 'describe');
  expect(lists.length).toBeGreaterThan(3);
  for (const { answer, pointer } of lists) {
    expect(pointer).toHaveLength(answer.length);
    const told = (slot: number): string => tokenizer.decode(answer.filter((id, i) => id > 2 && pointer?.[i] === slot));
    // Row by row, the dog at the top right comes before the cat in the middle of the left side.
    expect([2, 3, SLOTS].map((slot) => told(slot).trim())).toEqual(['There are two dogs', 'and a cat', '.']);
    expect(pointer?.at(-1)).toBe(SLOTS);
  }
  expect(pairs.filter(({ kind, pointer }) => kind !== 'describe' && pointer !== undefined)).toEqual([]);
});
