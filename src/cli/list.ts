import type { Command } from 'commander';
import { addExamples } from './examples.ts';
import { formatBytes, formatTable } from './format.ts';
import { writeAnswer, writeNote } from './terminal.ts';

/** `llava-mini list` */
export function addListCommand(program: Command): void {
  const command = program
    .command('list')
    .summary('list downloaded models')
    .description('Lists the models in the cache of the Hugging Face hub, whichever program downloaded them.')
    .option('--json', 'print one JSON array');
  addExamples(command, [['llava-mini list', 'what is there, and how much space it takes']]);
  command.action(async (flags: { json?: boolean }) => {
    const { hubCache, listModels } = await import('../checkpoint/hub/index.ts');
    const models = await listModels();
    if (flags.json) return writeAnswer(`${JSON.stringify(models, null, 2)}\n`);
    if (models.length === 0) return writeNote(`there is no model in ${hubCache()}`);
    const rows = models.flatMap(({ id, bytes, snapshots }) =>
      (snapshots.length ? snapshots : [null]).map((snapshot, i) => [
        i === 0 ? id : '',
        i === 0 ? formatBytes(bytes) : '',
        snapshot?.refs.join(', ') || snapshot?.commit.slice(0, 8) || '',
        snapshot?.modelType ?? '',
        snapshot?.complete ? 'complete' : 'incomplete',
      ]),
    );
    writeAnswer(`${formatTable([['model', 'size', 'revision', 'type', 'state'], ...rows])}\n`);
  });
}
