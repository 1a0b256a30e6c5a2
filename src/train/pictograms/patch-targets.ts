import { conceptOf, namedConcepts, shapeConcepts } from './concepts.ts';
import { MOST_OBJECTS } from './layout.ts';
import { cellAt, isHeld } from './patch-grid.ts';
import { CHARACTERS, charactersAt, lettersAt } from './patch-letters.ts';
import { CLEAR_KINDS } from './questions-thing.ts';
import { viewScene } from './questions-view.ts';
import { groupsInOrder } from './slots.ts';
import { type Box, COLOUR_NAMES, type ColourName, type Scene, type SceneObject } from './types.ts';

/**
 * @file What each patch of a made-up picture shows, for the naming stage: patches that know what they are of are
 * what pre-fusion reads scenes from.
 */

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

/** Of each class, the others whose first name is another name of its own: a steam train is a train, too. */
export function alsoNamed(): readonly (readonly number[])[] {
  const things = [...namedConcepts(), ...shapeConcepts()];
  const byName = new Map(things.map(({ name, id }) => [name, id]));
  const also: number[][] = Array.from({ length: patchClassCount() }, () => []);
  for (const { id, synonyms } of things)
    for (const other of synonyms.flatMap((name) => byName.get(name) ?? []))
      if (other !== id) also[conceptClass(id)].push(conceptClass(other));
  return also;
}

/** The class of patches that show a concept or plain shape. */
export function conceptClass(id: string): number {
  return classTable().classes.get(id) as number;
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
    const known = charactersAt(scene.lettering, side, 0.5);
    mark(scene.lettering.box, side, (at, middle) => {
      targets[at] = middle && known[at] >= 0 && !owned[at] ? characters + known[at] : -1;
    });
  }
  return targets;
}

/** Upper bounds of classes of size: the longer side of a thing's box, of the picture's side. */
const SIZES = [0.1, 0.15, 0.2, 0.27, 0.35, 0.45, 0.6, Number.POSITIVE_INFINITY];

/** Places are told in ninths of the side: three to each third that people speak of. */
const PLACES = 9;

/** The longest lettering whose letters are told apart. */
const MOST_LETTERS = 8;

/** What is told of patches beside the thing they show, each as one of so many classes. */
export const PATCH_ATTRIBUTES = {
  colours: COLOUR_NAMES.length,
  sizes: SIZES.length,
  counts: MOST_OBJECTS,
  columns: PLACES,
  rows: PLACES,
  kinds: CLEAR_KINDS.length,
  letters: MOST_LETTERS,
  leftLetters: MOST_LETTERS,
  rightLetters: MOST_LETTERS,
  leftCharacters: CHARACTERS.length,
  rightCharacters: CHARACTERS.length,
  orders: MOST_OBJECTS,
} as const;

export type PatchAttribute = keyof typeof PATCH_ATTRIBUTES;

/** What is told of lettering at one point of each patch, and where across the patch that is. */
const LETTER_POINTS: Partial<Record<PatchAttribute, { what: 'letter' | 'character'; across: number }>> = {
  letters: { what: 'letter', across: 0.5 },
  leftLetters: { what: 'letter', across: 0.25 },
  rightLetters: { what: 'letter', across: 0.75 },
  leftCharacters: { what: 'character', across: 0.25 },
  rightCharacters: { what: 'character', across: 0.75 },
};

/**
 * Of what each patch shows: `colours` its colour, an index into `COLOUR_NAMES` (also that of a plain ground), `sizes`
 * how large it is, `counts` how many of its name there are in the picture, less one, `columns` and `rows` where its
 * middle is (not the patch's: that is what questions ask), `kinds` what kind of thing it is, `letters` which letter of
 * the lettering, from left, stands at the patch's middle, `leftLetters` and `rightLetters` which at a quarter of its
 * width from either side (a patch may hold two), `leftCharacters` and `rightCharacters` the characters there, an index
 * into `CHARACTERS`, `orders` which of the names in the order of a description; −1 where that is not clear, or
 * where things meet.
 *
 * @param side patches along a side
 * @returns int32 `[side²]`
 */
