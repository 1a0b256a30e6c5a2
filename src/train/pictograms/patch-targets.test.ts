import { expect, test } from 'vitest';
import { conceptOfSlug, namedConcepts } from './concepts.ts';
import { CHARACTERS } from './patch-letters.ts';
import {
  alsoNamed,
  conceptClass,
  nothingClass,
  PATCH_ATTRIBUTES,
  patchAttribute,
  patchClassCount,
  patchClassWords,
  patchTargets,
} from './patch-targets.ts';
import { CLEAR_KINDS } from './questions-thing.ts';
import { COLOUR_NAMES, type Scene, type SceneObject } from './types.ts';

const object = (concept: string, box: SceneObject['box'], hidden = 0): SceneObject => ({
  concept,
  style: 'test',
  box,
  colour: null,
  hidden,
});

const scene = (objects: SceneObject[], lettering: Scene['lettering'] = null): Scene => ({
  seed: 'test',
  size: 256,
  background: { kind: 'plain', colour: null },
  objects,
  lettering,
});

const cat = namedConcepts().indexOf(conceptOfSlug('cat'));
const dog = namedConcepts().indexOf(conceptOfSlug('dog'));
const none = nothingClass();

test('a patch shows the thing whose box holds its middle; touched patches are left out', () => {
  // Columns 0 to 1.6 and rows 0 to 2 of a grid of four.
  const targets = patchTargets(scene([object('cat', [0, 0, 0.4, 0.5])]), 4);
  const row = [cat, cat, none, none];
  expect([...targets]).toEqual([...row, ...row, ...Array(8).fill(none)]);
  const narrow = patchTargets(scene([object('cat', [0, 0, 0.3, 0.5])]), 4);
  expect([...narrow.subarray(0, 4)]).toEqual([cat, -1, none, none]);
});

test('a thing smaller than a patch still has one', () => {
  const targets = patchTargets(scene([object('dog', [0.52, 0.52, 0.6, 0.6])]), 4);
  expect([...targets].filter((t) => t === dog)).toHaveLength(1);
  expect(targets[2 * 4 + 2]).toBe(dog);
});

test('what two things share, and what is hidden, is not taught', () => {
  const both = patchTargets(scene([object('cat', [0, 0, 0.75, 1]), object('dog', [0.25, 0, 1, 1])]), 4);
  expect([...both.subarray(0, 4)]).toEqual([cat, -1, -1, dog]);
  const hidden = patchTargets(scene([object('cat', [0, 0, 1, 1], 0.8)]), 2);
  expect([...hidden]).toEqual([-1, -1, -1, -1]);
});

test('lettering shows its characters from left to right, whatever their case', () => {
  const lettering = { text: 'aB7', colour: 'black', box: [0, 0.25, 0.75, 0.5], font: 'roboto-mono' } as const;
  const targets = patchTargets(scene([], { ...lettering, box: [...lettering.box] }), 4);
  const [a, b, seven] = targets.subarray(4, 7);
  expect(b - a).toBe(1);
  expect(patchClassCount()).toBeGreaterThan(b);
  expect(seven).toBeGreaterThanOrEqual(namedConcepts().length);
  expect(new Set([a, b, seven, none]).size).toBe(4);
  expect([...targets.subarray(0, 4)]).toEqual(Array(4).fill(none));
  expect(targets[7]).toBe(none);
});

const clear = (thing: SceneObject, colour: SceneObject['colour']): SceneObject => ({ ...thing, colour });

test('colours are those of things where they are, of the ground elsewhere, and unknown where both are', () => {
  const red = clear(object('cat', [0, 0, 0.55, 0.5]), 'red');
  const shown = { ...scene([red]), background: { kind: 'plain' as const, colour: 'blue' as const } };
  const colours = [...patchAttribute('colours', shown, 4).subarray(0, 4)];
  expect(colours.map((at) => COLOUR_NAMES[at] ?? null)).toEqual(['red', 'red', null, 'blue']);
  expect([...patchAttribute('colours', scene([object('cat', [0, 0, 1, 1])]), 2)]).toEqual([-1, -1, -1, -1]);
});

test('sizes go by the longer side, counts by the name', () => {
  const three = scene([
    object('cat', [0, 0, 0.5, 0.25]),
    object('cat', [0.5, 0, 0.75, 0.25]),
    object('dog', [0.75, 0, 1, 0.25]),
  ]);
  expect([...patchAttribute('counts', three, 4)]).toEqual([1, 1, 1, 0, ...Array(12).fill(-1)]);
  const [wide, same, narrow, other] = patchAttribute('sizes', three, 4);
  expect(wide).toBe(same);
  expect(narrow).toBe(other);
  expect(wide).toBeGreaterThan(narrow);
  expect(wide).toBeLessThan(PATCH_ATTRIBUTES.sizes);
  const hidden = scene([object('cat', [0, 0, 1, 1], 0.9)]);
  expect([...patchAttribute('sizes', hidden, 1), ...patchAttribute('counts', hidden, 1)]).toEqual([-1, -1]);
});

