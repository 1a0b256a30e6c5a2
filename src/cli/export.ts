import type { Command } from 'commander';
import type { ExportDtype, ExportProgress, ExportReport } from '../folder/export.ts';
import { exportedDtype } from './dtype-option.ts';
import { addExamples } from './examples.ts';
import { formatBytes, formatDuration } from './format.ts';
import { interruptible } from './interrupt.ts';
import { modelFolder } from './model-folder.ts';
import { StatusLine, writeAnswer, writeNote } from './terminal.ts';

interface ExportFlags {
  dtype?: ExportDtype;
  tower?: string;
  json?: boolean;
}

/** `llava-mini export MODEL OUT` */
export function addExportCommand(program: Command): void {
  const command = program
    .command('export')
    .summary("write a model in the reference's layout")
    .description(
      "Writes a model with a CLIP vision tower as a folder in the published layout, which the reference's Python code reads: the way out to training on many GPUs and back (docs/training-at-scale.md). Prints the folder.",
    )
    .argument('<model>', 'folder, or ORG/NAME on the hub')
    .argument('<out>', 'folder to write; must not be there, or be empty')
    .addOption(exportedDtype())
    .option('--tower <model>', 'vision tower of a model that has none of its own: folder, or ORG/NAME in the hub cache')
    .option('--json', 'print one JSON object');
  addExamples(command, [
    ['llava-mini export ./my-model ./for-python --dtype bf16', 'write a model for training in bfloat16'],
    ['llava-mini export ./llava-1.5 ./whole --tower ./clip', 'put a model and its tower into one folder'],
  ]);
  command.action((model: string, out: string, flags: ExportFlags) =>
    interruptible(async (signal) => {
      const report = await run(model, out, flags, signal);
      for (const note of report.notes) writeNote(`note: ${note}`);
      writeAnswer(flags.json ? `${JSON.stringify(report, null, 2)}\n` : `${report.dir}\n`);
    }),
  );
}

async function run(model: string, out: string, flags: ExportFlags, signal: AbortSignal): Promise<ExportReport> {
  const dir = await modelFolder(model, signal);
  const { modelPath } = await import('../runtime/load-options.ts');
  const { exportModel } = await import('../folder/export.ts');
  const status = new StatusLine();
  status.set('exporting');
  try {
    return await exportModel(await modelPath(dir, { signal }), out, {
      dtype: flags.dtype,
      tower: flags.tower,
      signal,
      onProgress: (progress) => status.set(showExport(progress)),
      onWait: () => writeNote('another process is writing this folder: waiting for it'),
    });
  } finally {
    status.clear();
  }
}

function showExport({ bytes, totalBytes, bytesPerSecond, secondsLeft }: ExportProgress): string {
  const left = secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft)} left`;
  return `exporting: ${Math.floor((100 * bytes) / totalBytes)} % of ${formatBytes(totalBytes)}, ${formatBytes(bytesPerSecond)}/s${left}`;
}
