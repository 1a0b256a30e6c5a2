import { expect, test } from 'vitest';
import { catAndDogs, object, scene, signed } from '../../../test/support/made-scene.ts';
import type { Targets } from './lookup-types.ts';
import { mentionsIn } from './mentions.ts';
import { conceptClass } from './patch-targets.ts';
import { CLEAR_KINDS } from './questions-thing.ts';
import { viewScene } from './questions-view.ts';
import { COLOUR_NAMES, type ColourName, type Scene } from './types.ts';

const red = COLOUR_NAMES.indexOf('red');
/** The text that each mention ends, and what it tells. */
function found(question: string, shown: Scene): [string, Targets][] {
  return mentionsIn(question, viewScene(shown)).map(({ end, targets }) => [question.slice(0, end as number), targets]);
}

test('of what there is once, place, colour and size are told; of what there is more often, the number', () => {
  const [[cat, one], [dogs, two]] = found('Are there more cats or dogs?', catAndDogs);
  expect(cat).toBe('Are there more cats');
  expect(one).toMatchObject({ counts: 1, columns: 1, rows: 4, colours: red, things: -1 });
  expect(one.sizes).toBeGreaterThanOrEqual(0);
  expect(dogs).toBe('Are there more cats or dogs');
  expect(two).toEqual({
    ...{ counts: 2, columns: -1, rows: -1, colours: -1, sizes: -1, things: -1 },
    kinds: CLEAR_KINDS.indexOf('animal'),
    more: 1,
  });
});

test('of what is not there, that there is none', () => {
  const [[text, none]] = found("What is the fire truck's color?", catAndDogs);
  expect(text).toBe('What is the fire truck');
  expect(none).toEqual({ counts: 0, columns: -1, rows: -1, colours: -1, sizes: -1, kinds: -1, things: -1 });
});

test('of two named things, the second tells how it compares with the first', () => {
  const shown = scene(object('cat', 0.2, 0.5, {}, 0.4), object('dog', 0.8, 0.5), object('hammer', 0.78, 0.2));
  const compared = (question: string) => {
    const { relations, larger, more } = found(question, shown)[1][1];
    return { relations, larger, more };
  };
  expect(compared('Where is the cat relative to the dog?')).toEqual({ relations: 0, larger: 0, more: 2 });
  expect(compared('Where is the dog relative to the cat?')).toEqual({ relations: 1, larger: 1, more: 2 });
  expect(compared('Is the hammer above or below the dog?')).toEqual({ relations: 2, larger: -1, more: 2 });
  expect(compared('Is the dog above or below the dog?').relations).toBeUndefined();
  expect(compared('Is the piano left of the dog?').relations).toBeUndefined();
});

test('of two named things, the second tells whether both have one colour, if both have a clear one', () => {
  const same = (colours: (ColourName | null)[]) => {
    const [cat, dog] = colours;
    const shown = scene(object('cat', 0.2, 0.5, { colour: cat }), object('dog', 0.8, 0.5, { colour: dog }));
    return found('Are the cat and the dog the same colour?', shown)[1][1].sameColours;
  };
  expect([same(['red', 'red']), same(['red', 'blue']), same([null, 'red'])]).toEqual([1, 0, -1]);
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
  expect(found('Is there a disc?', circle)).toEqual([]);
  expect(found('Is there a disc?', catAndDogs)).toMatchObject([['Is there a disc', { counts: 0 }]]);
});

test('a word for a kind of thing is no thing of that name', () => {
  const tools = scene(object('screwdriver', 0.2, 0.5), object('hammer-and-wrench', 0.8, 0.5));
  expect(found('How many tools are there?', tools)).toMatchObject([['How many tools', { counts: 2 }]]);
  expect(found('Can you see any writing?', signed('HELLO'))).toEqual([]);
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
  expect(found('Is it on the top left of it?', scene(object('cat', 0.5, 0.15)))).toEqual([]);
  expect(found('What is in the center?', shown)).toEqual([]);
});

test('words that are names as well mostly mean something else', () => {
  expect(found('Can you see anything orange at the top of the picture?', catAndDogs)).toEqual([]);
});
