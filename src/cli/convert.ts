import { type Command, InvalidArgumentError } from 'commander';
import { LlavaMiniError } from '../errors.ts';
import type { ConvertOptions } from '../folder/convert-options.ts';
import type { Dtype, Manifest } from '../folder/manifest.ts';
import type { BlockSize } from '../graph/index.ts';
import { showPhase } from './convert-progress.ts';
import { convertedDtype } from './dtype-option.ts';
import { addExamples } from './examples.ts';
import { interruptible } from './interrupt.ts';
import { modelFolder } from './model-folder.ts';
import { parseWhole } from './number-option.ts';
import { StatusLine, writeAnswer, writeNote } from './terminal.ts';

interface ConvertFlags {
  dtype: Dtype;
  out?: string;
  block?: number;
  asymmetric?: boolean;
  uniform?: boolean;
  maxLength?: number;
  browser?: boolean;
  tower?: string;
  threads?: number;
  json?: boolean;
}

/** `llava-mini convert [MODEL]` */
export function addConvertCommand(program: Command): void {
  const command = program
    .command('convert')
    .summary('store a model in fewer bits')
    .description(
      'Converts a model to 4, 8, 16 or 32 bits and prints the folder, which every command takes as a model. It takes little memory, however large the model. Without --out the conversion is kept in the cache, where loading the model with the same type finds it; one made with --block, --asymmetric, --uniform or --browser is found by its own folder only, so give --out with them. Stopped with Ctrl-C it leaves nothing behind.',
    )
    .argument('[model]', 'folder, or ORG/NAME on the hub (default: nano)')
    .addOption(convertedDtype())
    .option('--out <folder>', 'where to write it; a converted model that is there is replaced')
    .option('--block <n>', 'values that share a scale: 16, 32, 64, 128 or 256 (default: 128)', parseBlock)
    .option('--asymmetric', 'give blocks of 4 bits a zero point: a little more exact, a little larger')
    .option('--uniform', 'at q4, nothing of the language model in 8 bits: faster, less exact')
    .option('--max-length <n>', 'longest prompt and answer together, in tokens (default: at most 4,096)', parseWhole)
    .option(
      '--browser',
      'in files that a browser can load, with blocks of 32 for its GPU (q4 or q8; at fp16 and fp32 a single array of a large model may be too long)',
    )
    .option(
      '--tower <folder>',
      'vision tower of a model that has none of its own: folder, or ORG/NAME in the hub cache',
    )
    .option('--threads <n>', 'threads to compute with (default: one per core, at most 16)', parseWhole)
    .option('--json', 'print one JSON object');
  addExamples(command, [
    [
      'llava-mini convert ICTNLP/llava-mini-llama-3.1-8b --dtype q4',
      'the published model in 4 bits, kept in the cache',
    ],
    ['llava-mini convert ./my-model --dtype q8 --out ./my-model-q8', 'your own in 8 bits, in a folder of your choice'],
    ['llava-mini convert ./my-model --browser --out ./public/model', 'for a web page'],
  ]);
  command.action((model: string | undefined, flags: ConvertFlags) =>
    interruptible((signal) => convert(model, flags, signal)),
  );
}

async function convert(model: string | undefined, flags: ConvertFlags, signal: AbortSignal): Promise<void> {
  const { BROWSER_OPTIONS } = await import('../folder/convert-options.ts');
  const { modelPath } = await import('../runtime/load-options.ts');
  const dir = await modelPath(await modelFolder(model, signal));
  const status = new StatusLine();
  const options: ConvertOptions = {
    ...(flags.browser ? BROWSER_OPTIONS : {}),
    dtype: flags.dtype,
    ...(flags.block ? { block: flags.block as BlockSize } : {}),
    // Left out, it wants nothing of a model that is converted already.
    symmetric: flags.asymmetric ? false : undefined,
    uniform: flags.uniform,
    maxLength: flags.maxLength,
    tower: flags.tower,
    threads: flags.threads,
    signal,
    onProgress: (progress) => status.set(showPhase(progress)),
    onWait: () => {
      status.clear();
      writeNote('another process is converting to the same place; waiting for it');
    },
  };
  status.set('reading the model');
  try {
    const done = flags.out ? await toFolder(dir, flags.out, options) : await toCache(dir, options);
    status.clear();
    writeAnswer(flags.json ? `${JSON.stringify(summary(done.out, done.manifest), null, 2)}\n` : `${done.out}\n`);
  } finally {
    status.clear();
  }
}

interface Done {
  out: string;
  manifest: Manifest;
}

async function toFolder(dir: string, out: string, options: ConvertOptions): Promise<Done> {
  const { convertModel } = await import('../folder/convert.ts');
  return { out, manifest: await convertModel(dir, out, options) };
}

async function toCache(dir: string, options: ConvertOptions): Promise<Done> {
  const { ensureConverted } = await import('../folder/ensure-converted.ts');
  const { readManifest } = await import('../folder/manifest.ts');
  const out = await ensureConverted(dir, options);
  const manifest = await readManifest(out);
  if (!manifest) throw new LlavaMiniError('io', `${out} was removed meanwhile`, { hint: 'try again' });
  return { out, manifest };
}

/** What was made, without the hundreds of weights. */
export function summary(dir: string, manifest: Manifest): object {
  const { dtype, options, layout, maxLength, bytes, builder, source, graphs, weights } = manifest;
  const files = [...new Set([...Object.values(weights).map(({ file }) => file), ...Object.values(graphs)])];
  return { dir, dtype, ...options, layout, maxLength, bytes, files, builder, source: source.files };
}

function parseBlock(text: string): number {
  const block = parseWhole(text);
  if (![16, 32, 64, 128, 256].includes(block)) throw new InvalidArgumentError('It must be 16, 32, 64, 128 or 256.');
  return block;
}
