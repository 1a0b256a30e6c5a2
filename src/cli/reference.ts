import type { Command } from 'commander';

const WIDTH = 100;

/** The command's manual as Markdown, made of the very texts that `--help` shows. */
export function cliReference(program: Command): string {
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const sections = [program, ...commands].map((command) => {
    const title = command === program ? program.name() : `${program.name()} ${command.name()}`;
    return `## ${title}\n\n\`\`\`text\n${helpText(command)}\n\`\`\`\n`;
  });
  return [
    '# The command line\n',
    'This page is made from the help texts by `npm run docs`; do not edit it by hand.\n',
    'Answers go to standard output and everything else to standard error. Exit codes: 0 done, 1 failed (the message says what is wrong and what to do), 2 wrong use, 130 stopped with Ctrl-C.\n',
    ...sections,
  ].join('\n');
}

function helpText(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}
