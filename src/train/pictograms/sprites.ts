import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LlavaMiniError } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-file.ts';
import { drawSprite, SPRITE_SIDE, type Sprite } from './sprite-drawing.ts';
import { type SpriteOrigin, STYLE_SETS, type StyleSet, spriteOrigins, styleVersion } from './style-sets.ts';

/** Raised when sprites come out differently from the same packages, so that old caches are not used. */
const FORMAT = 2;

/** How many sprites are drawn at once. */
const PARALLEL = 4;

interface StyleIndex {
  style: string;
  key: string;
  /** slug, width, height, offset in the data file */
  sprites: [slug: string, width: number, height: number, offset: number][];
}

/** Where a picture's drawings come from. */
export interface SpriteSource {
  /** Styles held, in the order asked for. */
  readonly styles: readonly string[];
  /** Concepts that at least one style draws. */
  readonly concepts: readonly string[];
  /** Styles that draw a concept. */
  stylesOf(concept: string): readonly string[];
  /** @throws LlavaMiniError `not-found` for a concept that this style does not draw. */
  get(concept: string, style: string): Sprite;
}

/** What a worker thread needs to open the same sprites. */
export interface SpriteFiles {
  folder: string;
  styles: readonly string[];
}

export interface LoadSpritesOptions extends Partial<SpriteFiles> {
  /** Called with the number of sprites drawn so far and in all, while a cache is being made. */
  onProgress?: (done: number, total: number, style: string) => void;
  signal?: AbortSignal;
}

/** Where the caches are kept unless told otherwise. */
export const SPRITE_FOLDER = 'runs/pictograms';

/**
 * Opens the sprites of the styles asked for (default: all but the held-out ones). What is not yet in
 * `folder`, or was made from other package versions, is drawn first: one data file and one JSON index a style.
 *
 * @throws LlavaMiniError `bad-argument` for an unknown style, `not-found` without the packages, `no-space`, `io`.
 */
export async function loadSprites(options: LoadSpritesOptions = {}): Promise<StoredSprites> {
  const folder = options.folder ?? SPRITE_FOLDER;
  const sets = (options.styles ?? STYLE_SETS.filter((set) => !set.heldOut).map((set) => set.id)).map(findStyle);
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileError(error, folder);
  });
  for (const set of sets) {
    if (readIndex(folder, set) === null) await buildStyle(folder, set, options);
  }
  return openSprites({ folder, styles: sets.map((set) => set.id) });
}

/**
 * Opens caches that {@link loadSprites} made.
 *
 * @throws LlavaMiniError `not-found` where one is missing.
 */
export function openSprites(files: SpriteFiles): StoredSprites {
  return new StoredSprites(
    files,
    files.styles.map((style) => {
      const set = findStyle(style);
      const index = readIndex(files.folder, set);
      if (index === null)
        throw new LlavaMiniError('not-found', `no sprites of style ${style} in ${files.folder}`, {
          hint: 'make them with loadSprites',
        });
      return { index, path: dataPath(files.folder, index) };
    }),
  );
}

/** Draws a few sprites without any cache, for tests and examples. */
export async function drawSprites(styles: readonly string[], concepts: readonly string[]): Promise<SpriteSource> {
  const wanted = new Set(concepts);
  const held = new SpriteTable<Sprite>(styles);
  for (const style of styles) {
    for (const origin of spriteOrigins(findStyle(style))) {
      const sprite = wanted.has(origin.slug) ? await drawSprite(origin) : null;
      if (sprite !== null) held.add(origin.slug, style, sprite);
    }
  }
  return {
    styles,
    concepts: held.concepts(),
    stylesOf: (concept) => held.stylesOf(concept),
    get: (concept, style) => held.find(concept, style),
  };
}

function findStyle(id: string): StyleSet {
  const set = STYLE_SETS.find((candidate) => candidate.id === id);
  if (set === undefined)
    throw new LlavaMiniError('bad-argument', `unknown drawing style ${JSON.stringify(id)}`, {
      hint: `known are ${STYLE_SETS.map((candidate) => candidate.id).join(', ')}`,
    });
  return set;
}

/** Concept and style to something. */
class SpriteTable<T> {
  private readonly entries = new Map<string, Map<string, T>>();
  private readonly styles: readonly string[];

  constructor(styles: readonly string[]) {
    this.styles = styles;
  }

  add(concept: string, style: string, value: T): void {
    let row = this.entries.get(concept);
    if (row === undefined) {
      row = new Map();
      this.entries.set(concept, row);
    }
    row.set(style, value);
  }

  concepts(): string[] {
    return [...this.entries.keys()];
  }

