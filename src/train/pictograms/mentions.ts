import { type NamedConcept, namedConcepts, shapeConcepts } from './concepts.ts';
import { isOfKind, kindOf } from './kinds.ts';
import { MOST_OBJECTS } from './layout.ts';
import {
  colourClass,
  conceptClass,
  PATCH_ATTRIBUTES,
  patchClassCount,
  placeClass,
  sizeClass,
} from './patch-targets.ts';
import { LETTERS } from './questions-name.ts';
import { CLEAR_KINDS, confusable, rightNames } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import { type SceneView, type ThingGroup, viewScene } from './questions-view.ts';
import { cellOf } from './questions-where.ts';
import { COLOUR_NAMES, type Scene } from './types.ts';

/** @file Names of things in questions, and what the picture shows of the things named: what pre-fusion is to look up. */

/**
 * What is to be told of a named thing: `things` which thing it is, where a place or a kind was named, `counts` how
 * many there are (0: none), `columns`, `rows`, `colours`, `sizes` as for patches; of an option `letters` which it is and
 * `fits` whether it is right.
 */
export type Lookup = 'things' | 'counts' | 'columns' | 'rows' | 'colours' | 'sizes' | 'letters' | 'fits';

/** Each is one of so many classes. */
export function lookupClasses(): Readonly<Record<Lookup, number>> {
  const { columns, rows, colours, sizes } = PATCH_ATTRIBUTES;
  return {
    things: patchClassCount(),
    counts: MOST_OBJECTS + 1,
    columns,
    rows,
    colours,
    sizes,
    letters: LETTERS.length,
    fits: 2,
  };
}

export interface Mention {
  /** Where the name ends in the question, in UTF-16 units. */
  end: number;
  /** −1 or left out where the picture does not say, as the place of what is there twice. */
  targets: Readonly<Partial<Record<Lookup, number>>>;
}

const WORD = /[a-z0-9]+(?:[’'.-](?!s\b)[a-z0-9]+)*/gi;

/** Names that in questions mostly mean something else. */
const COMMON_WORDS = ['can', 'top', 'picture', 'letter', 'short', 'shorts', 'text', 'word', ...COLOUR_NAMES];

/** A place that something is at; "to the left of" is none. */
const PLACE = /\b(?:in|at|on) the ((?:top|bottom) (?:left|right)|top|bottom|left|right|center)\b(?! of\b)/gi;

/** A name's things, by id, or its kind. */
interface Named {
  things: string[];
  kind: string | null;
}

let names:
  | { table: ReadonlyMap<string, Named>; longest: number; things: ReadonlyMap<string, NamedConcept> }
  | undefined;

/** Names in singular and plural. */
function nameTable() {
  if (names === undefined) {
    const table = new Map<string, Named>();
    const common = new Set<string>(COMMON_WORDS);
    let longest = 1;
    const entry = (name: string): Named => {
      const words = name.toLowerCase().match(WORD) ?? [];
      const key = words.join(' ');
      longest = Math.max(longest, words.length);
      const found = table.get(key) ?? { things: [], kind: null };
      if (!common.has(key)) table.set(key, found);
      return found;
    };
    const things = new Map([...namedConcepts(), ...shapeConcepts()].map((thing) => [thing.id, thing]));
    for (const thing of things.values())
      for (const name of new Set([...rightNames(thing), thing.plural])) entry(name).things.push(thing.id);
    for (const kind of CLEAR_KINDS) for (const name of [kind, kindOf(kind).plural]) entry(name).kind = kind;
    names = { table, longest, things };
  }
  return names;
}

const byId = (): ReadonlyMap<string, NamedConcept> => nameTable().things;

/** What a question names, and of a multiple choice what each option is. */
export function lookupsOf({ question, options = [] }: Question, scene: Scene): Mention[] {
  const mentions = mentionsIn(question, scene);
  const chosen = options.map(({ end, right }, letters) => {
    const named = mentions.find((mention) => mention.end === end);
    return { end, targets: { ...named?.targets, letters, fits: right ? 1 : 0 } };
  });
  return [...mentions.filter(({ end }) => options.every((option) => option.end !== end)), ...chosen];
}

/**
 * Finds what a question names: the longest names of things, kinds of things, and places. Those of which the picture
 * leaves open what they mean are passed over.
 */
export function mentionsIn(question: string, scene: Scene): Mention[] {
  const { table, longest } = nameTable();
  const words = [...question.matchAll(WORD)].map(({ 0: word, index }) => ({
    word: word.toLowerCase(),
    end: index + word.length,
  }));
  const view = viewScene(scene);
  const mentions: Mention[] = [];
  const add = (end: number, targets: Mention['targets'] | null): void => {
    if (targets !== null) mentions.push({ end, targets });
  };
  for (let at = 0; at < words.length; at++)
    for (let length = Math.min(longest, words.length - at); length > 0; length--) {
      const own = words.slice(at, at + length);
      const named = table.get(own.map(({ word }) => word).join(' '));
      if (named === undefined) continue;
      const { end } = own[length - 1];
      const known = named.things.length > 0 ? thingTargets(named.things, view) : null;
      add(end, named.kind === null || (known !== null && known !== NONE) ? known : kindTargets(named.kind, view));
      at += length - 1;
      break;
    }
  for (const { 0: phrase, 1: place, index } of question.matchAll(PLACE))
    add(index + phrase.length, placeTargets(place.toLowerCase(), view));
  return mentions;
}

function thingTargets(ids: readonly string[], view: SceneView): Mention['targets'] | null {
  const meant = view.groups.filter((group) => ids.includes(group.thing.id));
  if (meant.length > 1) return null;
  if (meant.length === 1) return meant[0].askable ? { ...shown(meant[0]), things: -1 } : null;
  const things = ids.flatMap((id) => byId().get(id) ?? []);
  return view.groups.some((group) => things.some((thing) => confusable(group.thing, thing))) ? null : NONE;
}

/** Of an animal, say: how many there are, and if there is one, which. */
function kindTargets(kind: string, view: SceneView): Mention['targets'] | null {
  const are = view.groups.map((group) => isOfKind(group.thing, kind));
  const of = view.groups.filter((_, i) => are[i] === true);
  if (!view.allClear || are.includes(null) || of.some((group) => !group.askable)) return null;
  if (of.length === 1) return shown(of[0]);
  return {
    ...NONE,
    counts: Math.min(
      MOST_OBJECTS,
      of.reduce((sum, group) => sum + group.members.length, 0),
    ),
  };
}

/** What is at a place, where that is one thing. */
function placeTargets(place: string, view: SceneView): Mention['targets'] | null {
  const there = view.groups.filter((group) => group.members.some((member) => cellOf(member.box)?.name === place));
  return there.length === 1 && there[0].askable && there[0].members.length === 1 ? shown(there[0]) : null;
}

const NONE: Mention['targets'] = { things: -1, counts: 0, columns: -1, rows: -1, colours: -1, sizes: -1 };

function shown({ thing, members, box, colour }: ThingGroup): Mention['targets'] {
  const single = members.length === 1;
  return {
    things: single ? conceptClass(thing.id) : -1,
    counts: Math.min(MOST_OBJECTS, members.length),
    columns: single ? placeClass('columns', box) : -1,
    rows: single ? placeClass('rows', box) : -1,
    colours: colourClass(colour),
    sizes: single ? sizeClass(box) : -1,
  };
}
