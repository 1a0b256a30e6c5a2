import type { Command } from 'commander';
import { addExamples } from './examples.ts';
import { interruptible } from './interrupt.ts';
import { writeNote } from './terminal.ts';
import { TrainProgress } from './train-progress.ts';

/** `llava-mini train CONFIG` */
export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .summary('train a model')
    .description(
      'Trains a model as a configuration file says. It may be stopped at any time: the same command goes on from the last saved state, as if it had never stopped.',
    )
    .argument('<config>', 'configuration of the run, a JSON file')
    .option('--device <device>', 'where to compute: cpu or webgpu', 'cpu');
  addExamples(command, [
    ['llava-mini train run.json', 'train, or go on where an earlier call stopped'],
    ['llava-mini train run.json --device webgpu', 'train on a graphics card'],
  ]);
  command.action(async (config: string, flags: { device: string }) => {
    const { device } = flags;
    if (device !== 'cpu' && device !== 'webgpu') return command.error(`error: unknown device ${device}: cpu or webgpu`);
    const progress = new TrainProgress();
    await interruptible(async (signal) => {
      const { trainFromConfig } = await import('../train/train.ts');
      try {
        await trainFromConfig(config, {
          signal,
          device,
          onProgress: (state) => progress.show(state),
          onLog: (text) => progress.note(text),
        });
      } finally {
        progress.end();
      }
    });
    writeNote('the training is complete');
  });
}
