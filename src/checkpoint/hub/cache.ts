import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileError, writeFileAtomic } from '../../util/atomic-file.ts';
import { folderOf, isCommit } from './names.ts';

/**
 * A model's folder in the hub cache, in the layout of the hub's own Python package: contents under `blobs` by hash,
 * `refs/<revision>` holding a commit, `snapshots/<commit>` with the file names as links into `blobs`.
 */
export class ModelCache {
  readonly root: string;

  constructor(cache: string, id: string) {
    this.root = join(cache, folderOf(id));
  }

  snapshot(commit: string): string {
    return join(this.root, 'snapshots', commit);
  }

  blob(name: string): string {
    return join(this.root, 'blobs', name);
  }

  /** The commit that a revision stood for when last asked; undefined when not known. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const text = await readFile(join(this.root, 'refs', ...revision.split('/')), 'utf8').catch(() => '');
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  async setRef(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || (await this.commitOf(revision)) === commit) return;
    const path = join(this.root, 'refs', ...revision.split('/'));
    await makeFolder(dirname(path));
    await writeFileAtomic(path, commit);
  }

  /** The folder of a revision when everything that running it needs is there. */
  async complete(revision: string): Promise<string | undefined> {
    const commit = await this.commitOf(revision);
    if (!commit) return undefined;
    const dir = this.snapshot(commit);
    return (await missingFiles(dir)).length === 0 ? dir : undefined;
  }

  /** Whether all files of a commit were here once: `complete` knows only what every model needs. */
  async isWhole(commit: string): Promise<boolean> {
    return (await fileSize(this.wholeMark(commit))) !== undefined;
  }

  /** Remembers that. A cache that cannot be written to is asked about again. */
  async setWhole(commit: string): Promise<void> {
    if (await this.isWhole(commit)) return;
    const mark = this.wholeMark(commit);
    await makeFolder(dirname(mark))
      .then(() => writeFileAtomic(mark, ''))
      .catch(() => {});
  }

  private wholeMark(commit: string): string {
    return join(this.root, '.llava-mini', commit);
  }

  /** Puts a finished blob into a snapshot under the file's name. */
  async place(commit: string, name: string, blob: string): Promise<void> {
    const pointer = join(this.snapshot(commit), ...name.split('/'));
    const target = this.blob(blob);
    const temporary = `${pointer}.${randomBytes(4).toString('hex')}.tmp`;
    await makeFolder(dirname(pointer));
    try {
      // Windows grants symbolic links only to some users.
      await symlink(relative(dirname(pointer), target), temporary)
        .catch(() => link(target, temporary))
        .catch(() => copyFile(target, temporary));
      await rename(temporary, pointer);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw fileError(error, pointer);
    }
  }
}

/** Size of a file in bytes, following links; undefined when there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Makes a folder and those above it, also while others remove it. */
export async function makeFolder(path: string, tries = 20): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    // Removed between being found there and being looked at.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && tries > 1) return makeFolder(path, tries - 1);
    throw fileError(error, path);
  }
}

/** Written last into a model that was converted by this project. */
export const MANIFEST = 'llava-mini.json';

/**
 * What a model folder lacks to be run: config, tokenizer, weights: each shard that the index names; of a converted model
 * each file that its manifest names.
 */
export async function missingFiles(dir: string): Promise<string[]> {
  const has = async (name: string): Promise<boolean> => (await fileSize(join(dir, name))) !== undefined;
  const anyOf = async (names: readonly string[]): Promise<boolean> =>
    (await Promise.all(names.map(has))).includes(true);
  const missing: string[] = [];
  if (!(await has('config.json'))) missing.push('config.json');
  if (!(await anyOf(['tokenizer.json', 'tokenizer.model', 'vocab.json']))) missing.push('tokenizer.json');
  if (await has(MANIFEST)) {
    for (const file of (await manifestFiles(join(dir, MANIFEST))) ?? [MANIFEST])
      if (file === MANIFEST || !(await has(file))) missing.push(file);
    return missing;
  }
  if (await has('model.safetensors')) return missing;
  for (const index of ['model.safetensors.index.json', 'pytorch_model.bin.index.json']) {
    const shards = await indexedFiles(join(dir, index));
    if (!shards) continue;
    for (const shard of shards) if (!(await has(shard))) missing.push(shard);
    return missing;
  }
  if (!(await has('pytorch_model.bin'))) missing.push('model.safetensors');
  return missing;
}

/** The weights files of a converted model; undefined when the manifest cannot be read. */
async function manifestFiles(manifest: string): Promise<string[] | undefined> {
  try {
    const { weights } = JSON.parse(await readFile(manifest, 'utf8')) as { weights: Record<string, { file: unknown }> };
    return [...new Set(Object.values(weights).map(({ file }) => String(file)))];
  } catch {
    return undefined;
  }
}

async function indexedFiles(index: string): Promise<string[] | undefined> {
  try {
    const { weight_map: places } = JSON.parse(await readFile(index, 'utf8')) as { weight_map: Record<string, unknown> };
    return [...new Set(Object.values(places).map(String))];
  } catch {
    return undefined;
  }
}
