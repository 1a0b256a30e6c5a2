import { expect, test } from 'vitest';
import { catAndDogs, object, scene, signed } from '../../../test/support/made-scene.ts';
import { loadTokenizer } from '../../text/load-tokenizer.ts';
import { Random } from '../../util/random.ts';
import { PairEncoder } from '../tokenise.ts';
import { imaginedScene } from './corpus.ts';
import { type Lookup, lookupClasses, RELATIONS } from './lookup-types.ts';
import { lookupsOf } from './lookups.ts';
import { conceptClass } from './patch-targets.ts';
import { askAbout, type QuestionKind } from './questions.ts';
import { choiceQuestion, LETTERS } from './questions-choice.ts';
import { textQuestion } from './questions-text.ts';
import type { Question } from './questions-types.ts';
import { viewScene } from './questions-view.ts';
import { whereQuestion } from './questions-where.ts';
import { slotMentions } from './slot-mentions.ts';
import { COLOUR_NAMES, type Scene } from './types.ts';

const red = COLOUR_NAMES.indexOf('red');
test('asked to read, the last token tells that there is something; where lettering is asked about, its place', () => {
  const view = viewScene(signed('HELLO'));
  const of = (question: Question | null) => lookupsOf(question as Question, view);
  expect(of(textQuestion(view, new Random(1)))).toEqual([{ end: 'last', targets: { absent: 0 } }]);
  expect(of(whereQuestion(view, new Random(1)))).toEqual([
    { end: 'last', targets: { absent: 0, columns: 4, rows: 4 } },
  ]);
});

test('of all questions that are made up, each place tells something once, and tells one of the classes', async () => {
  const encoder = new PairEncoder(await loadTokenizer('models/nano'));
  const classes = lookupClasses();
  const told = new Set<string>();
  let [places, within] = [0, 0];
  for (let i = 0; i < 300; i++) {
    const random = new Random(`questions/${i}`);
    const shown = imaginedScene(`scene/${i}`, random.pick(['SEVEN', 'ab3', 'Q']));
    const before = slotMentions(viewScene(shown));
    for (const question of askAbout(shown, random)) {
      const mentions = [...before, ...lookupsOf(question, viewScene(shown))];
      const at = mentions.map(({ end }) => encoder.fusedPlace(question.question, end));
      const found = at.filter((place) => place !== null);
      expect(new Set(found).size, question.question).toBe(found.length);
      places += at.length;
      within += at.length - found.length;
      for (const { targets } of mentions)
        for (const [name, target] of Object.entries(targets)) {
          expect(target).toBeGreaterThanOrEqual(-1);
          expect(target).toBeLessThan(classes[name as Lookup].classes);
          if (target >= 0) told.add(name);
        }
    }
  }
  expect([...told].sort()).toEqual(Object.keys(classes).sort());
  expect(places).toBeGreaterThan(1000);
  expect(within / places).toBeLessThan(0.02);
});

const offers = (...names: string[]) => names.map((name) => ({ name }));

test('of a multiple choice, each option knows its letter and whether it is right, beside what it names', () => {
  for (let i = 0; i < 20; i++) {
    const question = choiceQuestion({ name: 'cat' }, offers('hammer', 'french fries', 'piano'), new Random(i));
    const options = lookupsOf(question, viewScene(catAndDogs)).filter(({ targets }) => targets.isRight !== undefined);
    const letters = 'ABCD'.slice(0, options.length).split('');
    expect(options.map(({ targets }) => targets.optionLetter)).toEqual(letters.map((_, letter) => letter));
    for (const [letter, { end, targets }] of options.entries()) {
      expect(question.question.slice(0, end as number)).toMatch(
        new RegExp(`${letters[letter]}[.:)] (cat|hammer|french fries|piano)$`),
      );
      expect(targets.isRight).toBe(letters[letter] === question.answer ? 1 : 0);
      expect(targets.counts).toBe(targets.isRight);
    }
  }
  const colours = choiceQuestion({ name: 'red' }, offers('blue'), new Random('colour'), ['What colour is the cat?']);
  const [right, cat, ...offered] = lookupsOf(colours, viewScene(catAndDogs));
  expect(right).toEqual({ end: 'last', targets: { rightOption: LETTERS.indexOf(colours.answer as 'A') } });
  expect(cat.targets).toMatchObject({ colours: red, counts: 1 });
  expect(offered.map(({ targets }) => targets.isRight)).toHaveLength(2);
});

