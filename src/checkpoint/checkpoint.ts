import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { openSafetensors, type SafetensorsFile, type TensorInfo } from './safetensors.ts';
import { parseStrictJson, quote, type StrictJson } from './strict-json.ts';

/** The weights of a model folder, whether in one file or in many. */
export interface Checkpoint {
  readonly dir: string;
  /** Paths of the weight files. */
  readonly files: readonly string[];
  /** `__metadata__` of the files, merged in their order. */
  readonly metadata: Readonly<Record<string, string>>;
  names(): string[];
  has(name: string): boolean;
  /** @throws LlavaMiniError `not-found` */
  info(name: string): TensorInfo & { readonly file: string };
  /** Elements `from` to `to` (all of them by default) as float32. See SafetensorsFile for the errors. */
  readFloat32(name: string, from?: number, to?: number): Promise<Float32Array>;
  readRaw(name: string, from?: number, to?: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';
const MAX_INDEX_BYTES = 64 << 20;
const MAX_SHARDS = 1000;

/**
 * Opens the weights of a model folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
 * A file may be a link into the hub cache that the folder belongs to, but to nowhere else outside the folder.
 *
 * @throws LlavaMiniError `not-found` (no folder, no weights), `bad-checkpoint` (broken file or index, missing shard,
 *   tensor absent or in two files)
 */
export async function openCheckpoint(dir: string): Promise<Checkpoint> {
  if (await exists(join(dir, SINGLE_FILE))) return present(dir, [await openSafetensors(join(dir, SINGLE_FILE))]);
  if (await exists(join(dir, INDEX_FILE))) return openShards(dir);
  if (!(await exists(dir))) throw new LlavaMiniError('not-found', `there is no folder ${dir}`);
  const bin =
    (await exists(join(dir, 'pytorch_model.bin'))) || (await exists(join(dir, 'pytorch_model.bin.index.json')));
  throw new LlavaMiniError('not-found', `${dir} has neither ${SINGLE_FILE} nor ${INDEX_FILE}`, {
    hint: bin ? 'its weights are in pytorch_model.bin: convert them first' : 'give the folder of a complete model',
  });
}

async function openShards(dir: string): Promise<Checkpoint> {
  const index = join(dir, INDEX_FILE);
  const places = await readIndex(index);
  const shards = [...new Set(places.values())].sort();
  if (shards.length > MAX_SHARDS) bad(`${index} names ${shards.length} files, over the cap of ${MAX_SHARDS}`);
  const files: SafetensorsFile[] = [];
  try {
    for (const shard of shards) files.push(await openSafetensors(await shardPath(dir, shard, index)));
    const checkpoint = present(dir, files);
    const byName = new Map(shards.map((shard, i) => [shard, files[i]]));
    for (const [name, shard] of places)
      if (!byName.get(shard)!.tensors.has(name))
        bad(`${index} places tensor ${quote(name)} in ${shard}, but that file does not have it`);
    return checkpoint;
  } catch (error) {
    await Promise.allSettled(files.map((file) => file.close()));
    throw error;
  }
}

function present(dir: string, files: readonly SafetensorsFile[]): Checkpoint {
  const home = new Map<string, SafetensorsFile>();
  for (const file of files)
    for (const name of file.tensors.keys()) {
      const other = home.get(name);
      if (other) bad(`tensor ${quote(name)} is in two files: ${other.path} and ${file.path}`);
      home.set(name, file);
    }
  const find = (name: string): SafetensorsFile => {
    const file = home.get(name);
    if (!file) throw new LlavaMiniError('not-found', `the checkpoint in ${dir} has no tensor ${quote(name)}`);
    return file;
  };
  return {
    dir,
    files: files.map((file) => file.path),
    metadata: Object.assign(Object.create(null), ...files.map((file) => file.metadata)),
    names: () => [...home.keys()],
    has: (name) => home.has(name),
    info: (name) => ({ ...find(name).tensors.get(name)!, file: find(name).path }),
    readFloat32: async (name, from, to) => find(name).readFloat32(name, from, to),
    readRaw: async (name, from, to) => find(name).readRaw(name, from, to),
    close: async () => {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}

/** Tensor name → shard file name, checked to be a plain name. */
async function readIndex(path: string): Promise<Map<string, string>> {
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
    if (!isPlainName(shard))
      bad(`${path} places tensor ${quote(name)} in ${quote(String(shard))}, not a plain .safetensors name`);
  return places as Map<string, string>;
}

function isPlainName(name: StrictJson): name is string {
  // No separator of any system, no drive or stream colon, no leading dot, nothing invisible.
  return typeof name === 'string' && name.length <= 255 && /^[A-Za-z0-9_][\w.+=@ -]*\.safetensors$/.test(name);
}

async function shardPath(dir: string, shard: string, index: string): Promise<string> {
  const path = join(dir, shard);
  let real: string;
  let root: string;
  try {
    root = await realpath(dir);
    real = await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, path);
    throw new LlavaMiniError('bad-checkpoint', `${index} names ${shard}, but ${path} is missing`, {
      hint: 'download the missing file, or pull the model again',
      cause: error,
    });
  }
  const roots = [root];
  if (basename(dirname(root)) === 'snapshots') roots.push(join(dirname(dirname(root)), 'blobs'));
  if (!roots.some((allowed) => real.startsWith(allowed + sep)))
    bad(`${path} is a link that leads out of the model folder, to ${real}`);
  return path;
}

async function exists(path: string): Promise<boolean> {
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
