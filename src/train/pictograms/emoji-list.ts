import { createRequire } from 'node:module';
import { LlavaMiniError } from '../../errors.ts';

/** One drawable thing of the emoji data: what is neither a person, a face, a flag nor a symbol. */
export interface EmojiEntry {
  /** Lower-case hexadecimal code points joined by `-`, without `fe0f` and leading zeros. */
  codepoints: string;
  /** The same with `fe0f` and leading zeros, as picture files are called. */
  fileName: string;
  /** CLDR-like slug and concept id, such as `red-apple`; unique. */
  slug: string;
  /** `emoji-datasource`'s short name, such as `apple`. */
  shortName: string;
  /** All its short names, the first one included. */
  shortNames: string[];
  /** The Unicode character name in capitals, such as `RED APPLE`. */
  name: string;
  /** Such as `Food & Drink`. */
  category: string;
  /** Such as `food-fruit`. */
  subcategory: string;
}

interface DatasourceRow {
  name: string;
  unified: string;
  short_name: string;
  short_names: string[];
  category: string;
  subcategory: string;
  added_in: string;
}

const CATEGORIES = new Set(['Activities', 'Travel & Places', 'Food & Drink', 'Animals & Nature', 'Objects']);

/** Younger entries are missing in most of the style sets. */
const NEWEST_VERSION = 15;

const require = createRequire(import.meta.url);
let list: EmojiEntry[] | undefined;

/** Puts code points into the spelling of {@link EmojiEntry.codepoints}. */
export function plainCodepoints(codepoints: string): string {
  return codepoints
    .toLowerCase()
    .split('-')
    .map((point) => point.replace(/^0+/, ''))
    .filter((point) => point !== 'fe0f')
    .join('-');
}

/** Reads a JSON file of a development dependency. */
export function readPackageJson<T>(specifier: string): T {
  try {
    return require(specifier) as T;
  } catch (cause) {
    throw new LlavaMiniError('not-found', `cannot read ${specifier}`, {
      hint: 'the pictograms come from development dependencies; run npm ci in a clone of the project',
      cause,
    });
  }
}

/** Where a file of a development dependency lies. */
export function packagePath(specifier: string): string {
  try {
    return require.resolve(specifier);
  } catch (cause) {
    throw new LlavaMiniError('not-found', `cannot find ${specifier}`, {
      hint: 'the pictograms come from development dependencies; run npm ci in a clone of the project',
      cause,
    });
  }
}

/**
 * The 849 concepts of the pictogram world, in the order of the emoji data: everything in its categories of
 * activities, places, food, animals and objects up to emoji version 15.0.
 *
 * @throws LlavaMiniError `not-found` without the development dependencies.
 */
export function emojiList(): readonly EmojiEntry[] {
  list ??= readEmojiList();
  return list;
}

function readEmojiList(): EmojiEntry[] {
  const slugs = new Map(
    Object.entries(readPackageJson<Record<string, string>>('@iconify-json/noto/chars.json')).map(([key, slug]) => [
      plainCodepoints(key),
      slug,
    ]),
  );
  return readPackageJson<DatasourceRow[]>('emoji-datasource-google/emoji.json')
    .filter((row) => CATEGORIES.has(row.category) && Number(row.added_in) <= NEWEST_VERSION)
    .map((row) => {
      const codepoints = plainCodepoints(row.unified);
      return {
        codepoints,
        fileName: row.unified.toLowerCase(),
        slug: slugs.get(codepoints) ?? row.short_name.replaceAll('_', '-'),
        shortName: row.short_name,
        shortNames: row.short_names,
        name: row.name,
        category: row.category,
        subcategory: row.subcategory,
      };
    });
}
