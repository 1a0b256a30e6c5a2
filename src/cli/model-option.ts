import type { Command } from 'commander';
import type { LlavaMini } from '../runtime/llava-mini.ts';
import type { LoadProgress } from '../runtime/load-options.ts';
import type { WeightType } from '../runtime/sessions.ts';
import { showConversion, showPhase } from './convert-progress.ts';
import { loadedDtype } from './dtype-option.ts';
import { modelFolder } from './model-folder.ts';
import { parseWhole } from './number-option.ts';
import { StatusLine } from './terminal.ts';

export interface ModelFlags {
  model?: string;
  threads?: number;
  dtype?: WeightType;
  memoryCheck?: boolean;
  tower?: string;
  maxLength?: number;
}

export const TOWER_OPTION = [
  '--tower <tower>',
  "vision tower's weights, for a model that does not hold them: folder, or ORG/NAME in the hub cache (llava-mini pull fetches it)",
] as const;

/** How far loading is, in one line. */
export function showLoading({ phase, done, all, bytesPerSecond = 0, secondsLeft }: LoadProgress): string {
  if (phase === 'loading') return `loading the model: ${done} of ${all}`;
  const progress = { bytes: done, totalBytes: all, bytesPerSecond, secondsLeft };
  return phase === 'downloading' ? showConversion(progress, phase) : showPhase({ phase, ...progress });
}

/** The options of every command that answers. */
export function addModelOptions(command: Command): Command {
  return command
    .option('-m, --model <model>', 'folder, or ORG/NAME on the hub (default: nano, which comes with the package)')
    .option('--threads <n>', 'threads to compute with (default: one per core)', parseWhole)
    .addOption(loadedDtype())
    .option(...TOWER_OPTION)
    .option('--max-length <n>', 'longest prompt and answer together, in tokens (default: at most 4,096)', parseWhole)
    .option('--no-memory-check', 'load the model even if memory seems too small for it');
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
      dtype: flags.dtype,
      memoryCheck: flags.memoryCheck,
      tower: flags.tower,
      maxLength: flags.maxLength,
      signal,
      onProgress: (progress) => status.set(showLoading(progress)),
    });
  } finally {
    status.clear();
  }
}
