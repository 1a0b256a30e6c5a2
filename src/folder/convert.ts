import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { checkSpace } from '../checkpoint/hub/disk-space.ts';
import { ProgressMeter } from '../checkpoint/hub/progress.ts';
import { forAll, Slots } from '../checkpoint/hub/slots.ts';
import { EncoderPool } from '../checkpoint/quantise/index.ts';
import { DTYPE_BYTES } from '../checkpoint/tensor-data.ts';
import { LlavaMiniError } from '../errors.ts';
import { writeFileAtomic } from '../util/atomic-file.ts';
import { type ConversionKind, type ConvertOptions, type ConvertProgress, conversionKind } from './convert-options.ts';
import { builderVersion, type Manifest, readManifest, writeManifest } from './manifest.ts';
import { checkTensor, checkWeights, type ModelFolder, readModelFolder } from './model-folder.ts';
import { type FolderPlan, graphFile, type PlannedWeight, planFolder } from './plan.ts';
import { type ReplaceOptions, replaceFolder } from './replace-folder.ts';
import { EMBEDDINGS } from './scheme.ts';
import { checkUnchanged, copyFiles, type HashedFile, hashFiles, type SourceFile, sourceFiles } from './source-files.ts';
import { checkTokenizer } from './tokenizer-file.ts';
import { WeightsWriter } from './weights-writer.ts';

/** Elements that are read and encoded at a time; so many per thread are in memory. */
const SLICE = 2 << 20;

/**
 * Converts a model in the published format to a folder that the engine loads by path: weights in a scheme's formats,
 * each stored once, and the graphs that use them. Weights are read and written in slices, so that memory does not grow
 * with the model. The folder appears whole or not at all; an interrupted conversion begins anew.
 *
 * @param out replaced when it is a converted model already
 * @returns what was written
 * @throws LlavaMiniError `bad-argument`, `no-space` (before anything is written, with the number), `bad-model`,
 *   `bad-checkpoint`, `unsupported`, `not-found`, `io`; the signal's reason
 */
export async function convertModel(dir: string, out: string, options: ConvertOptions): Promise<Manifest> {
  const folder = await readModelFolder(dir);
  return convertFolder(folder, out, options);
}

/** @param isDone asked under the lock: another process may just have done it */
export async function convertFolder(
  folder: ModelFolder,
  out: string,
  options: ConvertOptions & Pick<ReplaceOptions, 'replaces'>,
  isDone: () => Promise<Manifest | undefined> = async () => undefined,
): Promise<Manifest> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (await readManifest(folder.dir))
    throw new LlavaMiniError('bad-argument', `${folder.dir} is a converted model`, {
      hint: 'give the model that it was made of',
    });
  const kind = conversionKind(options, folder);
  await checkTokenizer(folder.dir, false);
  const checkpoint = await openCheckpoint(folder.dir, { tower: options.tower });
  try {
    const plan = planFolder(folder, kind);
    checkWeights(checkpoint, Object.values(plan.source));
    checkTensor(checkpoint, EMBEDDINGS, [folder.config.vocabSize, folder.config.hiddenSize]);
    let manifest: Manifest | undefined;
    await replaceFolder(out, options, async (temporary) => {
      manifest = await isDone();
      if (manifest) return false;
      manifest = await fillFolder(temporary, folder, checkpoint, plan, kind, options);
      return true;
    });
    return manifest!;
  } finally {
    await checkpoint.close();
  }
}

async function fillFolder(
  temporary: string,
  folder: ModelFolder,
  checkpoint: Checkpoint,
  plan: FolderPlan,
  kind: ConversionKind,
  options: ConvertOptions,
): Promise<Manifest> {
  const { signal } = options;
  const files = await sourceFiles(folder, checkpoint.files);
  const copied = files.reduce((sum, file) => sum + (file.copied ? file.bytes : 0), 0);
  await checkSpace(dirname(resolve(temporary)), plan.bytes + copied, `the ${kind.dtype} conversion`, SPACE_HINT);
  const hashing = meter('hashing', sum(files), options.onProgress);
  const hashed = await hashFiles(files, (bytes) => hashing.add(bytes, ''), signal);
  await writeWeights(temporary, checkpoint, plan, options);
  await copyFiles(files, temporary);
  await checkUnchanged(files);
  return finishFolder(temporary, plan, kind, hashed);
}

