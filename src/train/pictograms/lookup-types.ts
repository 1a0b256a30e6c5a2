import type { PromptPlace } from '../tokenise.ts';
import { MOST_OBJECTS } from './layout.ts';
import { CHARACTERS, PATCH_ATTRIBUTES, patchClassCount } from './patch-targets.ts';
import { LETTERS } from './questions-name.ts';
import type { Relation } from './questions-relation.ts';

/** @file What tokens of a prompt are to tell of a picture, so that pre-fusion learns to look (`lookupLoss`). */

/** How the first of two named things lies to the second. */
export const RELATIONS: readonly Relation[] = ['left', 'right', 'above', 'below'];

export const LETTER_HEADS = [
  ...(['letter0', 'letter1', 'letter2', 'letter3'] as const),
  ...(['letter4', 'letter5', 'letter6', 'letter7'] as const),
] as const;

/** Things of a description, in its order, and how many there are of each. */
export const PART_HEADS = ['part0', 'part1', 'part2', 'part3', 'part4', 'part5'] as const;
export const PART_COUNT_HEADS = ['many0', 'many1', 'many2', 'many3', 'many4', 'many5'] as const;

/**
 * What is to be told. Of a named thing: `things` which thing it is, where a place or a kind was named, `counts` how many
 * there are (0: none), `columns`, `rows`, `colours`, `sizes`, `kinds` as for patches. Of the later named of two things:
 * `relations` how the earlier lies to it, `larger` whether it is the larger (1) or the smaller (0), `sameColours` whether
 * both have one colour (1), `more` whether there are more of the earlier (0), of it (1), or as many (2). Of an option:
 * `optionLetter`, and `isRight`.
 *
 * The tokens around the question tell of the answer: the last one `things`, `colours`, `counts`, `relations` and so on
 * of what the answer names, `yes` whether it is yes (1) or no (0), `absent` whether what is asked about is missing, and
 * `rightOption`; several tell `letter0` to `letter7`, the lettering's characters, and `part0` to `part5`, the
 * things of a description, with `many0` to `many5` their numbers; the last class of letters and parts, and the number
 * 0, where there are fewer.
 */
export type Lookup =
  | 'things'
  | 'counts'
  | 'columns'
  | 'rows'
  | 'colours'
  | 'sizes'
  | 'kinds'
  | 'relations'
  | 'larger'
  | 'sameColours'
  | 'more'
  | 'optionLetter'
  | 'isRight'
  | 'rightOption'
  | 'yes'
  | 'absent'
  | (typeof LETTER_HEADS)[number]
  | (typeof PART_HEADS)[number]
  | (typeof PART_COUNT_HEADS)[number];

type Head = Readonly<{ classes: number; share: number }>;

/** Each is one of so many classes, and counts for a `share` of what a lookup counts: all letters together for one, all things of a description for three. */
export function lookupClasses(): Readonly<Record<Lookup, Head>> {
  const { columns, rows, colours, sizes, kinds } = PATCH_ATTRIBUTES;
  const whole = (classes: number): Head => ({ classes, share: 1 });
  return {
    things: whole(patchClassCount()),
    counts: whole(MOST_OBJECTS + 1),
    columns: whole(columns),
    rows: whole(rows),
    colours: whole(colours),
    sizes: whole(sizes),
    kinds: whole(kinds),
    relations: whole(RELATIONS.length),
    larger: whole(2),
    sameColours: whole(2),
    more: whole(3),
    optionLetter: whole(LETTERS.length),
    isRight: whole(2),
    rightOption: whole(LETTERS.length),
    yes: whole(2),
    absent: whole(2),
    ...each(LETTER_HEADS, { classes: CHARACTERS.length + 1, share: 1 / LETTER_HEADS.length }),
    ...each(PART_HEADS, { classes: patchClassCount() + 1, share: 2 / PART_HEADS.length }),
    ...each(PART_COUNT_HEADS, { classes: MOST_OBJECTS + 1, share: 1 / PART_COUNT_HEADS.length }),
  };
}

function each<Name extends string>(names: readonly Name[], head: Head): Record<Name, Head> {
  return Object.fromEntries(names.map((name) => [name, head])) as Record<Name, Head>;
}

/** What a token has to tell; −1 or left out where the picture does not say, as the place of what is there twice. */
export type Targets = Readonly<Partial<Record<Lookup, number>>>;

/** What one token of the prompt has to tell of the picture. */
export interface Mention {
  /** Where what tells it ends. */
  end: PromptPlace;
  targets: Targets;
}
