import type { Command } from 'commander';
import type { WeightType } from '../runtime/sessions.ts';
import { loadedDtype } from './dtype-option.ts';
import { addExamples } from './examples.ts';
import { formatCount, formatTable } from './format.ts';
import { interruptible } from './interrupt.ts';
import { modelFolder } from './model-folder.ts';
import { showLoading, TOWER_OPTION } from './model-option.ts';
import { parseNumber, parseWhole } from './number-option.ts';
import { StatusLine, writeAnswer } from './terminal.ts';

interface EvalFlags {
  set?: string;
  limit?: number;
  strength?: number;
  size?: number;
  pictures?: string;
  threads?: number;
  dtype?: WeightType;
  tower?: string;
  json?: boolean;
}

/** `llava-mini eval [MODEL]` */
export function addEvalCommand(program: Command): void {
  const command = program
    .command('eval')
    .summary('score a model on held-out questions')
    .description(
      'Asks a model questions that it was not trained on and counts the right answers, for each kind of question. Needs the icon sets, which are development dependencies: run it in a clone after npm ci. Drawings are kept in runs/pictograms. Photographs come from the Debian package tuxpaint-stamps-default.',
    )
    .argument('[model]', 'folder, or ORG/NAME on the hub (default: nano)')
    .option(
      '--set <name>',
      'seen: scenes in the styles of the training; apple, openmoji, facebook: styles never seen; photographs: of one thing',
      'seen',
    )
    .option(
      '--limit <n>',
      'questions of each kind (default: 1000 about scenes; every drawing or photograph once)',
      parseWhole,
    )
    .option('--pictures <folder>', 'where the photographs are (default: where the package puts them)')
    .option(
      '--strength <x>',
      'how much drawings are changed, 0 to 1 (default: 0.3 in scenes, 0 in styles never seen)',
      parseNumber,
    )
    .option(
      '--size <pixels>',
      'side of drawn pictures, 16 to 4096 (default: as many as the vision tower takes)',
      parseWhole,
    )
    .option('--threads <n>', 'threads to compute with (default: one per core)', parseWhole)
    .addOption(loadedDtype())
    .option(...TOWER_OPTION)
    .option('--json', 'print one JSON object');
  addExamples(command, [
    ['llava-mini eval', 'score nano'],
    ['llava-mini eval --set apple', 'can it name drawings in a style that it never saw?'],
    ['llava-mini eval --set photographs', '269 photographs of one thing, each on a plain ground'],
    ['llava-mini eval --strength 1', 'drawings changed so strongly that people cannot tell them all either'],
    ['llava-mini eval ./my-model --limit 100', 'a quick look at another model'],
  ]);
  command.action((model: string | undefined, flags: EvalFlags) =>
    interruptible((signal) => evaluate(model, flags, signal)),
  );
}

async function evaluate(model: string | undefined, flags: EvalFlags, signal: AbortSignal): Promise<void> {
  const { evaluateModel } = await import('../eval/evaluate.ts');
  const status = new StatusLine();
  status.set('evaluating');
  const scores = await evaluateModel(await modelFolder(model, signal), {
    set: flags.set,
    limit: flags.limit,
    strength: flags.strength,
    size: flags.size,
    pictures: { folder: flags.pictures },
    threads: flags.threads,
    dtype: flags.dtype,
    tower: flags.tower,
    signal,
    onLoading: (progress) => status.set(showLoading(progress)),
    onProgress: ({ done, all }) => status.set(`evaluating: ${done} of ${all} questions`),
  }).finally(() => status.clear());
  if (flags.json) return writeAnswer(`${JSON.stringify(scores, null, 2)}\n`);
  const share = (part: number): string => `${(100 * part).toFixed(1)} %`;
  writeAnswer(
    `${formatTable([
      ['kind', 'right', 'of', ''],
      ...Object.entries(scores.kinds).map(([kind, { right, total }]) => [
        kind,
        formatCount(right),
        formatCount(total),
        share(right / total),
      ]),
      ['mean', '', '', share(scores.average)],
    ])}\n`,
  );
}
