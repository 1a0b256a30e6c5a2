import { conceptOf, namedConcepts, shapeConcepts } from './concepts.ts';
import { MOST_OBJECTS } from './layout.ts';
import { type Box, COLOUR_NAMES, type ColourName, type Scene, type SceneObject } from './types.ts';

/**
 * @file What each patch of a made-up picture shows, for the naming stage: patches that know what they are of are
 * what pre-fusion reads scenes from.
 */

const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Objects that are hidden more than this are not taught. */
const MOST_HIDDEN = 0.5;

let table: { classes: ReadonlyMap<string, number>; characters: number; nothing: number } | undefined;

function classTable() {
  if (table === undefined) {
    const ids = new Set([...namedConcepts(), ...shapeConcepts()].map((concept) => concept.id));
    const classes = new Map([...ids].map((id, i) => [id, i]));
    table = { classes, characters: ids.size, nothing: ids.size + CHARACTERS.length };
  }
  return table;
}

/** Number of classes that a patch may have: concepts (in their order), other plain shapes, characters, nothing. */
export function patchClassCount(): number {
  return classTable().nothing + 1;
}

/**
 * The words for what a patch of each class shows, as they stand within a sentence: names in the singular and the
 * plural after a space, characters in both cases without.
 */
export function patchClassWords(): readonly (readonly string[])[] {
  const named = [...namedConcepts(), ...shapeConcepts()];
  const names = new Map(named.map(({ id, name, plural }) => [id, [...new Set([` ${name}`, ` ${plural}`])]]));
  return [
    ...[...classTable().classes.keys()].map((id) => names.get(id) as string[]),
    ...[...CHARACTERS].map((character) => [...new Set([character, character.toUpperCase()])]),
    [' background'],
  ];
}

/** The class of patches that show the ground alone. */
export function nothingClass(): number {
  return classTable().nothing;
}

/**
 * The class of each patch, row by row; −1 where two things share it or it is not clear.
 *
 * @param side patches along a side
 * @returns int32 `[side²]`
 */
export function patchTargets(scene: Scene, side: number): Int32Array {
  const { classes, characters, nothing } = classTable();
  const targets = new Int32Array(side * side).fill(nothing);
  // Whether the box holds the patch's middle; touched patches without it are left out.
  const owned = new Uint8Array(side * side);
  for (const object of scene.objects) {
    const target = object.hidden > MOST_HIDDEN ? -1 : (classes.get(conceptOf(object).id) as number);
    mark(object.box, side, (at, middle) => {
      if (!middle) targets[at] = owned[at] ? targets[at] : -1;
      else {
        targets[at] = owned[at] && targets[at] !== target ? -1 : target;
        owned[at] = 1;
      }
    });
  }
  if (scene.lettering) {
    const { text, box } = scene.lettering;
    const [x0, , x1] = box;
    mark(box, side, (at, middle) => {
      const x = ((at % side) + 0.5) / side;
      const letter = text[Math.floor(((x - x0) / (x1 - x0)) * text.length)]?.toLowerCase();
      const known = letter === undefined ? -1 : CHARACTERS.indexOf(letter);
      targets[at] = middle && known >= 0 && !owned[at] ? characters + known : -1;
    });
  }
  return targets;
}

/** Upper bounds of classes of size: the longer side of a thing's box, of the picture's side. */
const SIZES = [0.1, 0.15, 0.2, 0.27, 0.35, 0.45, 0.6, Number.POSITIVE_INFINITY];

/** What is told of patches beside the thing they show, each as one of so many classes. */
export const PATCH_ATTRIBUTES = { colours: COLOUR_NAMES.length, sizes: SIZES.length, counts: MOST_OBJECTS } as const;

export type PatchAttribute = keyof typeof PATCH_ATTRIBUTES;

/**
 * Of what each patch shows: `colours` its colour, an index into `COLOUR_NAMES` (also that of a plain ground), `sizes`
 * how large it is, `counts` how many of its name there are in the picture, less one; −1 where that is not clear, or
 * where things meet.
 *
 * @param side patches along a side
 * @returns int32 `[side²]`
 */
export function patchAttribute(attribute: PatchAttribute, scene: Scene, side: number): Int32Array {
  const colourOf = (colour: ColourName | null): number => (colour === null ? -1 : COLOUR_NAMES.indexOf(colour));
  const sizeOf = ([x0, y0, x1, y1]: Box): number => {
    const longer = Math.max(x1 - x0, y1 - y0);
    return SIZES.findIndex((bound) => longer <= bound);
  };
  const names = scene.objects.map((object) => conceptOf(object).id);
  const classOf = {
    colours: ({ colour }: SceneObject) => colourOf(colour),
    sizes: ({ box }: SceneObject) => sizeOf(box),
    counts: (_: SceneObject, i: number) => Math.min(MOST_OBJECTS, names.filter((name) => name === names[i]).length) - 1,
  }[attribute];
  const shown = scene.objects.map((object, i) => ({
    box: object.box,
    target: object.hidden > MOST_HIDDEN ? -1 : classOf(object, i),
  }));
  if (scene.lettering) {
    const { box, colour } = scene.lettering;
    shown.push({ box, target: attribute === 'colours' ? colourOf(colour) : -1 });
  }
  const targets = new Int32Array(side * side).fill(attribute === 'colours' ? colourOf(scene.background.colour) : -1);
  const owned = new Uint8Array(side * side);
  for (const { box, target } of shown)
    mark(box, side, (at, middle) => {
      targets[at] = middle && !owned[at] ? target : -1;
      if (middle) owned[at] = 1;
    });
  return targets;
}

/** Visits every patch that a box touches, and says whether it holds the patch's middle; the patch with the box's own middle always counts as held. */
function mark([x0, y0, x1, y1]: Box, side: number, visit: (at: number, middle: boolean) => void): void {
  const cell = (x: number): number => Math.max(0, Math.min(side - 1, Math.floor(x * side)));
  const held = (from: number, to: number, i: number): boolean => {
    const middle = (i + 0.5) / side;
    return (from <= middle && middle < to) || i === cell((from + to) / 2);
  };
  for (let r = cell(y0); r <= cell(y1 - 1e-9); r++)
    for (let c = cell(x0); c <= cell(x1 - 1e-9); c++) visit(r * side + c, held(x0, x1, c) && held(y0, y1, r));
}
