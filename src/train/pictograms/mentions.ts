import { type NamedConcept, namedConcepts, shapeConcepts } from './concepts.ts';
import { isOfKind, kindOf } from './kinds.ts';
import { MOST_OBJECTS } from './layout.ts';
import { type Mention, RELATIONS, type Targets } from './lookup-types.ts';
import { colourClass, conceptClass, placeClass, sizeClass } from './patch-targets.ts';
import { isClearlyBigger } from './questions-bigger.ts';
import { relationOf } from './questions-relation.ts';
import { CLEAR_KINDS, confusable } from './questions-thing.ts';
import type { SceneView, ThingGroup } from './questions-view.ts';
import { cellOf } from './questions-where.ts';
import { COLOUR_NAMES } from './types.ts';

/** @file Names of things in questions, and what the picture shows of the things named. */

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

/** The longest names of things and of kinds of things in a text, and where each ends. */
export function namesIn(text: string): (Readonly<Named> & { end: number })[] {
  const { table, longest } = nameTable();
  const words = [...text.matchAll(WORD)].map(({ 0: word, index }) => ({
    word: word.toLowerCase(),
    end: index + word.length,
  }));
  const found: (Readonly<Named> & { end: number })[] = [];
  for (let at = 0; at < words.length; at++)
    for (let length = Math.min(longest, words.length - at); length > 0; length--) {
      const own = words.slice(at, at + length);
      const named = table.get(own.map(({ word }) => word).join(' '));
      if (named === undefined) continue;
      found.push({ ...named, end: own[length - 1].end });
      at += length - 1;
      break;
    }
  return found;
}

/**
 * Finds what a question names: the longest names of things, kinds of things, and places. Those of which the picture
 * leaves open what they mean are passed over.
 */
export function mentionsIn(question: string, view: SceneView): Mention[] {
  const mentions: Mention[] = [];
  let previous: ThingGroup | null = null;
  const add = (end: number, targets: Targets | null): void => {
    if (targets !== null) mentions.push({ end, targets });
  };
  for (const { things, kind, end } of namesIn(question)) {
    const groups = kind === null ? groupsOf(things, view) : [];
    const known = kind === null ? thingTargets(things, groups, view) : kindTargets(kind, view);
    const meant = groups.length === 1 && groups[0].askable ? groups[0] : null;
    const compared = previous !== null && meant !== null && meant !== previous ? comparison(previous, meant) : {};
    add(end, known && { ...known, ...compared });
    previous = meant;
  }
  for (const { 0: phrase, 1: place, index } of question.matchAll(PLACE))
    add(index + phrase.length, placeTargets(place.toLowerCase(), view));
  return mentions;
}

/** What of the picture goes by the name of one of these things. */
export function groupsOf(things: readonly string[], view: SceneView): ThingGroup[] {
  return view.groups.filter(({ thing }) => things.includes(thing.id));
}

/** @param meant what of the picture goes by the name of these things */
function thingTargets(ids: readonly string[], meant: readonly ThingGroup[], view: SceneView): Targets | null {
  if (meant.length > 1) return null;
  if (meant.length === 1) return meant[0].askable ? { ...shown(meant[0]), things: -1 } : null;
  const things = ids.flatMap((id) => byId().get(id) ?? []);
  return view.groups.some((group) => things.some((thing) => confusable(group.thing, thing))) ? null : NONE;
}

/** Of an animal, say: how many there are, and if there is one, which. */
function kindTargets(kind: string, view: SceneView): Targets | null {
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
function placeTargets(place: string, view: SceneView): Targets | null {
  const there = view.groups.filter((group) => group.members.some((member) => cellOf(member.box)?.name === place));
  return there.length === 1 && there[0].askable && there[0].members.length === 1 ? shown(there[0]) : null;
}

/** How two named things compare, as told where the later one is named. */
function comparison(first: ThingGroup, second: ThingGroup): Targets {
  const more = second.members.length - first.members.length;
  const counts = { more: more === 0 ? 2 : more > 0 ? 1 : 0 };
  if (first.members.length > 1 || second.members.length > 1) return counts;
  const relation = relationOf(first.box, second.box);
  const larger = isClearlyBigger(second.box, first.box) ? 1 : isClearlyBigger(first.box, second.box) ? 0 : -1;
  const clear = first.colour !== null && second.colour !== null;
  return {
    ...counts,
    larger,
    relations: relation === null ? -1 : RELATIONS.indexOf(relation),
    sameColours: clear ? Number(first.colour === second.colour) : -1,
  };
}

const NONE: Targets = { things: -1, counts: 0, columns: -1, rows: -1, colours: -1, sizes: -1, kinds: -1 };

function shown({ thing, members, box, colour }: ThingGroup): Targets {
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
