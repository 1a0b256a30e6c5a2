import type { PromptPlace } from '../tokenise.ts';
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
import { CLEAR_KINDS, confusable } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import type { SceneView, ThingGroup } from './questions-view.ts';
import { cellOf } from './questions-where.ts';
import { COLOUR_NAMES } from './types.ts';

/**
 * @file Names of things in questions, and what the picture shows of the things named; with it what options and the
 * tokens around a question are to tell: all that pre-fusion is to look up.
 */

/** How the first of two named things lies to the second. */
const RELATIONS: readonly Relation[] = ['left', 'right', 'above', 'below'];

const LETTER_HEADS = ['letter0', 'letter1', 'letter2', 'letter3', 'letter4', 'letter5', 'letter6', 'letter7'] as const;

/**
 * What is to be told. Of a named thing: `things` which thing it is, where a place or a kind was named, `counts` how many
 * there are (0: none), `columns`, `rows`, `colours`, `sizes`, `kinds` as for patches. Of the later named of two things:
 * `relations` how the earlier lies to it, `larger` whether it is the larger (1) or the smaller (0), `more` whether there
 * are more of the earlier (0), of it (1), or as many (2). Of an option: `optionLetter`, and `isRight`. The tokens around
 * the question tell `rightOption`, and `letter0` to `letter7`, the lettering's characters, the last class where there
 * are fewer.
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
  | 'optionLetter'
  | 'isRight'
  | 'rightOption'
  | (typeof LETTER_HEADS)[number];

/** Each is one of so many classes, and counts for a `share` of what a lookup counts: all letters together for one. */
export function lookupClasses(): Readonly<Record<Lookup, { classes: number; share: number }>> {
  const { columns, rows, colours, sizes, kinds } = PATCH_ATTRIBUTES;
  const whole = (classes: number) => ({ classes, share: 1 });
  const letter = { classes: CHARACTERS.length + 1, share: 1 / LETTER_HEADS.length };
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
    more: whole(3),
    optionLetter: whole(LETTERS.length),
    isRight: whole(2),
    rightOption: whole(LETTERS.length),
    ...(Object.fromEntries(LETTER_HEADS.map((head) => [head, letter])) as Record<
      (typeof LETTER_HEADS)[number],
      typeof letter
    >),
  };
}

/** What one token of the prompt has to tell of the picture. */
export interface Mention {
  /** Where what tells it ends. */
  end: PromptPlace;
  /** −1 or left out where the picture does not say, as the place of what is there twice. */
  targets: Readonly<Partial<Record<Lookup, number>>>;
}

const WORD = /[a-z0-9]+(?:[’'.-](?!s\b)[a-z0-9]+)*/gi;

/** Names that in questions mostly mean something else. */
const COMMON_WORDS = ['picture', ...COLOUR_NAMES];

/** A place that something is at; "to the left of" is none. */
const PLACE =
  /\b(?:in|at|on) the ((?:top|bottom) (?:left|right)|(?:top|bottom)(?! left\b| right\b)|left|right|center)\b(?! of\b)/gi;

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
    // Questions about scenes name things by these alone, never by a synonym.
    for (const thing of things.values())
      for (const name of new Set([thing.name, thing.plural])) entry(name).things.push(thing.id);
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
    return { end, targets: { ...named?.targets, optionLetter: nth, isRight: right ? 1 : 0 } };
  });
  const others = mentions.filter(({ end }) => options.every((option) => option.end !== end));
  const reads = kind === 'text' || kind === 'describe';
  const letters = reads && view.scene.lettering !== null ? letterMentions(view.scene.lettering.text) : [];
  const choice: Mention[] =
    options.length === 0 ? [] : [{ end: 'last', targets: { rightOption: options.findIndex(({ right }) => right) } }];
  return [...letters, ...choice, ...others, ...offered];
}

/** Lettering is spread over the tokens around the question: one alone would have to look at eight places at once. */
const LETTER_TOKENS: readonly PromptPlace[] = ['role', 'newline', 'last'];

function letterMentions(text: string): Mention[] {
  const each = Math.ceil(LETTER_HEADS.length / LETTER_TOKENS.length);
  return LETTER_TOKENS.map((end, token) => ({
    end,
    targets: Object.fromEntries(
      LETTER_HEADS.slice(token * each, (token + 1) * each).map((head, i) => {
        const letter = text[token * each + i];
        return [head, letter === undefined ? CHARACTERS.length : CHARACTERS.indexOf(letter.toLowerCase())];
      }),
    ),
  }));
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
  let previous: ThingGroup | null = null;
  const add = (end: number, targets: Mention['targets'] | null): void => {
    if (targets !== null) mentions.push({ end, targets });
  };
  for (let at = 0; at < words.length; at++)
    for (let length = Math.min(longest, words.length - at); length > 0; length--) {
      const own = words.slice(at, at + length);
      const named = table.get(own.map(({ word }) => word).join(' '));
      if (named === undefined) continue;
      const { end } = own[length - 1];
      const groups = named.kind === null ? view.groups.filter(({ thing }) => named.things.includes(thing.id)) : [];
      const known = named.kind === null ? thingTargets(named.things, groups, view) : kindTargets(named.kind, view);
      const meant = groups.length === 1 && groups[0].askable ? groups[0] : null;
      const compared = previous !== null && meant !== null && meant !== previous ? comparison(previous, meant) : {};
      add(end, known && { ...known, ...compared });
      previous = meant;
      at += length - 1;
      break;
    }
  for (const { 0: phrase, 1: place, index } of question.matchAll(PLACE))
    add(index + phrase.length, placeTargets(place.toLowerCase(), view));
  return mentions;
}

/** @param meant what of the picture goes by the name of these things */
function thingTargets(
  ids: readonly string[],
  meant: readonly ThingGroup[],
  view: SceneView,
): Mention['targets'] | null {
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

/** How two named things compare, as told where the later one is named. */
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
