import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { ModelCache } from './hub/cache.ts';
import { isModelId } from './hub/names.ts';
import { type Env, hubCache } from './hub/settings.ts';
import type { RenamedFile } from './separate-parts.ts';
import { openWeightFiles } from './weight-files.ts';

/** Where a tower's tensors are in a model; CLIP's own files have the rest of the name, from `vision_model.` on. */
export const TOWER_PREFIX = 'model.vision_tower.vision_tower.';
const OWN_PREFIX = 'vision_model.';
const MAX_CONFIG_BYTES = 16 << 20;

/**
 * Opens the vision tower of a model whose files do not hold it, as those of LLaVA-1.5 do not: from the folder or hub
 * name that was given; else from the folder inside the model's, or the hub cache, that `mm_vision_tower` in its
 * `config.json` names. Empty when nothing says where a tower would be.
 *
 * @param given folder or `ORG/NAME` (in the hub cache)
 * @throws LlavaMiniError `not-found`: named, but not there; `bad-checkpoint`: no CLIP tower in it
 */
export async function openSeparateTower(dir: string, given: string | undefined, env?: Env): Promise<RenamedFile[]> {
  const place = given === undefined ? await namedPlace(dir, env) : await givenPlace(given, env);
  if (!place) return [];
  const { name, folder } = place;
  const files = folder === undefined ? undefined : await openWeightFiles(folder, place.inside ? dir : folder);
  if (!files) {
    // A folder inside the model's may hold the tower's config alone; which tensors are missing is then said by name.
    if (place.inside) return [];
    throw new LlavaMiniError(
      'not-found',
      folder === undefined
        ? `the checkpoint in ${dir} has no vision tower of its own, and ${name} is not in the hub cache`
        : `${folder} has no weights of a vision tower`,
      { hint: `llava-mini pull ${isModelId(name) ? name : 'ORG/NAME'}, or give the folder of the tower` },
    );
  }
  const renamed = files.map((file) => ({ file, names: towerNames(file.tensors.keys()) }));
  if (renamed.some(({ names }) => names.size > 0)) return renamed;
  await Promise.allSettled(files.map((file) => file.close()));
  throw new LlavaMiniError('bad-checkpoint', `${folder} has no tensors ${OWN_PREFIX}*: it is no CLIP vision tower`, {
    hint: 'give a folder in the layout of openai/clip-vit-large-patch14-336',
  });
}

function towerNames(own: Iterable<string>): Map<string, string> {
  const names = new Map<string, string>();
  for (const name of own) if (name.startsWith(OWN_PREFIX)) names.set(TOWER_PREFIX + name, name);
  return names;
}

interface TowerPlace {
  readonly name: string;
  /** Undefined: a name on the hub that the cache does not have. */
  readonly folder: string | undefined;
  /** A folder inside the model's. */
  readonly inside: boolean;
}

async function givenPlace(name: string, env?: Env): Promise<TowerPlace> {
  if (await isFolder(name)) return { name, folder: name, inside: false };
  if (isModelId(name)) return { name, folder: await cachedFolder(name, env), inside: false };
  throw new LlavaMiniError('not-found', `there is no vision tower ${name}`, {
    hint: 'give its folder, or ORG/NAME of one in the hub cache',
  });
}

async function namedPlace(dir: string, env?: Env): Promise<TowerPlace | undefined> {
  const name = await namedTower(dir);
  if (name === undefined) return undefined;
  const inside = normalize(name);
  const leaves = isAbsolute(name) || inside === '..' || inside.startsWith(`..${sep}`);
  if (!leaves && (await isFolder(join(dir, inside)))) return { name, folder: join(dir, inside), inside: true };
  return isModelId(name) ? { name, folder: await cachedFolder(name, env), inside: false } : undefined;
}

async function cachedFolder(id: string, env?: Env): Promise<string | undefined> {
  // Python fetches of a tower no more than config and weights, so that the cache's own idea of complete is too strict.
  const cache = new ModelCache(hubCache(env), id);
  const commit = await cache.commitOf('main');
  return commit === undefined ? undefined : cache.snapshot(commit);
}

async function namedTower(dir: string): Promise<string | undefined> {
  const path = join(dir, 'config.json');
  try {
    if ((await stat(path)).size > MAX_CONFIG_BYTES) return undefined;
    const { mm_vision_tower: name } = JSON.parse(await readFile(path, 'utf8')) as { mm_vision_tower?: unknown };
    return typeof name === 'string' && name.length <= 1000 ? name : undefined;
  } catch {
    // Whoever needs config.json says what is wrong with it.
    return undefined;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
