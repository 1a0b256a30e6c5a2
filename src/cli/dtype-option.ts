import { Option } from 'commander';
import type { ExportDtype } from '../folder/export.ts';
import type { Dtype } from '../folder/manifest.ts';

// Lists of their own, so that a command's help does not wait for the code that knows them.
const STORED: readonly Dtype[] = ['q4', 'q8', 'fp16', 'fp32'];
const EXPORTED: readonly ExportDtype[] = ['fp16', 'bf16', 'fp32'];

/** `--dtype` of a command that loads a model. A wrong one is refused before a model is looked for or downloaded. */
export function loadedDtype(): Option {
  return new Option(
    '--dtype <type>',
    'how weights are stored; a model that is not stored so is converted into the cache first (default: as it is; a large model that is not converted: q4)',
  ).choices(STORED);
}

/** `--dtype` of a command that writes a converted model. */
export function convertedDtype(): Option {
  return new Option('--dtype <type>', 'how weights are stored').choices(STORED).default('q4');
}

/** `--dtype` of `export`. */
export function exportedDtype(): Option {
  return new Option('--dtype <type>', 'type of all weights (default: each weight as it is stored)').choices(EXPORTED);
}
