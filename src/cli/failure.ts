import { CommanderError } from 'commander';
import { LlavaMiniError } from '../errors.ts';
import { EXIT_CODE } from './exit-code.ts';
import { Interrupted } from './interrupt.ts';
import { writeNote } from './terminal.ts';

/** Says on stderr what went wrong and what to do about it; returns the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  // Commander has written its own message; asking for help or the version is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODE.usage;
  if (error instanceof LlavaMiniError) {
    writeNote(`error: ${error.message}`);
    if (error.hint) writeNote(`hint: ${error.hint}`);
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
