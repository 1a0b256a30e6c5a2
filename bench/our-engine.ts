/** @file Our engine without worker and scheduler, step by step. */
import { basename } from 'node:path';
import { LlavaMiniError } from '../src/errors.ts';
import { readManifest } from '../src/folder/manifest.ts';
import { type ModelFolder, readModelFolder } from '../src/folder/model-folder.ts';
import { SYNTH_MODELS } from '../src/folder/synth-models.ts';
import { Engine } from '../src/runtime/engine.ts';
import type { EngineOptions } from '../src/runtime/engine-options.ts';
import { engineOptions } from '../src/runtime/load-options.ts';
import { Sampler } from '../src/runtime/sampling.ts';

const greedy = new Sampler({ temperature: 0 });

/** @throws LlavaMiniError `not-found` saying how to make the model, and what `readModelFolder` throws */
export async function benchModel(dir: string): Promise<ModelFolder> {
  try {
    return await readModelFolder(dir);
  } catch (error) {
    if (!(error instanceof LlavaMiniError && error.code === 'not-found')) throw error;
    const like = SYNTH_MODELS.find((name) => basename(dir).startsWith(name)) ?? 'llama-1b';
    throw new LlavaMiniError('not-found', error.message, {
      hint: `npx llava-mini synth --like ${like} --dtype q4 --out ${dir}`,
      cause: error,
    });
  }
}

/** How a folder's weights are stored, for a report. */
export async function storage(dir: string): Promise<string> {
  const manifest = await readManifest(dir);
  if (!manifest) return 'checkpoint, float32 in memory';
  const { dtype, options } = manifest;
  return /^q/.test(dtype) ? `${dtype}, ${options.symmetric ? 'symmetric ' : ''}blocks of ${options.block}` : dtype;
}

/** @param positions of the one row that the cache gets */
export async function loadEngine(
  folder: ModelFolder,
  options: { threads: number; positions: number; layout?: EngineOptions['layout'] },
): Promise<Engine> {
  const { threads, positions, layout = 'mini' } = options;
  const engine = await Engine.load(engineOptions(folder, { threads, maxLength: positions, tuning: { layout } }));
  engine.cache.reserve(1, positions);
  return engine;
}

/**
 * Prefills the first row after `past` positions, in chunks as the scheduler does, and takes the first token.
 *
 * @param embeddings `[T, D]`
 */
export async function firstToken(engine: Engine, embeddings: Float32Array, past = 0): Promise<number> {
  const width = engine.folder.config.hiddenSize;
  const chunk = engine.options.prefillChunk * width;
  let logits = new Float32Array(0);
  for (let at = 0; at < embeddings.length; at += chunk)
    logits = (await engine.append(
      0,
      embeddings.subarray(at, at + chunk),
      past + at / width,
    )) as Float32Array<ArrayBuffer>;
  return greedy.next(logits);
}

/** The token after this one, whose place is `past`. */
export async function nextToken(engine: Engine, id: number, past: number): Promise<number> {
  return greedy.next(await engine.step([id], [past]));
}
