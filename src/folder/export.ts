import { dirname, join, resolve } from 'node:path';
import { makeFolder } from '../checkpoint/hub/cache.ts';
import { checkSpace } from '../checkpoint/hub/disk-space.ts';
import { ProgressMeter } from '../checkpoint/hub/progress.ts';
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { TOWER_PREFIX } from '../checkpoint/separate-tower.ts';
import { DTYPE_BYTES, type DType, elementCount, type TensorArray } from '../checkpoint/tensor-data.ts';
import { LlavaMiniError } from '../errors.ts';
import { usedParameters } from '../graph/index.ts';
import { modelGraphs } from '../model/inference.ts';
import { towerName, writeConfig, writeIndex, writeTokenizer, writeTower } from './export-files.ts';
import { exportNotes } from './export-notes.ts';
import { BUFFERS, type ExportSource, isTower, openExportSource, type SourceTensor } from './export-source.ts';
import { type ModelFolder, readModelFolder } from './model-folder.ts';
import { checkReplaceable, replaceFolder } from './replace-folder.ts';
import { EMBEDDINGS } from './scheme.ts';

export const EXPORT_DTYPES = ['fp16', 'bf16', 'fp32'] as const;
export type ExportDtype = (typeof EXPORT_DTYPES)[number];

export interface ExportOptions {
  /** Type of all weights. Default: each as it is stored. */
  dtype?: ExportDtype;
  /** Vision tower of a checkpoint that has none of its own; see `CheckpointOptions`. */
  tower?: string;
  /** Most bytes of a weights file, unless a single tensor is larger. Default 5,000,000,000, as transformers has it. */
  shardBytes?: number;
  signal?: AbortSignal;
  onProgress?: (progress: ExportProgress) => void;
  /** Called once when another process is writing the same folder. */
  onWait?: () => void;
}

export interface ExportProgress {
  bytes: number;
  totalBytes: number;
  bytesPerSecond: number;
  /** Undefined until there is a speed. */
  secondsLeft: number | undefined;
}

export interface ExportReport {
  dir: string;
  /** Of the model's weights files. */
  bytes: number;
  tensors: number;
  parameters: number;
  /** Weights files. */
  files: string[];
  /** What the reference needs beside the folder, or will not find in it. */
  notes: string[];
}

const DTYPES: Record<ExportDtype, DType> = { fp16: 'F16', bf16: 'BF16', fp32: 'F32' };
const SHARD_BYTES = 5e9;
/** Elements that are read and written at a time. */
const SLICE = 4 << 20;

const PUBLISHED =
  /^(?:model\.(?:embed_tokens|layers|norm|prefusion_layers|compressor|mm_projector|vision_tower\.vision_tower\.vision_model)\.|lm_head\.weight$)/;
const FLOATS: readonly DType[] = ['F64', 'F32', 'F16', 'BF16'];

/**
 * Writes a model with a CLIP tower as a folder in the published layout, which the reference's code reads: config.json
 * with the published keys, safetensors of the published names in shards, tokenizer, generation config, tower. The folder
 * appears whole or not at all. Weights go through memory in slices.
 *
 * @param dir a model in the published format, or one converted to fp16 or fp32
 * @param out must not be there, or be empty
 * @throws LlavaMiniError `unsupported` (another tower, a quantised conversion, a shape that the reference cannot have),
 *   `bad-argument` (place taken, a value too large for fp16), `no-space`, `bad-model`, `bad-checkpoint`, `not-found`,
 *   `io`; the signal's reason
 */
export async function exportModel(dir: string, out: string, options: ExportOptions = {}): Promise<ExportReport> {
  const { signal, onWait, dtype, shardBytes = SHARD_BYTES } = options;
  signal?.throwIfAborted();
  if (dtype !== undefined && !EXPORT_DTYPES.includes(dtype))
    throw new LlavaMiniError('bad-argument', `unknown dtype ${JSON.stringify(dtype)}`, {
      hint: `known are ${EXPORT_DTYPES.join(', ')}`,
    });
  if (!(Number.isInteger(shardBytes) && shardBytes > 0))
    throw new LlavaMiniError('bad-argument', `shardBytes must be a whole number above 0, not ${String(shardBytes)}`);
  const folder = await readModelFolder(dir);
  checkExportable(folder);
  await checkReplaceable(out, 'nothing');
  const source = await openExportSource(dir, options.tower);
  try {
    const tensors = chooseTensors(source, folder);
    const written = tensors.map((tensor): SourceTensor => ({ ...tensor, dtype: storedAs(tensor, dtype) }));
    const shards = splitShards(written, shardBytes);
    const own = towerName(folder) === undefined ? written.filter(isTower) : [];
    const total = sizeOf(written) + sizeOf(own);
    await makeFolder(dirname(resolve(out)));
    await checkSpace(
      dirname(resolve(out)),
      total,
      'the export',
      'free some space, or write to another disk; nothing was written',
    );
    const meter = new ProgressMeter(total, options.onProgress);
    const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const toWrite = (tensor: SourceTensor, name = tensor.name): TensorToWrite => ({
      ...tensor,
      name,
      data: () => slices(source, stored.get(tensor.name)!, tensor.dtype, (bytes) => meter.add(bytes, ''), signal),
    });
    const notes: string[] = [];
    await replaceFolder(out, { signal, onWait, replaces: 'nothing' }, async (temporary) => {
      for (const [file, part] of shards)
        await writeSafetensors(
          join(temporary, file),
          part.map((tensor) => toWrite(tensor)),
          { format: 'pt' },
        );
      if (shards.length > 1) await writeIndex(temporary, shards, sizeOf(written));
      await writeConfig(temporary, folder, written);
      notes.push(...(await writeTokenizer(temporary, folder)));
      if (own.length > 0)
        await writeTower(
          temporary,
          folder,
          own.map((t) => toWrite(t, t.name.slice(TOWER_PREFIX.length))),
        );
      return true;
    });
    meter.end('');
    return {
      dir: resolve(out),
      bytes: sizeOf(written),
      tensors: written.length,
      parameters: written.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      files: shards.map(([file]) => file),
      notes: [...notes, ...exportNotes(folder, source, written)],
    };
  } catch (error) {
    // Writing says of whatever stops it that the file could not be written.
    signal?.throwIfAborted();
    throw error;
  } finally {
    await source.close();
  }
}