  stylesOf(concept: string): readonly string[] {
    const row = this.entries.get(concept);
    return row === undefined ? [] : this.styles.filter((style) => row.has(style));
  }

  find(concept: string, style: string): T {
    const found = this.entries.get(concept)?.get(style);
    if (found === undefined) throw new LlavaMiniError('not-found', `style ${style} has no picture of ${concept}`);
    return found;
  }
}

interface Place {
  file: number;
  width: number;
  height: number;
  offset: number;
}

/** Sprites read from the cache files one by one as they are needed; the system's page cache does the rest. */
export class StoredSprites implements SpriteSource {
  readonly styles: readonly string[];
  readonly concepts: readonly string[];
  /** For opening the same sprites in another thread. */
  readonly files: SpriteFiles;
  private readonly table: SpriteTable<Place>;
  private readonly handles: number[];

  constructor(files: SpriteFiles, parts: { index: StyleIndex; path: string }[]) {
    this.files = files;
    this.styles = files.styles;
    this.table = new SpriteTable(files.styles);
    this.handles = parts.map(({ path }) => openSync(path, 'r'));
    parts.forEach(({ index }, part) => {
      for (const [slug, width, height, offset] of index.sprites)
        this.table.add(slug, index.style, { file: this.handles[part], width, height, offset });
    });
    this.concepts = this.table.concepts();
  }

  stylesOf(concept: string): readonly string[] {
    return this.table.stylesOf(concept);
  }

  get(concept: string, style: string): Sprite {
    const { file, width, height, offset } = this.table.find(concept, style);
    const pixels = new Uint8Array(width * height * 4);
    const read = readSync(file, pixels, 0, pixels.length, offset);
    if (read !== pixels.length) throw new LlavaMiniError('bad-data', `the sprite cache of ${style} is cut short`);
    return { width, height, pixels };
  }

  close(): void {
    for (const handle of this.handles.splice(0)) closeSync(handle);
  }
}

function styleKey(set: StyleSet): string {
  const facts = JSON.stringify([FORMAT, SPRITE_SIDE, set, styleVersion(set)]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}

function dataPath(folder: string, index: Pick<StyleIndex, 'style' | 'key'>): string {
  return join(folder, `sprites-${index.style}-${index.key}.rgba`);
}

function indexPath(folder: string, set: StyleSet): string {
  return join(folder, `sprites-${set.id}.json`);
}

/** The index of a style's cache, or null where there is none that fits the packages and is whole. */
function readIndex(folder: string, set: StyleSet): StyleIndex | null {
  try {
    const index = JSON.parse(readFileSync(indexPath(folder, set), 'utf8')) as StyleIndex;
    if (index.key !== styleKey(set)) return null;
    const bytes = index.sprites.reduce((sum, [, width, height]) => sum + width * height * 4, 0);
    return statSync(dataPath(folder, index)).size === bytes ? index : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    const failure = fileError(error, indexPath(folder, set));
    if (failure.code === 'not-found' && !(error instanceof LlavaMiniError)) return null;
    throw failure;
  }
}

async function buildStyle(folder: string, set: StyleSet, options: LoadSpritesOptions): Promise<void> {
  const origins = spriteOrigins(set);
  const index: StyleIndex = { style: set.id, key: styleKey(set), sprites: [] };
  const path = dataPath(folder, index);
  await writeFileAtomic(path, drawAll(origins, index, options)).catch((error) => {
    options.signal?.throwIfAborted();
    throw error;
  });
  // The index is written last: a data file without one is never read.
  await writeFileAtomic(indexPath(folder, set), JSON.stringify(index));
  for (const name of await readdir(folder)) {
    const old = name.startsWith(`sprites-${set.id}-`) && /-[0-9a-f]{16}\.rgba$/.test(name);
    if (old && name.length === `sprites-${set.id}-.rgba`.length + 16 && !name.includes(index.key))
      await rm(join(folder, name), { force: true });
  }
}

async function* drawAll(
  origins: SpriteOrigin[],
  index: StyleIndex,
  options: LoadSpritesOptions,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (let i = 0; i < origins.length; i += PARALLEL) {
    options.signal?.throwIfAborted();
    const batch = origins.slice(i, i + PARALLEL);
    const sprites = await Promise.all(batch.map(drawSprite));
    for (const [j, sprite] of sprites.entries()) {
      if (sprite === null) continue;
      index.sprites.push([batch[j].slug, sprite.width, sprite.height, offset]);
      offset += sprite.pixels.length;
      yield sprite.pixels;
    }
    options.onProgress?.(Math.min(i + PARALLEL, origins.length), origins.length, index.style);
  }
}
