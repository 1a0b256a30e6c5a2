import { isOfKind, kindOf } from './kinds.ts';
import type { Name } from './names.ts';

/** What questions need to know of a thing; concepts and photograph classes have it. */
export interface Thing extends Name {
  synonyms: readonly string[];
  kind: string;
  alsoKinds: readonly string[];
  /** A finer kind, such as `bird`. */
  group?: string | null;
}

/** Every right name for a thing, the usual one first. */
export function rightNames(thing: Thing): string[] {
  return [thing.name, ...thing.synonyms];
}

/** Whether one might be called by the other's name, or both by a third. */
export function confusable(first: Thing, second: Thing): boolean {
  if (first.group === second.name || second.group === first.name) return true;
  const names = nameSet(first);
  return names.has(second.name) || second.synonyms.some((name) => names.has(name));
}

const nameSets = new WeakMap<Thing, ReadonlySet<string>>();

function nameSet(thing: Thing): ReadonlySet<string> {
  let names = nameSets.get(thing);
  if (names === undefined) {
    names = new Set(rightNames(thing));
    nameSets.set(thing, names);
  }
  return names;
}

/** Answers that name the kind of a thing. */
export function rightKinds(thing: Thing): string[] {
  const kinds = [thing.kind, ...thing.alsoKinds].map(kindOf);
  const names = kinds.flatMap(({ id, phrase, plural, accepted }) => [id, phrase, plural, ...accepted]);
  return thing.group ? [thing.group, ...names] : names;
}

/** Kinds that are asked about: those that people agree on. */
export const CLEAR_KINDS: readonly string[] = [
  'animal',
  'plant',
  'food',
  'fruit',
  'vegetable',
  'drink',
  'vehicle',
  'building',
  'clothing',
  'instrument',
  'tool',
  'device',
  'toy',
  'furniture',
  'weapon',
];

/** Whether all things are surely not of a kind. */
export function noneOfKind(things: readonly Thing[], kind: string): boolean {
  return things.every((thing) => isOfKind(thing, kind) === false);
}
