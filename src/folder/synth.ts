import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkSpace } from '../checkpoint/hub/disk-space.ts';
import { ProgressMeter } from '../checkpoint/hub/progress.ts';
import { LlavaMiniError } from '../errors.ts';
import { writeFileAtomic } from '../util/atomic-file.ts';
import { finishFolder } from './convert.ts';
import { type ConvertOptions, type ConvertProgress, conversionKind } from './convert-options.ts';
import type { Manifest } from './manifest.ts';
import { readModelFolder } from './model-folder.ts';
import { planFolder } from './plan.ts';
import { randomPart } from './random-weights.ts';
import { replaceFolder } from './replace-folder.ts';
import { SYNTH_MODELS, type SynthModel, type SynthName, synthModelOf } from './synth-models.ts';
import { synthTokenizer } from './synth-tokenizer.ts';
import { WeightsWriter } from './weights-writer.ts';

export interface SynthOptions extends Omit<ConvertOptions, 'layout' | 'threads' | 'onProgress'> {
  /** Fewer (or more) layers of the language model. */
  layers?: number;
  /** `bytes` are of what is written. */
  onProgress?: (progress: Omit<ConvertProgress, 'phase'>) => void;
}

/**
 * Writes a converted model of a well-known shape with random weights, for measurements: it loads and runs as the real
 * one does, and answers nonsense. Never more than a few megabytes of it are in memory. Same name, same weights.
 *
 * @throws LlavaMiniError `bad-argument`, `no-space` (before weights are written, with the number), `io`; the signal's
 *   reason
 */
export async function synthModel(name: SynthName, out: string, options: SynthOptions): Promise<Manifest> {
  if (!SYNTH_MODELS.includes(name))
    throw new LlavaMiniError('bad-argument', `there is no shape ${JSON.stringify(name)}`, {
      hint: `known are ${SYNTH_MODELS.join(', ')}`,
    });
  if (
    options.layers !== undefined &&
    !(Number.isInteger(options.layers) && options.layers >= 1 && options.layers <= 1000)
  )
    throw new LlavaMiniError('bad-argument', `layers must be a whole number from 1 to 1000, not ${options.layers}`);
  const { signal } = options;
  signal?.throwIfAborted();
  const model = synthModelOf(name);
  let manifest: Manifest;
  await replaceFolder(out, options, async (temporary) => {
    await writeDescription(temporary, model, options.layers);
    const folder = await readModelFolder(temporary);
    const kind = conversionKind({ ...options, layout: model.layout }, folder);
    const plan = planFolder(folder, kind);
    await checkSpace(dirname(resolve(temporary)), plan.bytes, `the ${kind.dtype} model`, SPACE_HINT);
    const total = plan.files.reduce((all, file) => all + file.bytes, 0);
    const { onProgress } = options;
    const progress = new ProgressMeter(
      total,
      onProgress &&
        (({ bytes, totalBytes, bytesPerSecond, secondsLeft }) =>
          onProgress({ bytes, totalBytes, bytesPerSecond, secondsLeft })),
    );
    const writer = await WeightsWriter.open(temporary, plan.files);
    try {
      for (const { name: weight, shape, format, parts } of plan.weights)
        for (const [i, part] of parts.entries()) {
          let at = 0;
          for (const bytes of randomPart(weight, shape, format, i, part.bytes)) {
            signal?.throwIfAborted();
            await writer.write(part, at, bytes);
            at += bytes.byteLength;
            progress.add(bytes.byteLength, weight);
          }
        }
      await writer.finish();
    } finally {
      await writer.close();
    }
    manifest = await finishFolder(temporary, plan, kind, []);
    return true;
  });
  return manifest!;
}

const SPACE_HINT = 'free some space, or write to another disk; nothing was left behind';

/** Everything but weights and graphs. */
async function writeDescription(dir: string, { config, tower }: SynthModel, layers?: number): Promise<void> {
  const write = (path: string, json: unknown): Promise<void> =>
    writeFileAtomic(join(dir, path), `${JSON.stringify(json, null, 1)}\n`);
  const tokens = synthTokenizer(config.vocab_size as number, config.rope_scaling !== null);
  await write('config.json', { ...config, ...tokens.ids, ...(layers ? { num_hidden_layers: layers } : {}) });
  await write('tokenizer.json', tokens.tokenizer);
  await write('tokenizer_config.json', tokens.config);
  if (!tower) return;
  await mkdir(join(dir, 'vision_tower'));
  await write('vision_tower/config.json', tower.config);
  await write('vision_tower/preprocessor_config.json', tower.preprocessor);
}
