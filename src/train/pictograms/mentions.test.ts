import { expect, test } from 'vitest';
import { Random } from '../../util/random.ts';
import { lookupClasses, lookupsOf, type Mention, mentionsIn } from './mentions.ts';
import { conceptClass } from './patch-targets.ts';
import { choiceQuestion } from './questions-name.ts';
import { COLOUR_NAMES, type Scene, type SceneObject } from './types.ts';

function object(concept: string, x: number, y: number, more: Partial<SceneObject> = {}, size = 0.2): SceneObject {
  const half = size / 2;
  return { concept, style: 'test', box: [x - half, y - half, x + half, y + half], colour: null, hidden: 0, ...more };
}

function scene(...objects: SceneObject[]): Scene {
  return { seed: 'test', size: 256, background: { kind: 'plain', colour: null }, objects, lettering: null };
}

const red = COLOUR_NAMES.indexOf('red');
const catAndDogs = scene(
  object('cat', 0.15, 0.5, { colour: 'red' }),
  object('dog', 0.85, 0.2, { colour: 'blue' }),
  object('dog', 0.5, 0.8),
);

/** The text that each mention ends, and what it tells. */
function found(question: string, shown: Scene): [string, Mention['targets']][] {
  return mentionsIn(question, shown).map(({ end, targets }) => [question.slice(0, end), targets]);
}

test('of what there is once, place, colour and size are told; of what there is more often, the number', () => {
  const [[cat, one], [dogs, two]] = found('Are there more cats or dogs?', catAndDogs);
  expect(cat).toBe('Are there more cats');
  expect(one).toMatchObject({ counts: 1, columns: 1, rows: 4, colours: red, things: -1 });
  expect(one.sizes).toBeGreaterThanOrEqual(0);
  expect(dogs).toBe('Are there more cats or dogs');
  expect(two).toEqual({ counts: 2, columns: -1, rows: -1, colours: -1, sizes: -1, things: -1 });
});

test('of what is not there, that there is none', () => {
  const [[text, none]] = found("What is the fire engine's color?", catAndDogs);
  expect(text).toBe('What is the fire engine');
  expect(none).toEqual({ counts: 0, columns: -1, rows: -1, colours: -1, sizes: -1, things: -1 });
});

test('the longest name counts', () => {
  const bus = scene(object('bus-stop', 0.5, 0.5));
  expect(found('Do you see a bus stop?', bus).map(([text]) => text)).toEqual(['Do you see a bus stop']);
});

test('what may be meant by a name is passed over where the picture has something like it', () => {
  const hidden = scene(object('cat', 0.5, 0.5, { hidden: 0.9 }));
  expect(found('Where is the cat?', hidden)).toEqual([]);
  // A disc is also a word for a circle.
  const circle = scene(object('circle', 0.5, 0.5, { shape: true }));
  expect(found('Is there a disc?', circle).every(([, { counts }]) => counts !== 0)).toBe(true);
});

test('a kind of thing and a place tell which thing is meant, if it is one', () => {
  const shown = scene(object('cat', 0.15, 0.5), object('hammer', 0.85, 0.2));
  const cat = conceptClass('cat');
  expect(found('Which thing is an animal?', shown)).toMatchObject([
    ['Which thing is an animal', { things: cat, counts: 1 }],
  ]);
  expect(found('What is on the left?', shown)).toMatchObject([['What is on the left', { things: cat, columns: 1 }]]);
  expect(found('How many animals are there?', catAndDogs)).toMatchObject([
    [expect.anything(), { counts: 3, things: -1 }],
  ]);
  expect(found('Is it to the left of it?', shown)).toEqual([]);
  expect(found('What is in the center?', shown)).toEqual([]);
});

test('words that are names as well mostly mean something else', () => {
  expect(found('Can you see anything orange at the top of the picture?', catAndDogs)).toEqual([]);
});

test('every target is one of the classes', () => {
  const classes = lookupClasses();
  for (const { targets } of mentionsIn('cat, dog, animal, hammer', catAndDogs))
    for (const [name, target] of Object.entries(targets)) {
      expect(target).toBeGreaterThanOrEqual(-1);
      expect(target).toBeLessThan(classes[name as keyof typeof classes]);
    }
});

test('of a multiple choice, each option knows its letter and whether it is right, beside what it names', () => {
  for (let i = 0; i < 20; i++) {
    const question = choiceQuestion('cat', ['hammer', 'french fries', 'piano'], new Random(i));
    const options = lookupsOf(question, catAndDogs).filter(({ targets }) => targets.fits !== undefined);
    const letters = 'ABCD'.slice(0, options.length).split('');
    expect(options.map(({ targets }) => targets.letters)).toEqual(letters.map((_, letter) => letter));
    for (const [letter, { end, targets }] of options.entries()) {
      expect(question.question.slice(0, end)).toMatch(
        new RegExp(`${letters[letter]}[.:)] (cat|hammer|french fries|piano)$`),
      );
      expect(targets.fits).toBe(letters[letter] === question.answer ? 1 : 0);
      expect(targets.counts).toBe(targets.fits);
    }
  }
  const colours = choiceQuestion('red', ['blue'], new Random('colour'), ['What colour is the cat?']);
  const lookups = lookupsOf(colours, catAndDogs);
  expect(lookups[0].targets).toMatchObject({ colours: red, counts: 1 });
  expect(lookups.slice(1).map(({ targets }) => targets.fits)).toHaveLength(2);
});
