import { open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { type FetchOptions, fetchMedia } from './fetch.ts';
import { checkBytes, type PictureLimits } from './limits.ts';
import type { Picture } from './picture.ts';

/** Anything a picture can come from: a file's path, an address, bytes, or pixels. */
export type PictureSource = string | URL | Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array> | Picture;

export interface ReadOptions {
  signal?: AbortSignal;
  /** Follow `http:` and `https:` addresses (off by default: the caller may not be the one who wrote them). */
  allowRemote?: boolean;
  fetch?: FetchOptions;
}

/** The encoded bytes of a picture, never more than the limit. */
export async function readBytes(
  source: Exclude<PictureSource, Picture>,
  limits: PictureLimits,
  options: ReadOptions,
): Promise<Uint8Array> {
  options.signal?.throwIfAborted();
  if (source instanceof Uint8Array) return checked(source, limits);
  if (source instanceof ArrayBuffer) return checked(new Uint8Array(source), limits);
  if (source instanceof Blob) {
    checkBytes(source.size, limits);
    return new Uint8Array(await source.arrayBuffer());
  }
  if (source instanceof ReadableStream) return readStream(source, limits, options.signal);
  if (typeof source !== 'string' && !(source instanceof URL))
    throw new LlavaMiniError('bad-argument', 'a picture must be a path, an address, bytes, a Blob, a stream or pixels');
  const text = String(source);
  if (/^data:/i.test(text)) return dataUrl(text, limits);
  if (/^https?:/i.test(text)) {
    if (!options.allowRemote)
      throw new LlavaMiniError('bad-url', 'addresses are not followed here', {
        hint: 'set allowRemote to follow them',
      });
    return fetchMedia(text, { maxBytes: limits.maxBytes, ...options.fetch, signal: options.signal });
  }
  if (/^file:/i.test(text)) return readFile(fileURLToPath(text), limits, options.signal);
  return readFile(text, limits, options.signal);
}

async function readFile(path: string, limits: PictureLimits, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    const info = await stat(path);
    if (info.isDirectory())
      throw new LlavaMiniError('bad-image', `${path} is a folder`, { hint: 'name a picture file' });
    checkBytes(info.size, limits);
    const file = await open(path);
    try {
      return checked(await file.readFile({ signal }), limits);
    } finally {
      await file.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(error, path);
  }
}

async function readStream(
  stream: ReadableStream<Uint8Array>,
  limits: PictureLimits,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
    signal?.throwIfAborted();
    bytes += chunk.byteLength;
    checkBytes(bytes, limits);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function dataUrl(text: string, limits: PictureLimits): Uint8Array {
  const comma = text.indexOf(',');
  if (comma < 0) throw new LlavaMiniError('bad-url', 'the data: address has no comma');
  checkBytes((text.length - comma) * 0.75 - 3, limits);
  const body = text.slice(comma + 1);
  if (!/;base64$/i.test(text.slice(0, comma))) {
    try {
      return Uint8Array.from(decodeURIComponent(body), (c) => c.charCodeAt(0));
    } catch {
      throw new LlavaMiniError('bad-url', 'the data: address is badly encoded');
    }
  }
  if (!/^[A-Za-z0-9+/_\s-]*={0,2}\s*$/.test(body))
    throw new LlavaMiniError('bad-url', 'the data: address is not base64');
  return Buffer.from(body, 'base64');
}

function checked(bytes: Uint8Array, limits: PictureLimits): Uint8Array {
  checkBytes(bytes.byteLength, limits);
  return bytes;
}