test('places are those of the thing, in ninths, on all its patches', () => {
  const wide = scene([object('cat', [0, 0, 1, 0.25]), object('dog', [0.75, 0.75, 1, 1])]);
  expect([...patchAttribute('columns', wide, 4).subarray(0, 4)]).toEqual([4, 4, 4, 4]);
  expect([...patchAttribute('rows', wide, 4).subarray(0, 4)]).toEqual([1, 1, 1, 1]);
  expect(patchAttribute('columns', wide, 4)[15]).toBe(7);
  expect(patchAttribute('rows', wide, 4)[15]).toBe(7);
  expect(patchAttribute('rows', wide, 4)[5]).toBe(-1);
});

test('kinds are those that people agree on; letters are numbered from the left', () => {
  const shown = scene([object('cat', [0, 0.5, 0.5, 1]), object('hammer', [0.5, 0.5, 1, 1])], {
    text: 'AB7',
    colour: 'black',
    box: [0, 0, 0.75, 0.25],
    font: 'roboto-mono',
  });
  const [animal, , tool] = patchAttribute('kinds', shown, 4).subarray(8, 11);
  expect([CLEAR_KINDS[animal], CLEAR_KINDS[tool]]).toEqual(['animal', 'tool']);
  expect([...patchAttribute('letters', shown, 4).subarray(0, 8)]).toEqual([0, 1, 2, -1, -1, -1, -1, -1]);
  expect([...patchAttribute('columns', shown, 4).subarray(0, 4)]).toEqual([3, 3, 3, -1]);
});

test('letters take the room that their font gives them', () => {
  const thin = { text: 'il1W', colour: 'black', box: [0, 0, 1, 0.25], font: 'roboto' } as const;
  const letters = patchAttribute('letters', scene([], { ...thin, box: [...thin.box] }), 4);
  expect([...letters.subarray(0, 4)]).toEqual([0, 2, 3, 3]);
});

test('every class has words, spelt as in a sentence', () => {
  const words = patchClassWords();
  expect(words).toHaveLength(patchClassCount());
  expect(words[cat]).toEqual([' cat', ' cats']);
  expect(words[none]).toEqual([' background']);
  expect(words[none - 1]).toEqual(['z', 'Z']);
  expect(words[none - 36]).toEqual(['0']);
});

test('orders number the names that can be seen as a description lists them, row by row', () => {
  const shown = scene([
    object('dog', [0.25, 0, 0.5, 0.25]),
    object('cat', [0.75, 0, 1, 0.25]),
    object('cat', [0.5, 0, 0.75, 0.25]),
    object('mouse', [0, 0, 0.25, 0.25], 0.9),
  ]);
  expect([...patchAttribute('orders', shown, 4).subarray(0, 5)]).toEqual([-1, 0, 1, 1, -1]);
  expect(patchAttribute('orders', { ...shown, objects: [shown.objects[3]] }, 4)).toEqual(new Int32Array(16).fill(-1));
});

test('a patch may hold two letters, told apart at a quarter of its width from either side', () => {
  const shown = scene([], { text: 'AB7D', box: [0, 0.25, 0.5, 0.5], colour: 'red', font: 'roboto-mono' });
  const row = (attribute: 'leftCharacters' | 'rightCharacters' | 'leftLetters' | 'rightLetters') =>
    [...patchAttribute(attribute, shown, 4)].slice(4, 8);
  const at = (text: string): number[] => [...text].map((character) => CHARACTERS.indexOf(character));
  expect(row('leftCharacters')).toEqual([...at('a7'), -1, -1]);
  expect(row('rightCharacters')).toEqual([...at('bd'), -1, -1]);
  expect(row('leftLetters')).toEqual([0, 2, -1, -1]);
  expect(row('rightLetters')).toEqual([1, 3, -1, -1]);
  expect(patchAttribute('leftLetters', scene([]), 4)).toEqual(new Int32Array(16).fill(-1));
});

test('a class has the classes beside it whose first names its thing has for others', () => {
  const also = alsoNamed();
  const of = (slug: string): number => conceptClass(conceptOfSlug(slug).id);
  expect(also).toHaveLength(patchClassCount());
  expect(also[of('locomotive')]).toEqual([of('train')]);
  expect(also[of('train')]).toEqual([]);
  expect(also.flatMap((others, i) => others.filter((other) => other === i))).toEqual([]);
});
