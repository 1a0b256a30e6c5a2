import type { Scene, SceneObject } from '../../src/train/pictograms/types.ts';

/** A square thing with its middle at x, y, in sides of the picture. */
export function object(
  concept: string,
  x: number,
  y: number,
  more: Partial<SceneObject> = {},
  size = 0.2,
): SceneObject {
  const half = size / 2;
  return { concept, style: 'test', box: [x - half, y - half, x + half, y + half], colour: null, hidden: 0, ...more };
}

/** Things on a plain ground of no colour with a name. */
export function scene(...objects: SceneObject[]): Scene {
  return { seed: 'test', size: 256, background: { kind: 'plain', colour: null }, objects, lettering: null };
}

/** Lettering in the middle of a picture of nothing else. */
export function signed(text: string): Scene {
  return { ...scene(), lettering: { text, box: [0.2, 0.4, 0.8, 0.6], colour: 'red', font: 'roboto-mono' } };
}

/** A red cat on the left, a blue dog at the top right, another dog below. */
export const catAndDogs: Scene = scene(
  object('cat', 0.15, 0.5, { colour: 'red' }),
  object('dog', 0.85, 0.2, { colour: 'blue' }),
  object('dog', 0.5, 0.8),
);