function checkExportable({ dir, config, vision }: ModelFolder): void {
  const refuse = (what: string, hint: string): never => {
    throw new LlavaMiniError('unsupported', what, { hint });
  };
  if (vision.kind !== 'clip')
    refuse(
      `the vision tower of ${dir} is ${vision.kind}, which the reference's code does not have: it reads CLIP towers only`,
      'export a model with a CLIP tower; docs/training-at-scale.md says how to come to one',
    );
  if (config.headDim * config.heads !== config.hiddenSize)
    refuse(
      `${dir} has ${config.heads} heads of width ${config.headDim} in a width of ${config.hiddenSize}; the reference's code divides the width among the heads`,
      'only models whose head_dim is hidden_size / num_attention_heads can be exported',
    );
}

/** The published tensors, all that the model needs among them. @throws LlavaMiniError `bad-checkpoint` */
function chooseTensors({ tensors }: ExportSource, { dir, config, vision }: ModelFolder): SourceTensor[] {
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const needed = new Map<string, readonly number[]>([[EMBEDDINGS, [config.vocabSize, config.hiddenSize]]]);
  for (const graph of Object.values(modelGraphs(config, vision, { maxLength: 8, layout: 'mini' })))
    for (const { name, shape } of usedParameters(graph)) needed.set(name, shape as number[]);
  for (const [name, shape] of needed) {
    const tensor = found.get(name);
    if (!tensor || tensor.shape.join() !== shape.join() || !FLOATS.includes(tensor.dtype))
      throw new LlavaMiniError(
        'bad-checkpoint',
        tensor
          ? `tensor ${name} in ${dir} is ${tensor.dtype} [${tensor.shape.join(', ')}], but config.json asks for floats [${shape.join(', ')}]`
          : `the checkpoint in ${dir} has no tensor ${name}`,
        { hint: 'config.json and weights must come from the same model' },
      );
  }
  return tensors.filter(({ name, dtype }) => PUBLISHED.test(name) && !BUFFERS.test(name) && FLOATS.includes(dtype));
}

function storedAs(tensor: SourceTensor, dtype: ExportDtype | undefined): DType {
  if (dtype) return DTYPES[dtype];
  return tensor.dtype === 'F64' ? 'F32' : tensor.dtype;
}

const bytesOf = ({ shape, dtype }: SourceTensor): number => elementCount(shape) * DTYPE_BYTES[dtype];
const sizeOf = (tensors: readonly SourceTensor[]): number => tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);

/** Tensors in their order, a new file where the next would make one too large; the files are named as by transformers. */
function splitShards(tensors: readonly SourceTensor[], most: number): [file: string, tensors: SourceTensor[]][] {
  const parts: SourceTensor[][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf(tensor);
    if (size > 0 && size + bytes > most) {
      parts.push([]);
      size = 0;
    }
    parts[parts.length - 1].push(tensor);
    size += bytes;
  }
  if (parts.length === 1) return [['model.safetensors', parts[0]]];
  const five = (n: number): string => String(n).padStart(5, '0');
  return parts.map((part, i) => [`model-${five(i + 1)}-of-${five(parts.length)}.safetensors`, part]);
}

async function* slices(
  source: ExportSource,
  tensor: SourceTensor,
  dtype: DType,
  done: (bytes: number) => void,
  signal?: AbortSignal,
): AsyncGenerator<TensorArray> {
  const { name, shape } = tensor;
  const count = elementCount(shape);
  for (let from = 0; from < count; from += SLICE) {
    signal?.throwIfAborted();
    const to = Math.min(count, from + SLICE);
    yield tensor.dtype === dtype ? await source.readStored(name, from, to) : await source.readFloat32(name, from, to);
    done((to - from) * DTYPE_BYTES[dtype]);
  }
}
