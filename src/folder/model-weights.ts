import { type Checkpoint, type CheckpointOptions, openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { ParameterPlace, WeightPart } from '../graph/index.ts';
import type { Formats } from '../model/inference.ts';
import { openConvertedWeights } from './converted-weights.ts';
import { readManifest } from './manifest.ts';
import { checkTensor } from './model-folder.ts';

/** Elements of a stored array; half precision as its bits. */
export type StoredArray = Float32Array | Uint16Array | Uint8Array;

/** A model's weights, however its folder stores them. */
export interface ModelWeights {
  /** Folder that places are relative to. */
  readonly root: string;
  /** How each weight is stored: in a checkpoint, whose elements are converted as they are read, all as float32. */
  readonly formats: Formats;
  /** @throws LlavaMiniError `bad-checkpoint` when a stored array is missing or of another type or shape, naming both */
  check(part: WeightPart): void;
  /** Where the engine finds a stored array by itself, in a file of the folder; undefined when it must be given its data. */
  place(name: string): (ParameterPlace & { kind: 'external' }) | undefined;
  /** Elements `from` to `to` of a stored array, all of them by default. */
  read(name: string, from?: number, to?: number): Promise<StoredArray>;
  close(): Promise<void>;
}

const FLOAT32 = { kind: 'float32' } as const;

/**
 * Opens the weights of a model folder: a converted one's, or a checkpoint in the published format.
 *
 * @throws LlavaMiniError see `readManifest`, `openConvertedWeights`, `openCheckpoint`
 */
export async function openWeights(dir: string, options?: CheckpointOptions): Promise<ModelWeights> {
  const manifest = await readManifest(dir);
  return manifest ? openConvertedWeights(dir, manifest) : checkpointWeights(await openCheckpoint(dir, options));
}

/** A checkpoint's tensors as float32 arrays. */
export function checkpointWeights(checkpoint: Checkpoint): ModelWeights {
  return {
    root: checkpoint.dir,
    formats: () => FLOAT32,
    check: ({ name, shape }) => checkTensor(checkpoint, name, shape),
    place: () => undefined,
    read: (name, from, to) => checkpoint.readFloat32(name, from, to),
    close: () => checkpoint.close(),
  };
}
