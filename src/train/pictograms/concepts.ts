import { LlavaMiniError } from '../../errors.ts';
import { type ConceptLine, parseConceptLines } from './concept-lines.ts';
import { DEVICES } from './concepts-devices.ts';
import { FOOD } from './concepts-food.ts';
import { NATURE } from './concepts-nature.ts';
import { OBJECTS } from './concepts-objects.ts';
import { TRAVEL } from './concepts-travel.ts';
import { emojiList } from './emoji-list.ts';
import { makeName, type Name } from './names.ts';
import { SHAPE_NAMES } from './shapes.ts';
import type { SceneObject } from './types.ts';

/** Something that has a name of its own: all drawings that a person could not tell apart. */
export interface NamedConcept extends Name {
  /** The name with hyphens; unique. */
  id: string;
  /** Slugs of the drawings merged into it; see `emojiList`. */
  slugs: readonly string[];
  /** Their code points, in the same order. */
  codepoints: readonly string[];
  /** Other right names for it. */
  synonyms: readonly string[];
  /** Id of a kind; see `KINDS`. */
  kind: string;
  /** A finer kind, such as `bird`; null where there is none. */
  group: string | null;
  /** Ids of further kinds that are also right. */
  alsoKinds: readonly string[];
}

let named: readonly NamedConcept[] | undefined;
let bySlug: ReadonlyMap<string, NamedConcept> | undefined;
let shapes: ReadonlyMap<string, NamedConcept> | undefined;
let lines: readonly ConceptLine[] | undefined;

/** The concepts without code points: needs no development dependency. */
export function conceptLines(): readonly ConceptLine[] {
  lines ??= [NATURE, FOOD, TRAVEL, OBJECTS, DEVICES].flatMap(parseConceptLines);
  return lines;
}

/**
 * All concepts in a fixed order; position in the list is the class of the naming stage. Every drawing of
 * `emojiList` belongs to exactly one.
 *
 * @throws LlavaMiniError `not-found` without the development dependencies.
 */
export function namedConcepts(): readonly NamedConcept[] {
  if (named === undefined) {
    const codepoints = new Map(emojiList().map((entry) => [entry.slug, entry.codepoints]));
    named = conceptLines().map((line) => ({
      ...line,
      codepoints: line.slugs.map((slug) => {
        const points = codepoints.get(slug);
        if (points === undefined) throw new LlavaMiniError('bad-argument', `no drawing is called ${slug}`);
        return points;
      }),
    }));
  }
  return named;
}

/**
 * The concept a drawing belongs to.
 *
 * @throws LlavaMiniError `not-found` for an unknown slug.
 */
export function conceptOfSlug(slug: string): NamedConcept {
  bySlug ??= new Map(namedConcepts().flatMap((concept) => concept.slugs.map((own) => [own, concept])));
  const found = bySlug.get(slug);
  if (found === undefined) throw new LlavaMiniError('not-found', `no concept has a drawing called ${slug}`);
  return found;
}

/** The concepts of all plain shapes. */
export function shapeConcepts(): readonly NamedConcept[] {
  return SHAPE_NAMES.map(conceptOfShape);
}

/** The concept of a plain shape by its name; a star is the star of the sky, so that both count together. */
export function conceptOfShape(shape: string): NamedConcept {
  shapes ??= new Map(SHAPE_NAMES.map((name) => [name, shapeConcept(name)]));
  const found = shapes.get(shape);
  if (found === undefined) throw new LlavaMiniError('not-found', `no shape is called ${shape}`);
  return found;
}

/** The concept of an object in a scene. */
export function conceptOf(object: Pick<SceneObject, 'concept' | 'shape'>): NamedConcept {
  return object.shape ? conceptOfShape(object.concept) : conceptOfSlug(object.concept);
}

/** What else a plain shape may be called. */
const SHAPE_SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  circle: ['dot', 'disc', 'ball'],
  square: ['box'],
  diamond: ['rhombus'],
  cross: ['plus', 'plus sign', 'x'],
  ring: ['donut', 'hoop'],
  oval: ['ellipse'],
  crescent: ['moon', 'half moon'],
  hexagon: ['polygon'],
  pentagon: ['polygon'],
  rectangle: ['bar'],
};

/** Shapes that are also drawn in the emoji sets. */
const DRAWN_SHAPES = new Set(['star', 'heart', 'diamond']);

function shapeConcept(name: string): NamedConcept {
  const drawn = DRAWN_SHAPES.has(name) ? namedConcepts().find((concept) => concept.name === name) : undefined;
  const alsoKinds = drawn === undefined ? [] : [drawn.kind, ...drawn.alsoKinds];
  return {
    id: drawn?.id ?? name,
    ...makeName(name),
    slugs: [],
    codepoints: [],
    synonyms: [...(drawn?.synonyms ?? []), ...(SHAPE_SYNONYMS[name] ?? [])],
    kind: 'shape',
    group: null,
    alsoKinds,
  };
}
