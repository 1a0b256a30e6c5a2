import { join } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import type { Env } from './hub/settings.ts';
import type { TensorInfo } from './safetensors.ts';
import { openSeparateParts, type RenamedFile } from './separate-parts.ts';
import { openSeparateTower, TOWER_PREFIX } from './separate-tower.ts';
import { quote } from './strict-json.ts';
import {
  exists,
  INDEX_FILE,
  openWeightFiles,
  PICKLE_FILE,
  PICKLE_INDEX_FILE,
  SINGLE_FILE,
  type WeightFile,
} from './weight-files.ts';

export { INDEX_FILE, SINGLE_FILE } from './weight-files.ts';

const COMPRESSOR = 'model.compressor.';

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

export interface CheckpointOptions {
  /** Folder, or `ORG/NAME` in the hub cache, of the vision tower of a checkpoint that has none of its own. */
  tower?: string;
  /** Where the hub cache is; default: the process's environment. */
  env?: Env;
}

/**
 * Opens the weights of a model folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names, or
 * the same as `pytorch_model.bin` when there is nothing better. Separate files beside them (`mm_projector`,
 * `compressor`, `prefusion`, as safetensors or `.bin`) win over them, unless the model has a compressor of its own: then
 * they are leftovers of its training, which the reference does not read either. A vision tower that is in none of them comes from
 * `options.tower`, or from where `mm_vision_tower` in config.json says: a folder inside, or the hub cache.
 * A shard may be a link into the hub cache that the folder belongs to, but to nowhere else outside the folder.
 *
 * @throws LlavaMiniError `not-found` (no folder, no weights, no tower), `bad-checkpoint` (broken file or index, missing
 *   shard, tensor absent or in two files), `unsupported` (adapter that must be merged first), `bad-argument` (a tower
 *   for a checkpoint that has one)
 */
export async function openCheckpoint(dir: string, options: CheckpointOptions = {}): Promise<Checkpoint> {
  const opened: WeightFile[] = [];
  try {
    const base = await openWeightFiles(dir);
    if (!base) throw await nothing(dir);
    opened.push(...base);
    const isWhole = base.some(({ tensors }) => [...tensors.keys()].some((name) => name.startsWith(COMPRESSOR)));
    const parts = isWhole ? [] : await openSeparateParts(dir);
    opened.push(...parts.map(({ file }) => file));
    const own = places(base, parts);
    const hasTower = [...own.keys()].some((name) => name.startsWith(TOWER_PREFIX));
    if (hasTower && options.tower !== undefined)
      throw new LlavaMiniError('bad-argument', `the checkpoint in ${dir} has a vision tower of its own`, {
        hint: 'leave the tower out',
      });
    const tower = hasTower ? [] : await openSeparateTower(dir, options.tower, options.env);
    opened.push(...tower.map(({ file }) => file));
    for (const { file, names } of tower) for (const [name, ownName] of names) own.set(name, { file, ownName });
    return present(dir, opened, own);
  } catch (error) {
    await Promise.allSettled(opened.map((file) => file.close()));
    throw error;
  }
}

async function nothing(dir: string): Promise<LlavaMiniError> {
  if (!(await exists(dir))) return new LlavaMiniError('not-found', `there is no folder ${dir}`);
  if (await exists(join(dir, 'adapter_config.json')))
    return new LlavaMiniError('unsupported', `${dir} holds a LoRA adapter, not a whole model`, {
      hint: "merge it into its base model with the reference's scripts first",
    });
  return new LlavaMiniError(
    'not-found',
    `${dir} has neither ${SINGLE_FILE} nor ${INDEX_FILE}, nor ${PICKLE_FILE} nor ${PICKLE_INDEX_FILE}`,
    { hint: 'give the folder of a complete model' },
  );
}

interface Place {
  file: WeightFile;
  ownName: string;
}

function places(base: readonly WeightFile[], parts: readonly RenamedFile[]): Map<string, Place> {
  const home = new Map<string, Place>();
  for (const file of base)
    for (const name of file.tensors.keys()) {
      const other = home.get(name);
      if (other)
        throw new LlavaMiniError(
          'bad-checkpoint',
          `tensor ${quote(name)} is in two files: ${other.file.path} and ${file.path}`,
        );
      home.set(name, { file, ownName: name });
    }
  for (const { file, names } of parts) for (const [name, ownName] of names) home.set(name, { file, ownName });
  return home;
}

function present(dir: string, files: readonly WeightFile[], home: ReadonlyMap<string, Place>): Checkpoint {
  const find = (name: string): Place => {
    const place = home.get(name);
    if (!place) throw new LlavaMiniError('not-found', `the checkpoint in ${dir} has no tensor ${quote(name)}`);
    return place;
  };
  return {
    dir,
    files: files.map((file) => file.path),
    metadata: Object.assign(Object.create(null), ...files.map((file) => file.metadata)),
    names: () => [...home.keys()],
    has: (name) => home.has(name),
    info: (name) => {
      const { file, ownName } = find(name);
      return { ...file.tensors.get(ownName)!, name, file: file.path };
    },
    readFloat32: async (name, from, to) => {
      const { file, ownName } = find(name);
      return file.readFloat32(ownName, from, to);
    },
    readRaw: async (name, from, to) => {
      const { file, ownName } = find(name);
      return file.readRaw(ownName, from, to);
    },
    close: async () => {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}
