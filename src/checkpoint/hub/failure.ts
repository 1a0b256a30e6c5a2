import { setTimeout as sleep } from 'node:timers/promises';
import { LlavaMiniError } from '../../errors.ts';

/** What the download code needs to know about a failed request, beside the error that the user sees. */
export interface FailureTraits {
  /** Trying again may help. */
  readonly retry: boolean;
  /** The hub cannot be reached or cannot answer; the request itself was not refused. */
  readonly down: boolean;
  /** Milliseconds the server asks to wait. */
  readonly wait?: number;
  readonly status?: number;
  /** A content server refused an address it was given by the hub: most likely the signature ran out. */
  readonly expired?: boolean;
}

const traits = new WeakMap<LlavaMiniError, FailureTraits>();

/** A failed download, with what decides whether to try again. */
export function failure(
  message: string,
  about: FailureTraits,
  options: { hint?: string; cause?: unknown } = {},
): LlavaMiniError {
  const code = about.status === 404 ? 'not-found' : 'download';
  const error = new LlavaMiniError(code, message, options);
  traits.set(error, about);
  return error;
}

/** What `failure` was told of an error that it made. */
export function traitsOf(error: unknown): FailureTraits | undefined {
  return error instanceof LlavaMiniError ? traits.get(error) : undefined;
}

/** `Retry-After` as milliseconds: seconds, or a date. */
export function retryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** How often, and after what pauses, a request is tried again. */
export interface RetryPolicy {
  /** Tries without any success before giving up. */
  readonly tries: number;
  /** First pause in milliseconds; it doubles each time, up to 30 s. */
  readonly pause: number;
  /** Longest wait in milliseconds that a server may impose; beyond it we give up at once. */
  readonly longest: number;
}

export const PATIENT: RetryPolicy = { tries: 5, pause: 500, longest: 120_000 };

/**
 * Pauses before the next try, or throws the error when there is to be none.
 *
 * @param tried tries made so far without success
 */
export async function pauseOrThrow(
  error: unknown,
  tried: number,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const about = traitsOf(error);
  if (!about?.retry || tried >= policy.tries || (about.wait ?? 0) > policy.longest) throw error;
  // Up to a quarter more, so that many clients do not come back at the same moment.
  const pause = Math.min(policy.pause * 2 ** (tried - 1), 30_000) * (1 + Math.random() / 4);
  await wait(Math.max(about.wait ?? 0, pause), signal);
}

/** Waits; throws the signal's own reason when it is aborted. */
export async function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
