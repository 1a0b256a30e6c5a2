import { createRequire } from 'node:module';
import { Command } from 'commander';
import { addAskCommand } from './ask.ts';
import { addChatCommand } from './chat.ts';
import { addConvertCommand } from './convert.ts';
import { addEvalCommand } from './eval.ts';
import { addExamples } from './examples.ts';
import { addExportCommand } from './export.ts';
import { addInfoCommand } from './info.ts';
import { addListCommand } from './list.ts';
import { addPullCommand } from './pull.ts';
import { addRemoveCommand } from './rm.ts';
import { addSynthCommand } from './synth.ts';
import { addTrainCommand } from './train.ts';

/** The whole command line. Errors of use are thrown as CommanderError, never by ending the process. */
export function createProgram(): Command {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const program = new Command('llava-mini')
    .description('Answers questions about pictures, with one vision token per picture.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show how to use it')
    .helpCommand('help [command]', 'show how to use a command')
    .showHelpAfterError('(add --help to see how it is used)')
    .exitOverride();
  addAskCommand(program);
  addChatCommand(program);
  addInfoCommand(program);
  addPullCommand(program);
  addListCommand(program);
  addRemoveCommand(program);
  addConvertCommand(program);
  addExportCommand(program);
  addSynthCommand(program);
  addTrainCommand(program);
  addEvalCommand(program);
  addExamples(program, [
    ['llava-mini ask cat.jpg "What is in the picture?"', 'ask about a picture'],
    ['llava-mini chat cat.jpg', 'talk about a picture'],
    ['llava-mini help ask', 'see all that a command can do'],
  ]);
  return program;
}
