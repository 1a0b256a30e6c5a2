import { EXIT_CODE } from './exit-code.ts';

/** The person or the system asked the program to stop; carries the exit code that says so. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(exitCode: number = EXIT_CODE.interrupted) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

/**
 * Runs some work with a signal that Ctrl-C and SIGTERM abort. The work may still tidy up; a second Ctrl-C ends the
 * process at once.
 *
 * @throws Interrupted when the work failed after the signal was aborted; otherwise what the work throws
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (exitCode: number): void => {
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort(new Interrupted(exitCode));
  };
  const onInterrupt = (): void => stop(EXIT_CODE.interrupted);
  const onTerminate = (): void => stop(EXIT_CODE.terminated);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  }
}
