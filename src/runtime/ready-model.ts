import { ensureConverted } from '../folder/ensure-converted.ts';
import { readManifest } from '../folder/manifest.ts';
import { type ModelFolder, readModelFolder } from '../folder/model-folder.ts';
import { formatOf } from '../folder/plan.ts';
import { EMBEDDINGS } from '../folder/scheme.ts';
import { checkTokenizer } from '../folder/tokenizer-file.ts';
import { usedParameters } from '../graph/index.ts';
import { modelGraphs } from '../model/inference.ts';
import type { EngineOptions } from './engine-options.ts';
import { engineOptions, type LoadOptions } from './load-options.ts';
import { checkMemory, memoryNeed, schemeFormats } from './memory-need.ts';

/** Weights that take less than this as float32 are used as they are; converting is for larger ones. */
const SMALL_BYTES = 2e9;

/** A model that can be loaded as it lies there. */
export interface ReadyModel {
  folder: ModelFolder;
  options: EngineOptions;
}

/**
 * Decides how a model's weights are loaded, makes sure that there is memory for them, and converts the model into the
 * cache when they are not as they must be: a converted folder is loaded as it is; a small model as float32 from its
 * checkpoint; anything else goes through a conversion.
 *
 * @throws LlavaMiniError `out-of-memory` (before anything is converted or loaded), `bad-argument` for a converted
 *   folder of another dtype, `bad-model` when there is no tokenizer.json; see `readModelFolder`, `ensureConverted`
 */
export async function readyModel(dir: string, options: LoadOptions): Promise<ReadyModel> {
  const folder = await readModelFolder(dir);
  await checkTokenizer(dir, true);
  const manifest = await readManifest(dir);
  const small = floatBytes(folder, options.tuning?.layout ?? folder.layout) < SMALL_BYTES;
  const dtype = options.dtype ?? manifest?.dtype ?? (small ? 'fp32' : 'q4');
  const direct = !manifest && dtype === 'fp32' && small;
  const forEngine = engineOptions(folder, { ...options, dtype });
  const possible = !manifest || manifest.dtype === dtype;
  if (possible && (options.memoryCheck ?? true)) {
    const formats = manifest ? formatOf(manifest.formats) : schemeFormats(folder, dtype);
    checkMemory(folder, forEngine, memoryNeed(folder, forEngine, formats, direct), dtype, !!manifest);
  }
  if (direct) return { folder, options: forEngine };
  const converted = await ensureConverted(dir, {
    dtype,
    // The layout is the engine's to choose: a converted folder has its tower and the weights for either.
    ...(manifest ? {} : { layout: options.tuning?.layout, tower: options.tower }),
    anyLength: true,
    threads: options.threads,
    signal: options.signal,
    onWait: options.onWait,
    onProgress: ({ phase, bytes, totalBytes, bytesPerSecond, secondsLeft }) =>
      options.onProgress?.({ phase, done: bytes, all: totalBytes, bytesPerSecond, secondsLeft }),
  });
  if (converted === dir) return { folder, options: forEngine };
  // A tower kept elsewhere is part of the conversion now.
  return { folder: await readModelFolder(converted), options: { ...forEngine, dir: converted, tower: undefined } };
}

function floatBytes({ config, vision }: ModelFolder, layout: 'mini' | 'llava'): number {
  const weights = new Map([[EMBEDDINGS, 4 * config.vocabSize * config.hiddenSize]]);
  const graphs = modelGraphs(config, vision, { maxLength: 1, layout });
  for (const graph of Object.values(graphs))
    for (const { name, shape } of usedParameters(graph))
      weights.set(
        name,
        (shape as number[]).reduce((a, b) => a * b, 4),
      );
  return [...weights.values()].reduce((a, b) => a + b);
}
