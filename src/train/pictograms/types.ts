/** What the pictogram world's parts tell each other: concepts, and what a made-up picture shows. */

export interface Concept {
  /** CLDR-like slug, such as `red-apple`; unique. */
  id: string;
  /** Lower-case hexadecimal code points joined by `-`, without `fe0f`, such as `1f34e`. */
  codepoints: string;
}

export const COLOUR_NAMES = [
  'red',
  'orange',
  'yellow',
  'green',
  'blue',
  'purple',
  'pink',
  'brown',
  'black',
  'white',
  'grey',
] as const;

export type ColourName = (typeof COLOUR_NAMES)[number];

/** Left, top, right, bottom as fractions of the picture's side. */
export type Box = [x0: number, y0: number, x1: number, y1: number];

export interface SceneObject {
  /** A concept's id, or a shape's name (`circle`, `square`, …) where `shape` is set. */
  concept: string;
  style: string;
  /** Of the visible ink. */
  box: Box;
  /** Measured on the drawn ink; null where no one colour clearly rules. */
  colour: ColourName | null;
  /** A plain coloured shape. */
  shape?: true;
  /** Share of the ink covered by later objects or cut off by the border, 0 to 1. */
  hidden: number;
}

export interface Lettering {
  text: string;
  colour: ColourName;
  box: Box;
  font: string;
}

export interface SceneBackground {
  kind: 'plain' | 'gradient' | 'noise' | 'scenery';
  /** Nameable only for a plain ground. */
  colour: ColourName | null;
}

export interface Scene {
  seed: string;
  /** Side in pixels. */
  size: number;
  background: SceneBackground;
  objects: SceneObject[];
  lettering: Lettering | null;
}
