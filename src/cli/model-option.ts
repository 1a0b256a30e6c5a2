import type { Command } from 'commander';
import type { LlavaMini } from '../runtime/llava-mini.ts';
import { modelFolder } from './model-folder.ts';
import { parseWhole } from './number-option.ts';
import { StatusLine } from './terminal.ts';

export interface ModelFlags {
  model?: string;
  threads?: number;
}

/** The options of every command that answers. */
export function addModelOptions(command: Command): Command {
  return command
    .option('-m, --model <model>', 'folder, or ORG/NAME on the hub (default: nano, which comes with the package)')
    .option('--threads <n>', 'threads to compute with (default: one per core)', parseWhole);
}

/** Loads the model that was asked for, with a word about it on a terminal when it takes long. */
export async function loadModel(flags: ModelFlags, signal: AbortSignal): Promise<LlavaMini> {
  const folder = await modelFolder(flags.model, signal);
  const { LlavaMini } = await import('../runtime/llava-mini.ts');
  const status = new StatusLine();
  status.set('loading the model');
  try {
    return await LlavaMini.load(folder, {
      threads: flags.threads,
      signal,
      onProgress: ({ done, all }) => status.set(`loading the model: ${done} of ${all}`),
    });
  } finally {
    status.clear();
  }
}
