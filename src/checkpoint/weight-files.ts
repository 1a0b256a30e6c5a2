import { open, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { realPathInside } from './inside-folder.ts';
import { openPickle } from './pickle/pickle-file.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';
import { parseStrictJson, quote, type StrictJson } from './strict-json.ts';

/** A file of weights, safetensors or pickle, behind one interface. */
export type WeightFile = SafetensorsFile;

export const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';
export const PICKLE_FILE = 'pytorch_model.bin';
export const PICKLE_INDEX_FILE = 'pytorch_model.bin.index.json';
const MAX_INDEX_BYTES = 64 << 20;
const MAX_SHARDS = 1000;

/** Opens `.bin` as a pickle, anything else as safetensors; throws what those throw. */
export function openWeightFile(path: string): Promise<WeightFile> {
  return path.endsWith('.bin') ? openPickle(path) : openSafetensors(path);
}

/**
 * Opens the files that hold a folder's model: the first that is there of `model.safetensors`, the shards of its
 * index, `pytorch_model.bin`, the shards of its index. Undefined when there is none of them. A link may lead into the
 * hub cache that the folder belongs to, but to nowhere else outside of it.
 *
 * @param root the model's folder, where `dir` is a folder inside it
 * @throws LlavaMiniError `bad-checkpoint`: broken file or index, missing shard, tensor not where the index says,
 *   link that leads out
 */
export async function openWeightFiles(dir: string, root = dir): Promise<WeightFile[] | undefined> {
  for (const [single, index] of [
    [SINGLE_FILE, INDEX_FILE],
    [PICKLE_FILE, PICKLE_INDEX_FILE],
  ]) {
    if (await existsInside(root, join(dir, single))) return [await openWeightFile(join(dir, single))];
    if (await existsInside(root, join(dir, index))) return openShards(dir, root, index);
  }
  return undefined;
}

async function openShards(dir: string, root: string, indexName: string): Promise<WeightFile[]> {
  const index = join(dir, indexName);
  const places = await readIndex(index, indexName === INDEX_FILE ? '.safetensors' : '.bin');
  const shards = [...new Set(places.values())].sort();
  if (shards.length > MAX_SHARDS) bad(`${index} names ${shards.length} files, over the cap of ${MAX_SHARDS}`);
  const files: WeightFile[] = [];
  try {
    for (const shard of shards) files.push(await openWeightFile(await shardPath(dir, root, shard, index)));
    const byName = new Map(shards.map((shard, i) => [shard, files[i]]));
    for (const [name, shard] of places)
      if (!byName.get(shard)!.tensors.has(name))
        bad(`${index} places tensor ${quote(name)} in ${shard}, but that file does not have it`);
    return files;
  } catch (error) {
    await Promise.allSettled(files.map((file) => file.close()));
    throw error;
  }
}

/** Tensor name → shard file name, checked to be a plain name. */
async function readIndex(path: string, ending: '.safetensors' | '.bin'): Promise<Map<string, string>> {
  let index: StrictJson;
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > MAX_INDEX_BYTES) bad(`${path} is ${size} bytes long, over the cap of ${MAX_INDEX_BYTES}`);
      const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile());
      index = parseStrictJson(text, { depth: 4, values: 1_000_000 });
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof SyntaxError) bad(`${path} is not valid JSON: ${error.message}`);
    if (error instanceof TypeError) bad(`${path} is not UTF-8`);
    throw fileError(error, path);
  }
  const places = index instanceof Map ? index.get('weight_map') : undefined;
  if (!(places instanceof Map) || places.size === 0) bad(`${path} has no weight_map`);
  for (const [name, shard] of places)
    if (!isPlainName(shard, ending))
      bad(`${path} places tensor ${quote(name)} in ${quote(String(shard))}, not a plain ${ending} name`);
  return places as Map<string, string>;
}

function isPlainName(name: StrictJson, ending: string): name is string {
  // No separator of any system, no drive or stream colon, no leading dot, nothing invisible.
  return (
    typeof name === 'string' && name.length <= 255 && name.endsWith(ending) && /^[A-Za-z0-9_][\w.+=@ -]*$/.test(name)
  );
}

async function shardPath(dir: string, root: string, shard: string, index: string): Promise<string> {
  const path = join(dir, shard);
  try {
    await realPathInside(root, relative(root, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, path);
    throw new LlavaMiniError('bad-checkpoint', `${index} names ${shard}, but ${path} is missing`, {
      hint: 'download the missing file, or pull the model again',
      cause: error,
    });
  }
  return path;
}

/** Whether a file is there. @throws LlavaMiniError `bad-checkpoint` when it is a link that leads out of `root` */
export async function existsInside(root: string, path: string): Promise<boolean> {
  if (!(await exists(path))) return false;
  await realPathInside(root, relative(root, path)).catch((error) => Promise.reject(fileError(error, path)));
  return true;
}

/** @throws LlavaMiniError where it cannot be told, for want of rights for one */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw fileError(error, path);
  }
}

function bad(message: string): never {
  throw new LlavaMiniError('bad-checkpoint', message);
}
