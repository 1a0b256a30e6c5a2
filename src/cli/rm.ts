import type { Command } from 'commander';
import { addExamples } from './examples.ts';
import { formatBytes } from './format.ts';
import { interruptible } from './interrupt.ts';
import { writeNote } from './terminal.ts';

/** `llava-mini rm MODEL…` */
export function addRemoveCommand(program: Command): void {
  const command = program
    .command('rm')
    .summary('remove downloaded models')
    .description(
      'Removes models with all their revisions from the cache of the Hugging Face hub, for every program that shares it. Conversions of them stay in ~/.cache/llava-mini/converted: delete their folders there.',
    )
    .argument('<models...>', 'names of the models, such as ORG/NAME');
  addExamples(command, [['llava-mini rm ORG/NAME', 'free its space']]);
  command.action((models: string[]) =>
    interruptible(async (signal) => {
      const { removeModel } = await import('../checkpoint/hub/index.ts');
      for (const model of models) {
        const bytes = await removeModel(model, { signal });
        writeNote(`removed ${model}: ${formatBytes(bytes)} are free`);
      }
    }),
  );
}
