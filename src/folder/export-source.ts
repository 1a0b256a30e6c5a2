import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { TOWER_PREFIX } from '../checkpoint/separate-tower.ts';
import type { DType, TensorArray } from '../checkpoint/tensor-data.ts';
import { typedView } from '../checkpoint/tensor-data.ts';
import { LlavaMiniError } from '../errors.ts';
import { halvesToFloats } from '../util/float16.ts';
import { openConvertedWeights } from './converted-weights.ts';
import { type Manifest, readManifest } from './manifest.ts';

/** A tensor of a model, by its published name. */
export interface SourceTensor {
  name: string;
  shape: readonly number[];
  dtype: DType;
}

/** Buffers that transformers makes itself. */
export const BUFFERS = /\.(?:position_ids|rotary_emb\.inv_freq)$/;

/** Whether a tensor belongs to the vision tower, which the official layout keeps elsewhere. */
export const isTower = ({ name }: SourceTensor): boolean => name.startsWith(TOWER_PREFIX);

/** The tensors of a model folder, whether it is in the published format or converted without blocks. */
export interface ExportSource {
  tensors: SourceTensor[];
  /** Elements as they are stored: floats, or the bits of 16-bit types. */
  readStored(name: string, from: number, to: number): Promise<TensorArray>;
  readFloat32(name: string, from: number, to: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * @param tower see `CheckpointOptions`
 * @throws LlavaMiniError `unsupported` for a quantised conversion; see `openCheckpoint`, `readManifest`
 */
export async function openExportSource(dir: string, tower?: string): Promise<ExportSource> {
  const manifest = await readManifest(dir);
  return manifest ? convertedSource(dir, manifest) : checkpointSource(dir, tower);
}

async function checkpointSource(dir: string, tower?: string): Promise<ExportSource> {
  const checkpoint = await openCheckpoint(dir, { tower });
  return {
    tensors: checkpoint.names().map((name) => {
      const { shape, dtype } = checkpoint.info(name);
      return { name, shape, dtype };
    }),
    readStored: async (name, from, to) =>
      typedView(await checkpoint.readRaw(name, from, to), checkpoint.info(name).dtype),
    readFloat32: (name, from, to) => checkpoint.readFloat32(name, from, to),
    close: () => checkpoint.close(),
  };
}

async function convertedSource(dir: string, manifest: Manifest): Promise<ExportSource> {
  if (manifest.dtype === 'q4' || manifest.dtype === 'q8' || manifest.layout !== 'mini')
    throw new LlavaMiniError(
      'unsupported',
      manifest.layout === 'mini'
        ? `${dir} is a conversion to ${manifest.dtype}, which has lost too much to be trained further`
        : `${dir} is a conversion to the LLaVA layout, without what LLaVA-Mini adds`,
      { hint: 'give the model that it was made of' },
    );
  const weights = await openConvertedWeights(dir, manifest);
  const stored = new Map<string, string>();
  for (const array of Object.keys(manifest.weights)) stored.set(array.replace(/#half$/, ''), array);
  const read = (name: string, from: number, to: number): Promise<TensorArray> =>
    weights.read(stored.get(name)!, from, to);
  return {
    tensors: [...stored].map(([name, array]) => {
      const { shape, dtype } = manifest.weights[array];
      return { name, shape, dtype: dtype === 'float16' ? 'F16' : 'F32' };
    }),
    readStored: read,
    readFloat32: async (name, from, to) => {
      const values = await read(name, from, to);
      return values instanceof Uint16Array ? halvesToFloats(values) : (values as Float32Array);
    },
    close: () => weights.close(),
  };
}
