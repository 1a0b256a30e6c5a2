import { expect, test } from 'vitest';
import { catAndDogs, object, scene, signed } from '../../../test/support/made-scene.ts';
import { CHARACTERS } from './patch-letters.ts';
import { conceptClass, nothingClass } from './patch-targets.ts';
import { viewScene } from './questions-view.ts';
import { slotMentions } from './slot-mentions.ts';
import { groupsInOrder } from './slots.ts';
import { COLOUR_NAMES, type Scene } from './types.ts';

const told = (shown: Scene) => slotMentions(viewScene(shown)).map(({ targets }) => targets);

test('each slot tells what is in its part of the picture, how many there are of that, and as which it is listed', () => {
  const slots = told(catAndDogs);
  expect(slots).toHaveLength(9);
  const nothing = { slotThings: nothingClass(), slotNew: -1, slotNth: 0, slotCounts: 0, slotColours: -1 };
  const dog = { slotThings: conceptClass('dog'), slotNew: 1, slotNth: 1, slotCounts: 2, slotColours: -1 };
  const red = COLOUR_NAMES.indexOf('red');
  const cat = { slotThings: conceptClass('cat'), slotNew: 1, slotNth: 2, slotCounts: 1, slotColours: red };
  const wanted = Array(9)
    .fill(nothing)
    .with(2, dog)
    .with(3, cat)
    .with(7, { ...dog, slotNew: 0, slotNth: 0 });
  slots.forEach((slot, i) => {
    expect(slot, `slot ${i}`).toMatchObject(wanted[i]);
  });
});

test('of two things in one part the larger comes first, and nothing is told where one is not plain to see', () => {
  const both = [object('cat', 0.45, 0.5), object('dog', 0.6, 0.55, {}, 0.3)];
  expect(told(scene(...both))[4]).toMatchObject({ slotThings: conceptClass('dog') });
  const hidden = told(scene(both[0], { ...both[1], hidden: 0.6 }));
  expect(Object.keys(hidden[4])).toEqual(['slotLetters']);
  expect(hidden[3]).toMatchObject({ slotThings: nothingClass() });
});

test('each slot tells one character, in either case, and where there is none', () => {
  const letters = (text: string) => told(signed(text)).map(({ slotLetters }) => slotLetters);
  const none = CHARACTERS.length;
  const at = (text: string): number[] => [...text].map((character) => CHARACTERS.indexOf(character));
  expect(letters('Hi4')).toEqual([...at('hi4'), ...Array(6).fill(none)]);
  expect(letters('ABCD-FGH')).toEqual([...at('abcd-fgh'), none]);
  expect(at('-')).toEqual([-1]);
  expect(told(catAndDogs).map(({ slotLetters }) => slotLetters)).toEqual(Array(9).fill(none));
});

test('things are listed as slots come upon them, each once', () => {
  const view = viewScene(
    scene(object('hammer', 0.5, 0.9), ...catAndDogs.objects, object('musical-keyboard', 0.6, 0.15, {}, 0.1)),
  );
  expect(groupsInOrder(view).map(({ thing }) => thing.id)).toEqual(['piano', 'dog', 'cat', 'hammer']);
});
