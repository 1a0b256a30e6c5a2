import type { PromptPlace } from '../tokenise.ts';
import { MOST_OBJECTS } from './layout.ts';
import { CHARACTERS } from './patch-letters.ts';
import { nothingClass, PATCH_ATTRIBUTES, patchClassCount } from './patch-targets.ts';
import { LETTERS } from './questions-choice.ts';
import type { Relation } from './questions-relation.ts';

/** @file What tokens of a prompt are to tell of a picture, so that pre-fusion learns to look (`lookupLoss`). */

/** How the first of two named things lies to the second. */
export const RELATIONS: readonly Relation[] = ['left', 'right', 'above', 'below'];

/**
 * What is to be told. Of a named thing: `things` which thing it is, where a place or a kind was named, `counts` how many
 * there are (0: none), `columns`, `rows`, `colours`, `sizes`, `kinds` as for patches. Of the later named of two things:
 * `relations` how the earlier lies to it, `larger` whether it is the larger (1) or the smaller (0), `sameColours` whether
 * both have one colour (1), `more` whether there are more of the earlier (0), of it (1), or as many (2). Of an option:
 * `optionLetter`, and `isRight`.
 *
 * The prompt's last token tells of the answer: `things`, `colours`, `counts`, `relations` and so on of what it names,
 * `named` which of two things that the question offers it is (0 or 1), `yes` whether it is yes (1) or no (0), `absent`
 * whether what is asked about is missing, and `rightOption`; asked to describe, `ground` the colour of a plain
 * background, the last class of any other.
 *
 * The tokens before the question tell of the whole picture (`slotMentions`): `slotThings` what is in a part of it, or
 * nothing, `slotNew` whether no earlier part has one of these (1) or one has (0), `slotNth` as which of the picture's
 * things a list has it, from 1, and 0 where it was listed before or nothing is there (of the largest thing of the part
 * alone: a list may still have a smaller one there), `slotCounts` how many there are of them in the picture
 * (0 of nothing), `slotColours` their colour, `slotLetters` a character of the lettering, the last class where there is
 * none.
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
  | 'named'
  | 'yes'
  | 'absent'
  | 'ground'
  | 'slotThings'
  | 'slotNew'
  | 'slotNth'
  | 'slotCounts'
  | 'slotColours'
  | 'slotLetters';

type Head = Readonly<{ classes: number; share: number; common?: number }>;

/** Each is one of so many classes, and counts for a `share` of what a lookup counts; `common` is the class that most tokens are of. */
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
    named: whole(2),
    yes: whole(2),
    absent: whole(2),
    ground: whole(colours + 1),
    slotThings: { classes: patchClassCount(), share: 3, common: nothingClass() },
    slotNew: { classes: 2, share: 1, common: 1 },
    slotNth: { classes: MOST_OBJECTS + 1, share: 1, common: 0 },
    slotCounts: { classes: MOST_OBJECTS + 1, share: 1, common: 0 },
    slotColours: { classes: colours, share: 0.5 },
    slotLetters: { classes: CHARACTERS.length + 1, share: 3, common: CHARACTERS.length },
  };
}

/** What a token has to tell; −1 or left out where the picture does not say, as the place of what is there twice. */
export type Targets = Readonly<Partial<Record<Lookup, number>>>;

/** What one token of the prompt has to tell of the picture. */
export interface Mention {
  /** Where what tells it ends. */
  end: PromptPlace;
  targets: Targets;
}
