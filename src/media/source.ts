import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LlavaMiniError } from '../errors.ts';
import { abortable } from '../util/abortable.ts';
import { fileError } from '../util/atomic-file.ts';
import { dataUrlBytes } from './data-url.ts';
import { type FetchOptions, fetchMedia, MAX_REMOTE_BYTES } from './fetch.ts';
import { checkBytes, type PictureLimits } from './limits.ts';
import type { Picture } from './picture.ts';
import { collect } from './stream.ts';

/** Anything a picture can come from: a file's path, an address, bytes, a stream, or pixels. */
export type PictureSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Picture;

export interface ReadOptions {
  /** Cancels: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Follow `http:` and `https:` addresses. Off by default: the caller may not be the one who wrote them. */
  allowRemote?: boolean;
  /** Open paths and `file:` addresses (default). A server that passes on what it was sent says false. */
  allowFiles?: boolean;
  /** For addresses. */
  fetch?: FetchOptions;
}

/** Encoded bytes, and what to call them in messages. */
export interface NamedBytes {
  bytes: Uint8Array;
  name: string;
}

/**
 * The encoded bytes of a picture, never more than the limit, which is watched while they arrive.
 *
 * @throws LlavaMiniError `not-found`, `bad-image`, `image-too-large`, `bad-url`, `bad-argument`, `download`, `io`; the
 *   signal's reason
 */
export async function readBytes(
  source: Exclude<PictureSource, Picture>,
  limits: PictureLimits,
  options: ReadOptions,
): Promise<NamedBytes> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (typeof source === 'string' || source instanceof URL) return readText(String(source), limits, options);
  const name = 'the picture';
  if (source instanceof Blob) {
    checkBytes(source.size, limits);
    return { bytes: new Uint8Array(await abortable(source.arrayBuffer(), signal)), name };
  }
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    checkBytes(source.byteLength, limits);
    return { bytes: source instanceof Uint8Array ? source : new Uint8Array(source), name };
  }
  if (source instanceof ReadableStream || isAsyncIterable(source))
    return { bytes: await readStream(source, limits, signal), name };
  throw new LlavaMiniError('bad-argument', 'this is nothing that a picture can be read from', {
    hint: 'give a path, an address, bytes, a Blob, a stream, or { width, height, data } with 3 bytes a pixel',
  });
}

async function readStream(
  stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  limits: PictureLimits,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await collect(stream, (bytes) => checkBytes(bytes, limits), signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof LlavaMiniError) throw error;
    throw new LlavaMiniError('io', 'the stream with the picture broke off', { hint: 'open it again', cause: error });
  }
}

async function readText(text: string, limits: PictureLimits, options: ReadOptions): Promise<NamedBytes> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1].toLowerCase();
  if (scheme === 'data') {
    // Before anything is made of it: four characters of base64 give three bytes.
    checkBytes((text.length - text.indexOf(',')) * 0.75 - 3, limits);
    const bytes = dataUrlBytes(text);
    checkBytes(bytes.byteLength, limits);
    return { bytes, name: 'the picture in the data: address' };
  }
  if (scheme === 'http' || scheme === 'https') {
    if (!options.allowRemote)
      throw new LlavaMiniError('bad-url', 'addresses are not followed here', {
        hint: 'set allowRemote, or download the picture and give its path',
      });
    const maxBytes = Math.min(limits.maxBytes, options.fetch?.maxBytes ?? MAX_REMOTE_BYTES);
    const bytes = await fetchMedia(text, { ...options.fetch, maxBytes, signal: options.signal });
    return { bytes, name: 'the picture at this address' };
  }
  if (options.allowFiles === false)
    throw new LlavaMiniError('bad-url', 'files are not opened here', { hint: 'send the picture as a data: address' });
  const path = scheme === 'file' ? filePath(text) : text;
  // Like most file systems, no path of ours has a scheme before two slashes: it is a mistake.
  if (scheme && scheme !== 'file' && text.startsWith('//', scheme.length + 1))
    throw new LlavaMiniError('bad-url', `${scheme}: addresses are not supported`, {
      hint: 'http:, https:, data: and file: are',
    });
  return { bytes: await readFile(path, limits, options.signal), name: basename(path) };
}

function filePath(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (cause) {
    throw new LlavaMiniError('bad-url', 'the file: address names no file of this machine', {
      hint: 'give the path itself, or file:/// and an absolute path',
      cause,
    });
  }
}

/** Pipes and devices are read like files, up to the limit. */
async function readFile(path: string, limits: PictureLimits, signal?: AbortSignal): Promise<Uint8Array> {
  const name = basename(path);
  try {
    const opening = open(path);
    const file = await abortable(opening, signal).catch((error) => {
      // A pipe without a writer opens late or never.
      opening.then((late) => late.close()).catch(() => {});
      throw error;
    });
    try {
      const info = await file.stat();
      if (info.isDirectory())
        throw new LlavaMiniError('bad-image', `${path} is a folder`, { hint: 'name a picture file' });
      checkBytes(info.size, limits, name);
      const stream = file.createReadStream({ autoClose: false });
      return await collect(stream, (bytes) => checkBytes(bytes, limits, name), signal);
    } finally {
      // Closing waits for a read that may never end.
      const closing = file.close();
      if (signal?.aborted) closing.catch(() => {});
      else await closing;
    }
  } catch (error) {
    signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new LlavaMiniError('not-found', `there is no file ${path}`, {
        hint: 'check the path; relative ones begin at the folder you are in',
        cause: error,
      });
    throw fileError(error, path);
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
