import type { Command } from 'commander';

const WIDTH = 100;

const ENVIRONMENT = `## Environment

| variable | what it does |
|---|---|
| \`LLAVA_MINI_CACHE\` | folder for converted models (default: \`llava-mini\` in \`XDG_CACHE_HOME\` or \`~/.cache\`) |
| \`LLAVA_MINI_DEBUG=1\` | prints where an error came from |
| \`HF_HUB_CACHE\`, \`HF_HOME\`, \`XDG_CACHE_HOME\` | where downloaded models are |
| \`HF_TOKEN\`, \`HF_TOKEN_PATH\`, \`HF_HUB_DISABLE_IMPLICIT_TOKEN\` | the hub's token, its file, not to use that file |
| \`HF_ENDPOINT\`; \`HF_HUB_OFFLINE\`, \`TRANSFORMERS_OFFLINE\` | another hub; never ask it |
| \`HTTP_PROXY\`, \`HTTPS_PROXY\`, \`NO_PROXY\` | for downloads from the hub; pictures' addresses use no proxy |
| \`ORT_DISABLE_TELEMETRY\` | set to 1 unless it is set |
`;

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
    'Answers go to standard output and everything else to standard error. Exit codes: 0 done, 1 failed (the message says what is wrong and what to do), 2 wrong use, 130 stopped with Ctrl-C, 143 stopped with SIGTERM.\n',
    ...sections,
    ENVIRONMENT,
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
