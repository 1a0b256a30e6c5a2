import { expect, test } from 'vitest';
import { conceptOfSlug, namedConcepts } from './concepts.ts';
import { nothingClass, patchClassCount, patchColours, patchTargets } from './patch-targets.ts';
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
  const lettering = { text: 'aB7', colour: 'black', box: [0, 0.25, 0.75, 0.5], font: 'test' } as const;
  const targets = patchTargets(scene([], { ...lettering, box: [...lettering.box] }), 4);
  const [a, b, seven] = targets.subarray(4, 7);
  expect(b - a).toBe(1);
  expect(patchClassCount()).toBeGreaterThan(b);
  expect(seven).toBeGreaterThanOrEqual(namedConcepts().length);
  expect(new Set([a, b, seven, none]).size).toBe(4);
  expect([...targets.subarray(0, 4)]).toEqual(Array(4).fill(none));
  expect(targets[7]).toBe(none);
});

test('colours are those of things where they are, of the ground elsewhere, and unknown where both are', () => {
  const red = { ...object('cat', [0, 0, 0.55, 0.5]), colour: 'red' as const };
  const shown = { ...scene([red]), background: { kind: 'plain' as const, colour: 'blue' as const } };
  const colours = [...patchColours(shown, 4).subarray(0, 4)];
  expect(colours.map((at) => COLOUR_NAMES[at] ?? null)).toEqual(['red', 'red', null, 'blue']);
  expect([...patchColours(scene([object('cat', [0, 0, 1, 1])]), 2)]).toEqual([-1, -1, -1, -1]);
});
