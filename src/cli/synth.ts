import { type Command, Option } from 'commander';
import type { Dtype } from '../folder/manifest.ts';
import { SYNTH_MODELS, type SynthName } from '../folder/synth-models.ts';
import { summary } from './convert.ts';
import { showConversion } from './convert-progress.ts';
import { convertedDtype } from './dtype-option.ts';
import { addExamples } from './examples.ts';
import { interruptible } from './interrupt.ts';
import { parseWhole } from './number-option.ts';
import { StatusLine, writeAnswer, writeNote } from './terminal.ts';

interface SynthFlags {
  like: SynthName;
  dtype: Dtype;
  out: string;
  layers?: number;
  maxLength?: number;
  uniform?: boolean;
  json?: boolean;
}

/** `llava-mini synth --like NAME --out DIR` */
export function addSynthCommand(program: Command): void {
  const command = program
    .command('synth')
    .summary('write a model with random weights, to measure with')
    .description(
      'Writes a converted model of the shape of a well-known one, with random weights: it takes the memory and the time of the real one, and answers nonsense.',
    )
    .addOption(new Option('--like <name>', 'model whose shape to take').choices(SYNTH_MODELS).makeOptionMandatory())
    .requiredOption('--out <folder>', 'where to write it; a converted model that is there is replaced')
    .addOption(convertedDtype())
    .option('--uniform', 'at q4, nothing of the language model in 8 bits')
    .option('--layers <n>', 'another number of layers in the language model', parseWhole)
    .option('--max-length <n>', 'longest prompt and answer together, in tokens (default: at most 4,096)', parseWhole)
    .option('--json', 'print one JSON object');
  addExamples(command, [
    ['llava-mini synth --like llama-3.1-8b --out /tmp/big', "the published model's shape in 4 bits (6 GB)"],
    ['llava-mini ask --model /tmp/big cat.jpg "What is this?"', 'see how fast it would answer'],
  ]);
  command.action((flags: SynthFlags) => interruptible((signal) => synth(flags, signal)));
}

async function synth(flags: SynthFlags, signal: AbortSignal): Promise<void> {
  const { synthModel } = await import('../folder/synth.ts');
  const status = new StatusLine();
  try {
    const manifest = await synthModel(flags.like, flags.out, {
      dtype: flags.dtype,
      layers: flags.layers,
      maxLength: flags.maxLength,
      uniform: flags.uniform,
      signal,
      onProgress: (progress) => status.set(showConversion(progress, 'writing')),
      onWait: () => writeNote('another process is writing to the same place; waiting for it'),
    });
    status.clear();
    writeAnswer(flags.json ? `${JSON.stringify(summary(flags.out, manifest), null, 2)}\n` : `${flags.out}\n`);
  } finally {
    status.clear();
  }
}
