import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type EmojiEntry, emojiList, packagePath, plainCodepoints, readPackageJson } from './emoji-list.ts';

/**
 * How one drawing style is stored in its package. `looseNames` is set where icons are found by similar names; it
 * lists the concepts for which that finds something else.
 */
type Storage =
  | { kind: 'iconify'; looseNames?: readonly string[] }
  | { kind: 'files'; folder: string; extension: 'png' | 'webp' };

/** One drawing style: an npm package with a picture for many of the concepts. */
export interface StyleSet {
  /** Such as `noto`. */
  id: string;
  package: string;
  /** SPDX name of the pictures' licence. */
  licence: string;
  /** Never trained on: measures how well unseen styles are named. */
  heldOut: boolean;
  storage: Storage;
}

function iconify(
  id: string,
  licence: string,
  options: { heldOut?: boolean; looseNames?: readonly string[] } = {},
): StyleSet {
  const { heldOut = false, ...rest } = options;
  return { id, package: `@iconify-json/${id}`, licence, heldOut, storage: { kind: 'iconify', ...rest } };
}

function datasource(vendor: string, licence: string, heldOut: boolean): StyleSet {
  return {
    id: vendor,
    package: `emoji-datasource-${vendor}`,
    licence,
    heldOut,
    storage: { kind: 'files', folder: `img/${vendor}/64`, extension: 'png' },
  };
}

/**
 * All known styles. `@iconify-json/emojione-v1` is left out on purpose: it is CC-BY-SA-4.0, and whether
 * share-alike reaches weights trained on it is an open question that the shipped model should not depend on.
 * OpenMoji (CC-BY-SA-4.0), Apple and Facebook (not openly licensed) are only ever scored.
 */
export const STYLE_SETS: readonly StyleSet[] = [
  iconify('fluent-emoji', 'MIT'),
  iconify('fluent-emoji-flat', 'MIT'),
  iconify('noto', 'Apache-2.0'),
  iconify('twemoji', 'CC-BY-4.0'),
  iconify('emojione', 'CC-BY-4.0'),
  iconify('noto-v1', 'Apache-2.0'),
  iconify('fxemoji', 'Apache-2.0', {
    looseNames: [
      'construction',
      'desktop-computer',
      'fog',
      'keyboard',
      'laptop',
      'sunglasses',
      'tram-car',
      'umbrella',
      'window',
    ],
  }),
  iconify('streamline-emojis', 'CC-BY-4.0', { looseNames: ['map-of-japan', 'muted-speaker', 'turkey'] }),
  datasource('google', 'Apache-2.0', false),
  {
    id: 'fluent-3d',
    package: '@lobehub/fluent-emoji-3d',
    licence: 'MIT',
    heldOut: false,
    storage: { kind: 'files', folder: 'assets', extension: 'webp' },
  },
  iconify('fluent-emoji-high-contrast', 'MIT'),
  iconify('emojione-monotone', 'CC-BY-4.0'),
  iconify('openmoji', 'CC-BY-SA-4.0', { heldOut: true }),
  datasource('apple', 'proprietary, for scoring only', true),
  datasource('facebook', 'proprietary, for scoring only', true),
];

/** Styles to train on. */
export const TRAINING_STYLES: readonly string[] = STYLE_SETS.filter((set) => !set.heldOut).map((set) => set.id);

/** Styles kept for testing. */
export const HELD_OUT_STYLES: readonly string[] = STYLE_SETS.filter((set) => set.heldOut).map((set) => set.id);

/** Where one sprite comes from: an SVG text or a picture file. */
export type SpriteOrigin = { slug: string } & ({ svg: string } | { file: string });

interface IconifyIcon {
  body: string;
  left?: number;
  top?: number;
  width?: number;
  height?: number;
}

interface IconifyAlias {
  parent: string;
  hFlip?: boolean;
  vFlip?: boolean;
  rotate?: number;
}

interface IconifyCollection {
  icons: Record<string, IconifyIcon>;
  aliases?: Record<string, IconifyAlias>;
  width?: number;
  height?: number;
}

/** The version of a style's package, from its package.json. */
export function styleVersion(set: StyleSet): string {
  return readPackageJson<{ version: string }>(`${set.package}/package.json`).version;
}

/** Every concept that the style draws, in the order of the emoji list. */
export function spriteOrigins(set: StyleSet): SpriteOrigin[] {
  const { storage } = set;
  return storage.kind === 'files'
    ? fileOrigins(set.package, storage.folder, storage.extension)
    : iconifyOrigins(set.package, storage.looseNames);
}

function fileOrigins(packageName: string, folder: string, extension: string): SpriteOrigin[] {
  const root = join(dirname(packagePath(`${packageName}/package.json`)), folder);
  return emojiList().flatMap((entry) => {
    // File names keep `fe0f` where the emoji data has it.
    const names = [entry.fileName, entry.codepoints];
    const file = names.map((name) => join(root, `${name}.${extension}`)).find((path) => existsSync(path));
    return file === undefined ? [] : [{ slug: entry.slug, file }];
  });
}

function iconifyOrigins(packageName: string, wrong: readonly string[] | undefined): SpriteOrigin[] {
  const collection = readPackageJson<IconifyCollection>(`${packageName}/icons.json`);
  const chars = new Map(
    Object.entries(readPackageJson<Record<string, string>>(`${packageName}/chars.json`)).map(([key, name]) => [
      plainCodepoints(key),
      name,
    ]),
  );
  return emojiList().flatMap((entry) => {
    if (wrong?.includes(entry.slug)) return [];
    const names = [chars.get(entry.codepoints), entry.slug, ...(wrong === undefined ? [] : looseNames(entry))];
    for (const name of names) {
      const icon = name === undefined ? undefined : findIcon(collection, name);
      if (icon !== undefined) return [{ slug: entry.slug, svg: iconSvg(collection, icon) }];
    }
    return [];
  });
}

function findIcon(collection: IconifyCollection, name: string): IconifyIcon | undefined {
  const alias = collection.aliases?.[name];
  if (alias === undefined) return collection.icons[name];
  const { parent, hFlip, vFlip, rotate } = alias;
  return hFlip || vFlip || rotate ? undefined : collection.icons[parent];
}

/**
 * Firefox's and Streamline's sets have no code points: the first writes names together (`redapple`), the second
 * has its own numbering of variants (`sunflower-1`). Old and new names of the emoji data lead to both.
 */
function looseNames(entry: EmojiEntry): string[] {
  const names = [entry.slug, entry.name.toLowerCase(), ...entry.shortNames];
  return names.flatMap((name) => {
    const dashed = name.replace(/[^a-z0-9]+/g, '-');
    return [dashed, name.replace(/[^a-z0-9]/g, ''), `${dashed}-1`];
  });
}

function iconSvg(collection: IconifyCollection, icon: IconifyIcon): string {
  const width = icon.width ?? collection.width ?? 16;
  const height = icon.height ?? collection.height ?? 16;
  const box = `${icon.left ?? 0} ${icon.top ?? 0} ${width} ${height}`;
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ' +
    `viewBox="${box}" width="${width}" height="${height}">${icon.body}</svg>`
  );
}
