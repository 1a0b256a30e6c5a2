import type { Random } from '../../util/random.ts';
import { namedConcepts, shapeConcepts } from './concepts.ts';
import { makeName, type Name } from './names.ts';

/** @file Names of a thing beside its first: a steam train is a locomotive, and a train. */

/** How often a name is taken that another thing has for its first: only here is it learned that both go by it. */
const SHARED = 0.6;

let firstNames: ReadonlySet<string> | undefined;

/** Another name of a thing; null where there is none, or where it is not known how it is used. */
export function otherName(thing: Partial<Name> & { synonyms?: readonly string[] }, random: Random): Name | null {
  const { synonyms = [], article } = thing;
  // What is counted goes by any of its names.
  if (synonyms.length === 0 || (article !== 'a' && article !== 'an')) return null;
  firstNames ??= new Set([...namedConcepts(), ...shapeConcepts()].map(({ name }) => name));
  const shared = synonyms.filter((name) => firstNames?.has(name));
  return makeName(random.pick(shared.length > 0 && random.chance(SHARED) ? shared : synonyms));
}
