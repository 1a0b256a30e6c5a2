#!/usr/bin/env node
/** @file The `llava-mini` command. Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. */
import { reportFailure } from './failure.ts';
import { createProgram } from './program.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads the answer has read enough.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(
    error,
    program.commands.flatMap(({ options }) => options),
  );
}
process.stdout.write('', () => process.exit());