const SPACE_HINT =
  'free some space, or write to another disk: --out names a folder, LLAVA_MINI_CACHE the cache; nothing was written';

const sum = (files: readonly SourceFile[]): number => files.reduce((total, file) => total + file.bytes, 0);

/** Graphs and manifest: the last files of a folder. */
export async function finishFolder(
  dir: string,
  plan: FolderPlan,
  kind: ConversionKind,
  files: HashedFile[],
): Promise<Manifest> {
  for (const [name, onnx] of plan.graphs) await writeFileAtomic(join(dir, graphFile(name)), onnx);
  const { dtype, layout, maxLength, block, symmetric, uniform, partBytes } = kind;
  const manifest: Manifest = {
    format: 1,
    builder: builderVersion(),
    dtype,
    options: { block, symmetric, uniform, partBytes },
    layout,
    maxLength,
    source: { files },
    formats: plan.formats,
    weights: plan.stored,
    graphs: Object.fromEntries(plan.graphs.map(([name]) => [name, graphFile(name)])) as Manifest['graphs'],
    bytes: plan.bytes,
  };
  await writeManifest(dir, manifest);
  return manifest;
}

/** Each thread takes its slice and what it becomes, so that on a large machine not every core is worth its memory. */
const MOST_THREADS = 16;

/** How many threads encode; never more than there are slices. */
export function encoderThreads(asked: number | undefined, slices: number, cores = availableParallelism()): number {
  return Math.min(asked ?? Math.min(cores, MOST_THREADS), slices);
}

interface Slice {
  weight: PlannedWeight;
  firstRow: number;
  rows: number;
  columns: number;
}

async function writeWeights(
  dir: string,
  checkpoint: Checkpoint,
  plan: FolderPlan,
  options: ConvertOptions,
): Promise<void> {
  const bytesOf = (weight: PlannedWeight): number => DTYPE_BYTES[checkpoint.info(weight.name).dtype];
  const slices = plan.weights.flatMap((weight) => slicesOf(weight));
  const threads = encoderThreads(options.threads, slices.length);
  const total = slices.reduce((all, { weight, rows, columns }) => all + rows * columns * bytesOf(weight), 0);
  const progress = meter('converting', total, options.onProgress);
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  const writer = await WeightsWriter.open(dir, plan.files);
  try {
    const pool = new EncoderPool(threads);
    // One more than encode, so that the next is read meanwhile.
    const slots = new Slots(threads + 1);
    try {
      await forAll(
        slices,
        (slice) =>
          slots.run(async () => {
            signal.throwIfAborted();
            const { weight, firstRow, rows, columns } = slice;
            const { name, shape, format, parts } = weight;
            const values = await checkpoint.readFloat32(name, firstRow * columns, (firstRow + rows) * columns);
            const encoded = await pool.encode({ name, values, columns, firstRow, format });
            for (const [i, bytes] of encoded.entries())
              await writer.write(parts[i], (parts[i].bytes / rowsOf(shape)) * firstRow, bytes);
            progress.add(rows * columns * bytesOf(weight), name);
          }),
        (error) => failed.abort(error),
      );
    } finally {
      await pool.close();
    }
    progress.end('');
    await writer.finish();
  } finally {
    await writer.close();
  }
}

const rowsOf = (shape: readonly number[]): number => shape[0] ?? 1;

function slicesOf(weight: PlannedWeight): Slice[] {
  const rows = rowsOf(weight.shape);
  const columns = weight.shape.slice(1).reduce((product, side) => product * side, 1);
  const each = Math.max(1, Math.floor(SLICE / columns));
  return Array.from({ length: Math.ceil(rows / each) }, (_, i) => ({
    weight,
    firstRow: i * each,
    rows: Math.min(each, rows - i * each),
    columns,
  }));
}

function meter(
  phase: ConvertProgress['phase'],
  totalBytes: number,
  report: ConvertOptions['onProgress'],
): ProgressMeter {
  return new ProgressMeter(
    totalBytes,
    report &&
      (({ bytes, bytesPerSecond, secondsLeft }) => report({ phase, bytes, totalBytes, bytesPerSecond, secondsLeft })),
  );
}
