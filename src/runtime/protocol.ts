import { type ErrorCode, LlavaMiniError } from '../errors.ts';
import type { SeeRequest } from './engine-api.ts';
import type { EngineOptions } from './engine-options.ts';
import type { GenerateRequest } from './generation.ts';

/** Work for the engine's worker. */
export type Order =
  | { type: 'load'; options: EngineOptions }
  | { type: 'see'; request: SeeRequest }
  | { type: 'generate'; request: GenerateRequest }
  | { type: 'dispose' };

/** What the worker is told. Jobs are numbered by the caller. */
export type ToWorker =
  | (Order & { job: number })
  /** Stops a job; nothing more is said about it. */
  | { type: 'abort'; job: number }
  /** Ends an answer at what it has. */
  | { type: 'finish'; job: number };

/** What the worker says. */
export type FromWorker =
  | { type: 'progress'; job: number; done: number; all: number }
  | { type: 'token'; job: number; id: number }
  | { type: 'done'; job: number; result: unknown }
  | { type: 'failed'; job: number; error: ErrorData };

/** An error between threads: structured clones lose our class and its fields. */
export interface ErrorData {
  code: ErrorCode | undefined;
  message: string;
  hint: string | undefined;
  stack: string | undefined;
}

export function packError(error: unknown): ErrorData {
  const known = error instanceof LlavaMiniError ? error : undefined;
  return {
    code: known?.code,
    message: error instanceof Error ? error.message : String(error),
    hint: known?.hint,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** What was no error of ours is a fault of the engine. */
export function unpackError({ code, message, hint, stack }: ErrorData): LlavaMiniError {
  const error = new LlavaMiniError(code ?? 'engine', message, hint === undefined ? {} : { hint });
  if (stack) error.stack = stack;
  return error;
}
