import type { Command } from 'commander';
import { addExamples } from './examples.ts';
import { interruptible } from './interrupt.ts';
import { parseWhole } from './number-option.ts';
import { writeNote } from './terminal.ts';
import { TrainProgress } from './train-progress.ts';

interface TrainFlags {
  device: string;
  threads?: number;
  workers?: number;
  saveEvery?: number;
  until?: string;
}

/** `llava-mini train CONFIG` */
export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .summary('train a model')
    .description(
      'Trains a model as a plan says. It may be stopped at any time: the same command goes on from the last saved state, as if it had never stopped. Pictures are drawn from development dependencies: run it in a clone after npm ci.',
    )
    .argument('<config>', 'plan of the run, a JSON file')
    .option('--device <device>', 'where to compute: cpu or webgpu', 'cpu')
    .option('--threads <n>', 'threads to compute with (default: one per core, at most 8)', parseWhole)
    .option('--workers <n>', 'threads that draw pictures and make batches beside that (default: 2)', parseWhole)
    .option('--save-every <s>', 'seconds between saved states (default: 150)', parseWhole)
    .option('--until <stage>', 'stop after this stage');
  addExamples(command, [
    [
      'llava-mini train training/nano-v21.json',
      'train nano further (docs/training.md says what to fetch first), or go on where an earlier call stopped',
    ],
    ['llava-mini train my-run.json --device webgpu', 'train on a graphics card'],
  ]);
  command.action(async (config: string, flags: TrainFlags) => {
    const { device, threads, workers, saveEvery, until } = flags;
    if (device !== 'cpu' && device !== 'webgpu') return command.error(`error: unknown device ${device}: cpu or webgpu`);
    const progress = new TrainProgress();
    await interruptible(async (signal) => {
      const { trainFromConfig } = await import('../train/train.ts');
      try {
        await trainFromConfig(config, {
          signal,
          device,
          threads,
          workers,
          saveEvery,
          until,
          onProgress: (state) => progress.show(state),
          onPictures: (stage, done, total) => progress.showPictures(stage, done, total),
          onLog: (text) => progress.note(text),
        });
      } finally {
        progress.end();
      }
    });
    writeNote('the training is complete');
  });
}
