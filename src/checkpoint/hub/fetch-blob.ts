import { LlavaMiniError } from '../../errors.ts';
import type { HubClient, HubResponse } from './client.ts';
import { connectionFailure } from './client.ts';
import { failure, pauseOrThrow, type RetryPolicy, traitsOf } from './failure.ts';
import { PartialFile, type Span } from './partial.ts';
import type { Slots } from './slots.ts';
import { type ExpectedHash, verify } from './verify.ts';

export interface BlobRequest {
  /** Name for messages. */
  readonly what: string;
  /** Where the finished content goes. */
  readonly path: string;
  readonly size: number;
  readonly hash: ExpectedHash | undefined;
  /** Address to fetch from; asked again when the one it gave is refused. */
  readonly locate: () => Promise<string>;
}

export interface FetchContext {
  readonly client: HubClient;
  readonly policy: RetryPolicy;
  /** Connections, shared by all files. */
  readonly slots: Slots;
  readonly spanBytes: number;
  readonly signal: AbortSignal | undefined;
  /** Bytes that arrived, or negative when they have to be fetched again. */
  readonly onBytes: (bytes: number) => void;
  readonly onCheck: () => void;
}

/** Thrown within this file only: the server sent the whole file when asked for a part. */
const NO_RANGES = Symbol('no ranges');

/**
 * Downloads one file in parallel ranges, going on where an earlier run stopped, and checks it.
 *
 * @throws LlavaMiniError `download` (then what arrived stays for the next run, unless it is damaged), `no-space`, `io`;
 *   the signal's reason
 */
export async function fetchBlob(blob: BlobRequest, context: FetchContext): Promise<void> {
  let partial = await PartialFile.open(blob.path, blob.size, context.spanBytes);
  try {
    try {
      await fetchSpans(partial, blob, context);
    } catch (error) {
      if (error !== NO_RANGES) throw error;
      context.onBytes(-partial.bytes);
      await partial.discard();
      partial = await PartialFile.open(blob.path, blob.size, Math.max(1, blob.size));
      await fetchSpans(partial, blob, context);
    }
  } catch (error) {
    await partial.keep();
    throw error;
  }
  context.onCheck();
  try {
    await verify(partial.content(), blob.size, blob.hash, blob.what, context.signal);
  } catch (error) {
    if (context.signal?.aborted) await partial.keep();
    else await partial.discard();
    throw error;
  }
  await partial.finish();
}

async function fetchSpans(partial: PartialFile, blob: BlobRequest, context: FetchContext): Promise<void> {
  const stop = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal;
  let url: Promise<string> | undefined;
  const address = (refused?: Promise<string>): Promise<string> => {
    if (!url || url === refused) url = blob.locate();
    return url;
  };
  const failures: unknown[] = [];
  const work = partial.spans.map((span) =>
    context.slots
      .run(async () => {
        if (!signal.aborted) await fetchSpan(span, partial, address, blob, { ...context, signal });
      })
      .catch((error) => {
        failures.push(error);
        stop.abort(error);
      }),
  );
  await Promise.all(work);
  context.signal?.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}

async function fetchSpan(
  span: Span,
  partial: PartialFile,
  address: (refused?: Promise<string>) => Promise<string>,
  blob: BlobRequest,
  context: FetchContext & { readonly signal: AbortSignal },
): Promise<void> {
  let refused: Promise<string> | undefined;
  for (let tried = 1; span.at < span.end; tried++) {
    const asked = address(refused);
    // Asking for the address has its own patience: when it fails, that is final.
    const url = await asked;
    const before = span.at;
    try {
      await receive(url, span, partial, blob, context);
    } catch (error) {
      if (error === NO_RANGES) throw error;
      if (traitsOf(error)?.expired) refused = asked;
      if (span.at > before) tried = 1;
      await pauseOrThrow(error, tried, context.policy, context.signal);
    }
  }
}

/** One connection: writes what arrives of the span. Returns only when the span is full. */
async function receive(
  url: string,
  span: Span,
  partial: PartialFile,
  blob: BlobRequest,
  { client, signal, onBytes }: FetchContext & { readonly signal: AbortSignal },
): Promise<void> {
  const whole = span.at === 0 && span.end === blob.size;
  const response = await client.once(url, { range: whole ? undefined : [span.at, span.end - 1], signal });
  let skip: number;
  try {
    skip = bytesToSkip(response, span, blob);
  } catch (error) {
    response.body.destroy();
    throw error;
  }
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      // Past the end of the span the loop goes on: only a body read to its end lets the connection be used again.
      if (span.at === span.end) break;
      const useful = chunk.subarray(Math.min(skip, chunk.length)).subarray(0, span.end - span.at);
      skip = Math.max(0, skip - chunk.length);
      if (useful.length === 0) continue;
      await partial.write(span, useful);
      onBytes(useful.length);
    }
  } catch (error) {
    throw error instanceof LlavaMiniError ? error : connectionFailure(error, url, signal);
  } finally {
    response.body.destroy();
  }
  if (span.at === span.end) return;
  throw failure(`the connection was closed ${span.end - span.at} bytes before the end of ${blob.what}`, {
    retry: true,
    down: true,
  });
}

/** Bytes of the answer that come before the ones we asked for. */
function bytesToSkip({ status, headers }: HubResponse, span: Span, { size, what }: BlobRequest): number {
  if (status === 200) {
    // A server without ranges is bearable on one connection: what we have is skipped.
    if (span.begin === 0 && span.end === size) return span.at;
    throw NO_RANGES;
  }
  const found = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  if (status === 206 && found && Number(found[1]) === span.at && (found[3] === '*' || Number(found[3]) === size))
    return 0;
  throw failure(
    `the server answered another part of ${what} than asked for (${status}, ${headers['content-range'] ?? 'no range'})`,
    {
      retry: false,
      down: false,
    },
  );
}
