import { LlavaMiniError } from '../../errors.ts';
import { makeName, type Name, type NameUse } from './names.ts';

/** One concept as its line tells it. */
export interface ConceptLine extends Name {
  id: string;
  slugs: string[];
  synonyms: string[];
  kind: string;
  /** A finer kind, such as `bird`; null where there is none. */
  group: string | null;
  /** Ids of further kinds that are also right. */
  alsoKinds: string[];
}

/**
 * Reads a table of concepts. A line `@animal bird` starts a kind and a finer group in it. Every other line is
 *
 *     name / plural use = slugs ; synonyms
 *
 * where all but the name may be missing: the plural is then regular, the only slug is the name with hyphens.
 * `use` is `~` for what has no article (coffee), `#` for what is always plural (scissors), `^` for names with
 * "the". Slugs are separated by spaces, synonyms by commas; a synonym that starts with `+` is a further kind.
 *
 * @throws LlavaMiniError `bad-argument` for a line outside of any kind or without a name.
 */
export function parseConceptLines(table: string): ConceptLine[] {
  const concepts: ConceptLine[] = [];
  let kind = '';
  let group: string | null = null;
  for (const line of table.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('@')) {
      const [first, ...rest] = line.slice(1).split(' ');
      [kind, group] = [first, rest.length === 0 ? null : rest.join(' ')];
      if (group === 'part') [kind, group] = ['body part', null];
      continue;
    }
    concepts.push(parseLine(line, kind, group));
  }
  return concepts;
}

const LINE = /^([a-z][a-z' -]*?)(?: \/ ([a-z' -]+?))?(?: ([~#^]))?(?: =((?: [a-z0-9-]+)+))?(?: ?; ?(.*))?$/;

const USES: Readonly<Record<string, NameUse>> = { '~': 'mass', '#': 'plural' };

function parseLine(line: string, kind: string, group: string | null): ConceptLine {
  const match = LINE.exec(line.replace(/^(.*?) ([~#^]) \/ ([a-z' -]+?)(?= [=;]|$)/, '$1 / $3 $2'));
  if (match === null || kind === '') throw new LlavaMiniError('bad-argument', `not a line of concepts: ${line}`);
  const [, name, plural, use = '', slugs, words = ''] = match;
  const listed = words.split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()]));
  const id = name.replace(/[' ]+/g, '-');
  return {
    id,
    ...makeName(name, USES[use], plural, use === '^'),
    slugs: slugs === undefined ? [id] : slugs.trim().split(' '),
    synonyms: listed.filter((word) => !word.startsWith('+')),
    kind,
    group,
    alsoKinds: listed.filter((word) => word.startsWith('+')).map((word) => word.slice(1)),
  };
}
