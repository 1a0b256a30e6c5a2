#!/usr/bin/env node
/** @file The `llava-mini` command. Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. */
import { reportFailure } from './failure.ts';
import { createProgram } from './program.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads the answer has read enough.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// ONNX Runtime 1.30 looks through the whole command line when it starts, with regular expressions that overflow the
// stack when a question is long; and nobody asked to be counted. It reads this when a command loads it, later.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
process.stdout.write('', () => process.exit());
