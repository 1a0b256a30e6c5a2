import { CommanderError, type Option } from 'commander';
import { type ErrorCode, LlavaMiniError } from '../errors.ts';
import { EXIT_CODE } from './exit-code.ts';
import { Interrupted } from './interrupt.ts';
import { writeNote } from './terminal.ts';

/** What to do about an error that does not say so itself. */
const USUAL_HINTS: Partial<Record<ErrorCode, string>> = {
  'not-found': 'check the name; relative paths begin at the folder you are in',
  'bad-argument': 'llava-mini help COMMAND shows what is possible',
  'bad-data': 'docs/training.md describes the files that training reads',
  'bad-url': 'give a path, or an http or https address',
  'bad-image': 'JPEG, PNG, WebP and GIF pictures are read; open it in a viewer to see whether it is whole',
  'image-too-large': 'make the picture smaller',
  'bad-model': 'download or copy the model again',
  'bad-checkpoint': 'download or copy the model again',
  'prompt-too-long': 'ask a shorter question',
  'out-of-memory': 'use a smaller model, or close other programs',
  'no-space': 'free some disk space',
  io: 'check the permissions and the disk',
  download: 'check the network and try again',
};

/**
 * Says on stderr what went wrong and what to do about it; returns the exit code.
 *
 * @param options by which the library's own are called here
 */
export function reportFailure(error: unknown, options: readonly Option[] = []): number {
  if (error instanceof Interrupted) return error.exitCode;
  // Commander has written its own message; asking for help or the version is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODE.usage;
  if (error instanceof LlavaMiniError) {
    writeNote(`error: ${error.code === 'bad-argument' ? named(error.message, options) : error.message}`);
    const hint = error.hint ?? USUAL_HINTS[error.code];
    if (hint) writeNote(`hint: ${hint}`);
  } else {
    writeNote(`error: ${error instanceof Error ? error.message : String(error)}`);
    writeNote('hint: this should not happen; please report it with what LLAVA_MINI_DEBUG=1 prints');
  }
  if (process.env.LLAVA_MINI_DEBUG && error instanceof Error) {
    writeNote(error.stack ?? '');
    if (error.cause instanceof Error) writeNote(`caused by ${error.cause.stack}`);
  }
  return EXIT_CODE.failure;
}

/** `maxTokens must be …`, as the library says it, becomes `--max-tokens must be …`. */
function named(message: string, options: readonly Option[]): string {
  return message.replace(
    /^(\w+)(?= must be )/,
    (name) => options.find((option) => option.attributeName() === name)?.long ?? name,
  );
}
