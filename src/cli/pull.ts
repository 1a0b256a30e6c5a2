import type { Command } from 'commander';
import { addExamples } from './examples.ts';
import { interruptible } from './interrupt.ts';
import { showPull } from './pull-progress.ts';
import { StatusLine, writeAnswer, writeNote } from './terminal.ts';

/** `llava-mini pull MODEL` */
export function addPullCommand(program: Command): void {
  const command = program
    .command('pull')
    .summary('download a model')
    .description(
      "Downloads a model of the Hugging Face hub into the hub's own cache and prints its folder. What is there already, even from Python, is not fetched again; an interrupted download goes on where it stopped. HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE are respected.",
    )
    .argument('<model>', 'name of the model, such as ORG/NAME')
    .option('--revision <name>', 'branch, tag or commit', 'main');
  addExamples(command, [
    ['llava-mini pull ICTNLP/llava-mini-llama-3.1-8b', 'download the published model (19 GB)'],
    ['llava-mini pull ORG/NAME --revision v1.0', 'download a certain version'],
  ]);
  command.action((model: string, flags: { revision: string }) =>
    interruptible(async (signal) => {
      const { pullModel } = await import('../checkpoint/hub/index.ts');
      const status = new StatusLine();
      status.set(`looking for ${model}`);
      const dir = await pullModel(model, {
        revision: flags.revision,
        signal,
        onProgress: (progress) => status.set(showPull(progress)),
        onWarning: (message) => {
          status.clear();
          writeNote(`warning: ${message}`);
        },
      }).finally(() => status.clear());
      writeAnswer(`${dir}\n`);
    }),
  );
}
