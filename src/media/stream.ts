import { LlavaMiniError } from '../errors.ts';
import { abortable } from '../util/abortable.ts';

/**
 * Reads a stream to its end.
 *
 * @param check called with the bytes so far, before they are kept; it throws when they are too many
 * @throws what `check` throws; LlavaMiniError `bad-argument` when the stream gives something other than bytes; the
 *   signal's reason, at once, also while the stream is silent. The stream is closed then.
 */
export async function collect(
  stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  check: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { next, cancel } = reading(stream);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await abortable(next(), signal);
      if (done) break;
      if (!(value instanceof Uint8Array))
        throw new LlavaMiniError('bad-argument', 'the stream gives something other than bytes', {
          hint: 'read it without an encoding',
        });
      length += value.byteLength;
      check(length);
      chunks.push(value);
    }
  } catch (error) {
    cancel(error);
    throw error;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

interface Reading {
  next(): Promise<{ done?: boolean; value?: unknown }>;
  cancel(reason: unknown): void;
}

function reading(stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): Reading {
  // A pending read must not keep the stream from being closed, and the iterator of a web stream would.
  if (stream instanceof ReadableStream) {
    if (stream.locked) throw new LlavaMiniError('bad-argument', 'the stream is being read by somebody else');
    const reader = stream.getReader();
    return { next: () => reader.read(), cancel: (reason) => void reader.cancel(reason).catch(() => {}) };
  }
  const iterator = stream[Symbol.asyncIterator]();
  const destroy = (stream as { destroy?: () => void }).destroy;
  return {
    next: () => iterator.next(),
    cancel: () => {
      if (typeof destroy === 'function') destroy.call(stream);
      else void iterator.return?.().catch(() => {});
    },
  };
}
