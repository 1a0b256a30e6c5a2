import { LlavaMiniError } from '../../errors.ts';
import { conceptLines } from './concepts.ts';
import { ANIMALS } from './imagenet-animals.ts';
import { FOOD_PLACES } from './imagenet-food-places.ts';
import { THINGS_A_L } from './imagenet-things-a-l.ts';
import { THINGS_L_S } from './imagenet-things-l-s.ts';
import { THINGS_S_Z } from './imagenet-things-s-z.ts';
import { makeName, type Name, type NameUse } from './names.ts';

/** What a person would call a photograph that the tower's classifier puts into one of its thousand classes. */
export interface PhotoClass extends Name {
  /** Position in the classifier's output. */
  index: number;
  /** A narrower name where several classes share the everyday one, such as `golden retriever`; else the name. */
  fine: string;
  /** Other right answers. */
  synonyms: readonly string[];
  /** Id of the pictograms' concept that shows the same thing; null where there is none. */
  concept: string | null;
  /** Id of a kind; see `KINDS`. */
  kind: string;
  /** A finer kind, such as `bird`; null where none is known. */
  group: string | null;
  /** Ids of further kinds that are also right. */
  alsoKinds: readonly string[];
}

export const PHOTO_CLASS_COUNT = 1000;

let classes: readonly PhotoClass[] | undefined;

/**
 * The thousand classes of ImageNet in the order of the classifier. A line of the tables is
 *
 *     name use @kind >concept ; other names
 *
 * where all but the name may be missing: `use` as in `concept-lines.ts`; without `@kind` the name or `>concept` is
 * that of a concept of the pictograms, whose kind, plural and synonyms hold here too.
 */
export function photoClasses(): readonly PhotoClass[] {
  classes ??= readClasses([ANIMALS, THINGS_A_L, THINGS_L_S, THINGS_S_Z, FOOD_PLACES].join(''));
  return classes;
}

const LINE = /^([^~#@>;]+?)(?: ([~#]))?(?: @([a-z ]+?))?(?: ?>([a-z-]+))?(?: ; (.*))?$/;

const USES: Readonly<Record<string, NameUse>> = { '~': 'mass', '#': 'plural' };

function readClasses(table: string): PhotoClass[] {
  const concepts = new Map(conceptLines().map((concept) => [concept.id, concept]));
  const byName = new Map(conceptLines().map((concept) => [concept.name, concept]));
  const found = table
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index): PhotoClass => {
      const match = LINE.exec(line);
      const [, name = '', use = '', ownKind, link, words] = match ?? [];
      const concept = link === undefined ? byName.get(name) : concepts.get(link);
      const kind = ownKind ?? concept?.kind;
      if (kind === undefined || (link !== undefined && concept === undefined))
        throw new LlavaMiniError('bad-argument', `not a line of photograph classes: ${line}`);
      const others = words === undefined ? [] : words.split(', ');
      const sameName = concept?.name === name;
      const inherited = concept === undefined ? [] : [...(sameName ? [] : [concept.name]), ...concept.synonyms];
      return {
        index,
        ...(sameName
          ? makeName(name, concept.use, concept.plural, concept.article === 'the')
          : makeName(name, USES[use])),
        fine: others[0] ?? name,
        synonyms: [...new Set([...others, ...inherited])].filter((word) => word !== name),
        concept: concept?.id ?? null,
        kind,
        group: concept?.group ?? null,
        alsoKinds: concept === undefined ? [] : concept.alsoKinds,
      };
    });
  const uses = new Map<string, number>();
  for (const { name } of found) uses.set(name, (uses.get(name) ?? 0) + 1);
  return found.map((entry) => ((uses.get(entry.name) ?? 0) > 1 ? entry : { ...entry, fine: entry.name }));
}
