import { conceptOf, type NamedConcept, namedConcepts } from './concepts.ts';
import { type Kind, kindOf } from './kinds.ts';
import { namingSentence, withArticle } from './names.ts';

/** A concept as questions speak of it. */
export interface Thing {
  id: string;
  name: string;
  plural: string;
  /** `a cat`, `an apple`, `popcorn`. */
  phrase: string;
  /** `It is a cat.`, `They are scissors.` */
  sentence: string;
  /** Not counted: `popcorn`, `scissors`. */
  uncounted: boolean;
  /** Other right answers. */
  synonyms: readonly string[];
  kind: Kind;
}

const made = new Map<string, Thing>();

function toThing(concept: NamedConcept): Thing {
  const key = `${concept.id}/${concept.kind}`;
  const known = made.get(key);
  if (known) return known;
  const thing: Thing = {
    id: concept.id,
    name: concept.name,
    plural: concept.plural,
    phrase: withArticle(concept),
    sentence: namingSentence(concept),
    uncounted: concept.use !== 'count',
    synonyms: concept.synonyms,
    kind: kindOf(concept.kind),
  };
  made.set(key, thing);
  return thing;
}

let all: readonly Thing[] | undefined;

/** Everything that pictograms show, in a fixed order. */
export function things(): readonly Thing[] {
  all ??= namedConcepts().map(toThing);
  return all;
}

/** What a drawing, or a plain shape, is called. */
export function thingOf(object: { concept: string; shape?: true }): Thing {
  return toThing(conceptOf(object));
}

/** Whether one could be taken for the other: same name, or one is among the other's synonyms. */
export function mayBeCalled(a: Thing, b: Thing): boolean {
  return a.name === b.name || a.synonyms.includes(b.name) || b.synonyms.includes(a.name);
}
