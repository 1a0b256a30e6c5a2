import { lstat, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LlavaMiniError } from '../../errors.ts';
import { fileError } from '../../util/atomic-file.ts';
import { ModelCache, missingFiles } from './cache.ts';
import { withLock } from './lock.ts';
import { checkModelId, folderOf, idOfFolder, isCommit } from './names.ts';
import { type Env, hubCache } from './settings.ts';

/** One downloaded revision of a model. */
export interface InstalledSnapshot {
  readonly commit: string;
  /** Branches and tags that point to it. */
  readonly refs: readonly string[];
  readonly dir: string;
  /** Whether everything is there that running it needs. */
  readonly complete: boolean;
  /** `model_type` of its config.json. */
  readonly modelType: string | undefined;
}

/** A model in the hub cache, whoever downloaded it. */
export interface InstalledModel {
  readonly id: string;
  readonly path: string;
  /** Bytes on disk, unfinished downloads included. */
  readonly bytes: number;
  readonly snapshots: readonly InstalledSnapshot[];
}

/**
 * The models in the hub cache, by name; other tools' included.
 *
 * @throws LlavaMiniError `io` when the cache cannot be read; an absent cache is empty
 */
export async function listModels(env?: Env): Promise<InstalledModel[]> {
  const cache = hubCache(env);
  const models: InstalledModel[] = [];
  for (const folder of (await names(cache)).sort()) {
    const id = idOfFolder(folder);
    const path = join(cache, folder);
    if (!id || !(await isFolder(path))) continue;
    models.push({ id, path, bytes: await bytesIn(path), snapshots: await snapshots(cache, id) });
  }
  return models;
}

/**
 * Removes a model with all its revisions from the hub cache, for every program that shares it.
 *
 * @returns the bytes that became free
 * @throws LlavaMiniError `not-found`, `bad-argument`, `io`
 */
export async function removeModel(id: string, options: { env?: Env; signal?: AbortSignal } = {}): Promise<number> {
  const cache = hubCache(options.env);
  const path = join(cache, folderOf(checkModelId(id)));
  if (!(await isFolder(path)))
    throw new LlavaMiniError('not-found', `${id} is not in the cache ${cache}`, {
      hint: 'llava-mini list shows what is',
    });
  const locks = join(cache, '.locks', folderOf(id));
  const bytes = await withLock(join(locks, 'llava-mini.lock'), { signal: options.signal }, async () => {
    const size = await bytesIn(path);
    await rm(path, { recursive: true, force: true }).catch((error) => {
      throw fileError(error, path);
    });
    return size;
  });
  // Only when it is empty: Python's locks, or someone waiting for ours, may be in there.
  await rmdir(locks).catch(() => {});
  return bytes;
}

async function snapshots(cache: string, id: string): Promise<InstalledSnapshot[]> {
  const model = new ModelCache(cache, id);
  const refs = new Map<string, string[]>();
  for (const ref of await refNames(join(model.root, 'refs'))) {
    const commit = await model.commitOf(ref);
    if (commit) refs.set(commit, [...(refs.get(commit) ?? []), ref]);
  }
  const found: InstalledSnapshot[] = [];
  for (const commit of await names(join(model.root, 'snapshots'))) {
    if (!isCommit(commit)) continue;
    const dir = model.snapshot(commit);
    const complete = (await missingFiles(dir)).length === 0;
    found.push({ commit, refs: refs.get(commit) ?? [], dir, complete, modelType: await modelType(dir) });
  }
  return found;
}

async function modelType(dir: string): Promise<string | undefined> {
  try {
    const { model_type: type } = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')) as {
      model_type: unknown;
    };
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}

/** All files below, as revision names with slashes. */
async function refNames(dir: string, prefix = ''): Promise<string[]> {
  const out: string[] = [];
  for (const name of await names(dir)) {
    const path = join(dir, name);
    if (await isFolder(path)) out.push(...(await refNames(path, `${prefix}${name}/`)));
    else out.push(prefix + name);
  }
  return out;
}

/** Bytes of all plain files below; links count nothing. */
async function bytesIn(dir: string): Promise<number> {
  let bytes = 0;
  for (const name of await names(dir)) {
    const path = join(dir, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory()) bytes += await bytesIn(path);
    // A file being downloaded has holes: what counts is what it takes.
    else if (found?.isFile()) bytes += Math.min(found.size, found.blocks ? found.blocks * 512 : found.size);
  }
  return bytes;
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function names(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw fileError(error, dir);
  }
}