/** What the last token of a question's prompt tells. */
function lastOf(kind: QuestionKind, question: string, answer: string, shown: Scene) {
  const all = lookupsOf({ kind, question, answer, accepted: [] }, viewScene(shown));
  return all.find(({ end }) => end === 'last')?.targets;
}

test('the last token tells the answer', () => {
  const shown = scene(object('cat', 0.15, 0.5, { colour: 'red' }, 0.4), object('hammer', 0.85, 0.5));
  const cat = conceptClass('cat');
  const bigger = (question: string) => lastOf('bigger', question, 'The cat is bigger.', shown);
  expect(bigger('Which is bigger, the hammer or the cat?')).toEqual({ absent: 0, named: 1, things: cat });
  expect(bigger('is the cat or the hammer bigger')).toEqual({ absent: 0, named: 0, things: cat });
  expect(bigger('What is the biggest thing?')).toEqual({ absent: 0, things: cat });
  const more = ['Do you see more dogs or more cats?', 'There are more dogs.'] as const;
  expect(lastOf('compare', ...more, shown)).toEqual({ named: 0 });
  expect(lastOf('relation', 'On which side of the hammer is the cat? In one word.', 'left', shown)).toEqual({
    ...{ absent: 0, relations: RELATIONS.indexOf('left') },
  });
  expect(lastOf('category', 'Which thing is an animal?', 'cat', shown)).toMatchObject({ things: cat, counts: 1 });
  expect(lastOf('colour', 'What colour is the cat?', 'It is red.', shown)).toMatchObject({ colours: red, columns: 1 });
  expect(lastOf('count', 'How many dogs are there?', 'There are no dogs.', shown)).toMatchObject({ counts: 0 });
  expect(lastOf('count', 'How many dogs are there? In one word.', 'zero', shown)).toMatchObject({ counts: 0 });
  const missing = { absent: 1, counts: 0 };
  expect(lastOf('refuse', 'Where is the dog?', 'There is no dog in the picture.', shown)).toEqual(missing);
  expect(lastOf('refuse', 'What does it say?', 'There is no text in the picture.', shown)).toEqual(missing);
  expect(lastOf('yesno', 'Is there a cat?', 'Yes, there is a cat.', shown)).toEqual({ yes: 1 });
  expect(lastOf('compare', 'Do the cat and the hammer share a colour?', 'No.', shown)).toEqual({ yes: 0 });
});

test('asked to describe, the last token tells the colour of a plain background, or that it is none', () => {
  const ground = (colour: Scene['background']['colour']) =>
    lastOf('describe', 'What do you see?', 'There is a cat.', { ...catAndDogs, background: { kind: 'plain', colour } });
  expect(ground('red')).toEqual({ ground: red });
  expect(ground(null)).toEqual({ ground: COLOUR_NAMES.length });
});

test('the last token tells nothing of what only helps to ask', () => {
  const shown = scene(object('hammer', 0.15, 0.5), object('dog', 0.85, 0.5, { colour: 'brown' }));
  expect(lastOf('relation', 'What is to the left of the dog?', 'It is a hammer.', shown)).toEqual({
    ...{ absent: 0, things: conceptClass('hammer') },
  });
  expect(lastOf('colour', 'What is brown?', 'The dog is brown.', shown)).toEqual({
    ...{ absent: 0, things: conceptClass('dog') },
  });
  // In a question "orange" is taken for a colour, which leaves the dog the only thing that is named.
  const fruit = scene(object('tangerine', 0.15, 0.5, {}, 0.4), object('dog', 0.85, 0.5));
  expect(lastOf('bigger', 'Which is bigger, the orange or the dog?', 'The orange is bigger.', fruit)).toEqual({
    absent: 0,
  });
});
