import { type NamedConcept, namedConcepts, shapeConcepts } from './concepts.ts';
import { isOfKind, kindOf } from './kinds.ts';
import { MOST_OBJECTS } from './layout.ts';
import {
  CHARACTERS,
  colourClass,
  conceptClass,
  PATCH_ATTRIBUTES,
  patchClassCount,
  placeClass,
  sizeClass,
} from './patch-targets.ts';
import { isClearlyBigger } from './questions-bigger.ts';
import { LETTERS } from './questions-name.ts';
import { type Relation, relationOf } from './questions-relation.ts';
import { CLEAR_KINDS, confusable, rightNames } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import type { SceneView, ThingGroup } from './questions-view.ts';
import { cellOf } from './questions-where.ts';
import { COLOUR_NAMES } from './types.ts';

/** @file Names of things in questions, and what the picture shows of the things named: what pre-fusion is to look up. */

/** How the first of two named things lies to the second. */
const RELATIONS: readonly Relation[] = ['left', 'right', 'above', 'below'];

/**
 * What is to be told of a named thing: `things` which thing it is, where a place or a kind was named, `counts` how
 * many there are (0: none), `columns`, `rows`, `colours`, `sizes`, `kinds` as for patches; of the second of two
 * `relations` how the first lies to it, `larger` and `more` whether it is the larger of both or there are more of it; of
 * an option `options` which it is and `fits` whether it is right. The tokens around the question tell `chosen`, which
 * option is right, and `letter0` to `letter7`, the lettering's letters, the last class where there are fewer.
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
  | 'more'
  | 'options'
  | 'fits'
  | 'chosen'
  | `letter${number}`;

/** Each is one of so many classes. */
export function lookupClasses(): Readonly<Record<string, number>> {
  const { columns, rows, colours, sizes, kinds, letters } = PATCH_ATTRIBUTES;
  return {
    things: patchClassCount(),
    counts: MOST_OBJECTS + 1,
    columns,
    rows,
    colours,
    sizes,
    kinds,
    relations: RELATIONS.length,
    larger: 2,
    more: 3,
    options: LETTERS.length,
    fits: 2,
    chosen: LETTERS.length,
    ...Object.fromEntries(Array.from({ length: letters }, (_, i) => [`letter${i}`, CHARACTERS.length + 1])),
  };
}

export interface Mention {
  /** Where the name ends in the question, in UTF-16 units; 0 and −1 are the tokens before it, null is the prompt's last. */
  end: number | null;
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

/** What a question names, and of a multiple choice what each option is; first what the tokens around it are to tell. */
export function lookupsOf({ kind, question, options = [] }: Question, view: SceneView): Mention[] {
  const mentions = mentionsIn(question, view);
  const offered = options.map(({ end, right }, nth): Mention => {
    const named = mentions.find((mention) => mention.end === end);
    return { end, targets: { ...named?.targets, options: nth, fits: right ? 1 : 0 } };
  });
  const others = mentions.filter(({ end }) => options.every((option) => option.end !== end));
  const { lettering } = view.scene;
  const markup =
    options.length > 0
      ? [{ end: null, targets: { chosen: options.findIndex(({ right }) => right) } }]
      : lettering !== null && (kind === 'text' || kind === 'describe')
        ? letterMentions(lettering.text)
        : [];
  return [...markup, ...others, ...offered];
}

/** Lettering is spread over the tokens around the question: one alone would have to look at eight places at once. */
const LETTER_TOKENS: readonly (number | null)[] = [-1, 0, null];

function letterMentions(text: string): Mention[] {
  const classes = Array.from({ length: PATCH_ATTRIBUTES.letters }, (_, i) =>
    i < text.length ? CHARACTERS.indexOf(text[i].toLowerCase()) : CHARACTERS.length,
  );
  const each = Math.ceil(classes.length / LETTER_TOKENS.length);
  return LETTER_TOKENS.map((end, token) => {
    const own = classes.slice(token * each, (token + 1) * each);
    return { end, targets: Object.fromEntries(own.map((target, i) => [`letter${token * each + i}`, target])) };
  });
}

/**
 * Finds what a question names: the longest names of things, kinds of things, and places. Those of which the picture
 * leaves open what they mean are passed over.
 */
export function mentionsIn(question: string, view: SceneView): Mention[] {
  const { table, longest } = nameTable();
  const words = [...question.matchAll(WORD)].map(({ 0: word, index }) => ({
    word: word.toLowerCase(),
    end: index + word.length,
  }));
  const mentions: Mention[] = [];
  let before: ThingGroup | null = null;
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
      const meant = view.askable.filter((group) => named.things.includes(group.thing.id));
      if (known !== null && known !== NONE && before !== null && meant.length === 1 && meant[0] !== before)
        add(end, { ...known, ...comparison(before, meant[0]) });
      else add(end, named.kind === null || (known !== null && known !== NONE) ? known : kindTargets(named.kind, view));
      before = meant.length === 1 ? meant[0] : null;
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

/** How the second of two named things compares with the first. */
function comparison(first: ThingGroup, second: ThingGroup): Mention['targets'] {
  const more = second.members.length - first.members.length;
  const counts = { more: more === 0 ? 2 : more > 0 ? 1 : 0 };
  if (first.members.length > 1 || second.members.length > 1) return counts;
  const relation = relationOf(first.box, second.box);
  const larger = isClearlyBigger(second.box, first.box) ? 1 : isClearlyBigger(first.box, second.box) ? 0 : -1;
  return { ...counts, larger, relations: relation === null ? -1 : RELATIONS.indexOf(relation) };
}

const NONE: Mention['targets'] = { things: -1, counts: 0, columns: -1, rows: -1, colours: -1, sizes: -1, kinds: -1 };

function shown({ thing, members, box, colour }: ThingGroup): Mention['targets'] {
  const single = members.length === 1;
  return {
    things: single ? conceptClass(thing.id) : -1,
    counts: Math.min(MOST_OBJECTS, members.length),
    columns: single ? placeClass('columns', box) : -1,
    rows: single ? placeClass('rows', box) : -1,
    colours: colourClass(colour),
    sizes: single ? sizeClass(box) : -1,
    kinds: CLEAR_KINDS.indexOf(thing.kind),
  };
}
