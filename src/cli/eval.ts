import type { Command } from 'commander';
import { addExamples } from './examples.ts';
import { formatCount, formatTable } from './format.ts';
import { interruptible } from './interrupt.ts';
import { modelFolder } from './model-folder.ts';
import { parseWhole } from './number-option.ts';
import { StatusLine, writeAnswer } from './terminal.ts';

interface EvalFlags {
  set?: string;
  limit?: number;
  json?: boolean;
}

/** `llava-mini eval [MODEL]` */
export function addEvalCommand(program: Command): void {
  const command = program
    .command('eval')
    .summary('score a model on held-out questions')
    .description(
      'Asks a model questions that it was not trained on and counts the right answers, for each kind of question.',
    )
    .argument('[model]', 'folder, or ORG/NAME on the hub (default: nano)')
    .option('--set <name>', 'which questions to ask (default: all)')
    .option('--limit <n>', 'at most so many questions of a kind', parseWhole)
    .option('--json', 'print one JSON object');
  addExamples(command, [
    ['llava-mini eval', 'score nano'],
    ['llava-mini eval ./my-model --limit 100', 'a quick look at another model'],
  ]);
  command.action((model: string | undefined, flags: EvalFlags) =>
    interruptible((signal) => evaluate(model, flags, signal)),
  );
}

async function evaluate(model: string | undefined, flags: EvalFlags, signal: AbortSignal): Promise<void> {
  const { modelPath } = await import('../runtime/load-options.ts');
  const { evaluateModel } = await import('../eval/evaluate.ts');
  const status = new StatusLine();
  status.set('evaluating');
  const scores = await evaluateModel(await modelPath(await modelFolder(model, signal)), {
    set: flags.set,
    limit: flags.limit,
    signal,
    onProgress: ({ done, all }) => status.set(`evaluating: ${done} of ${all} questions`),
  }).finally(() => status.clear());
  if (flags.json) return writeAnswer(`${JSON.stringify(scores, null, 2)}\n`);
  const kinds = Object.entries(scores.kinds);
  const sum = (of: (score: { right: number; total: number }) => number): number =>
    kinds.reduce((all, [, score]) => all + of(score), 0);
  const row = (name: string, right: number, total: number): string[] => [
    name,
    formatCount(right),
    formatCount(total),
    total ? `${((100 * right) / total).toFixed(1)} %` : '',
  ];
  writeAnswer(
    `${formatTable([
      ['kind', 'right', 'of', ''],
      ...kinds.map(([kind, { right, total }]) => row(kind, right, total)),
      row(
        'all',
        sum((s) => s.right),
        sum((s) => s.total),
      ),
    ])}\n`,
  );
}