export function patchAttribute(attribute: PatchAttribute, scene: Scene, side: number): Int32Array {
  const read = LETTER_POINTS[attribute];
  if (read) {
    if (scene.lettering === null) return new Int32Array(side * side).fill(-1);
    if (read.what === 'character') return charactersAt(scene.lettering, side, read.across);
    return lettersAt(scene.lettering, side, read.across).map((letter) => (letter < MOST_LETTERS ? letter : -1));
  }
  const names = scene.objects.map((object) => conceptOf(object).id);
  const order = attribute === 'orders' ? namesInOrder(scene) : [];
  const shown = scene.objects.map((object, i) => ({
    box: object.box,
    target: object.hidden > MOST_HIDDEN ? -1 : attributeOf(attribute, object, names, order, i),
  }));
  if (scene.lettering) {
    const { box, colour } = scene.lettering;
    shown.push({ box, target: attribute === 'colours' ? colourClass(colour) : placeClass(attribute, box) });
  }
  const targets = new Int32Array(side * side).fill(attribute === 'colours' ? colourClass(scene.background.colour) : -1);
  const owned = new Uint8Array(side * side);
  for (const { box, target } of shown)
    mark(box, side, (at, middle) => {
      targets[at] = middle && !owned[at] ? target : -1;
      if (middle) owned[at] = 1;
    });
  return targets;
}

/** The order of a description, which there is only where everything can be seen. */
function namesInOrder(scene: Scene): string[] {
  const seen = scene.objects.filter(({ hidden }) => hidden <= MOST_HIDDEN);
  return groupsInOrder(viewScene({ ...scene, objects: seen })).map(({ thing }) => thing.id);
}

function attributeOf(
  attribute: PatchAttribute,
  object: SceneObject,
  names: readonly string[],
  order: readonly string[],
  i: number,
): number {
  const { box, colour } = object;
  if (attribute === 'colours') return colourClass(colour);
  if (attribute === 'sizes') return sizeClass(box);
  if (attribute === 'counts') return Math.min(MOST_OBJECTS, names.filter((name) => name === names[i]).length) - 1;
  if (attribute === 'orders') return order.indexOf(names[i]);
  if (attribute === 'kinds') return CLEAR_KINDS.indexOf(conceptOf(object).kind);
  return placeClass(attribute, box);
}

/** One of `SIZES`. */
export function sizeClass([x0, y0, x1, y1]: Box): number {
  const longer = Math.max(x1 - x0, y1 - y0);
  return SIZES.findIndex((bound) => longer <= bound);
}

/** An index into `COLOUR_NAMES`; −1 for none. */
export function colourClass(colour: ColourName | null): number {
  return colour === null ? -1 : COLOUR_NAMES.indexOf(colour);
}

/** In which ninth a box's middle lies, along `columns` or `rows`; −1 for any other attribute. */
export function placeClass(attribute: PatchAttribute, [x0, y0, x1, y1]: Box): number {
  if (attribute === 'columns') return cellAt((x0 + x1) / 2, PLACES);
  return attribute === 'rows' ? cellAt((y0 + y1) / 2, PLACES) : -1;
}

/** Visits every patch that a box touches, and says whether it holds the patch's middle; the patch with the box's own middle always counts as held. */
function mark([x0, y0, x1, y1]: Box, side: number, visit: (at: number, middle: boolean) => void): void {
  for (let r = cellAt(y0, side); r <= cellAt(y1 - 1e-9, side); r++)
    for (let c = cellAt(x0, side); c <= cellAt(x1 - 1e-9, side); c++)
      visit(r * side + c, isHeld(x0, x1, c, side) && isHeld(y0, y1, r, side));
}
