import type { Command } from 'commander';

/** Examples at the end of a command's help: what to type, and what it does. */
export function addExamples(command: Command, examples: readonly (readonly [line: string, what: string])[]): void {
  const lines = examples.flatMap(([line, what]) => [`  # ${what}`, `  ${line}`]);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
