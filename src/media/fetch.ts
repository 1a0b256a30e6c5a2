import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Agent, request } from 'undici';
import { LlavaMiniError } from '../errors.ts';
import { isPublicAddress } from './address.ts';

export interface FetchOptions {
  signal?: AbortSignal;
  maxBytes?: number;
  /** For the whole download. Default 10 s. */
  timeoutMs?: number;
  maxRedirects?: number;
  /** Allow addresses of this machine and the local network: for a person's own command line, never for a server. */
  allowPrivate?: boolean;
  /** When given, only these hosts (and their subdomains). */
  allowedHosts?: readonly string[];
}

/**
 * Fetches a media file from an address that somebody else may have written. The address is parsed once, by the
 * parser that is also used to connect; its host is resolved here, every resolved address must be public, and the
 * connection goes to the very address that was checked. Redirects are checked in the same way.
 *
 * @throws LlavaMiniError `bad-url` (refused), `download` (failed), `image-too-large` (more bytes than allowed)
 */
export async function fetchMedia(address: string, options: FetchOptions = {}): Promise<Uint8Array> {
  const { maxBytes = 20 << 20, timeoutMs = 10_000, maxRedirects = 3 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  let url = checkedUrl(address, options);
  try {
    for (let hop = 0; ; hop++) {
      const pinned = await resolvePublic(url, options);
      const dispatcher = new Agent({
        connect: {
          lookup: (_host, lookupOptions, done) => {
            if (lookupOptions.all) done(null, [pinned]);
            else done(null, pinned.address, pinned.family);
          },
        },
      });
      try {
        const response = await request(url, { dispatcher, signal, headers: { accept: 'image/*,video/*' } });
        const { statusCode, headers, body } = response;
        if (statusCode >= 300 && statusCode < 400 && headers.location) {
          body.destroy();
          if (hop >= maxRedirects) throw new LlavaMiniError('download', `${url.host} redirects too often`);
          url = checkedUrl(new URL(String(headers.location), url).href, options);
          continue;
        }
        if (statusCode !== 200) {
          body.destroy();
          throw new LlavaMiniError('download', `${url.host} answered ${statusCode}`, { hint: 'check the address' });
        }
        const chunks: Uint8Array[] = [];
        let bytes = 0;
        for await (const chunk of body) {
          bytes += chunk.length;
          if (bytes > maxBytes)
            throw new LlavaMiniError('image-too-large', `${url.host} sends more than ${maxBytes} bytes`);
          chunks.push(chunk);
        }
        return Buffer.concat(chunks);
      } finally {
        await dispatcher.destroy();
      }
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof LlavaMiniError) throw error;
    const why = timeout.aborted ? `took longer than ${timeoutMs / 1000} s` : 'could not be fetched';
    throw new LlavaMiniError('download', `${url.host} ${why}`, {
      hint: 'check the address and the network',
      cause: error,
    });
  }
}

function checkedUrl(address: string, options: FetchOptions): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new LlavaMiniError('bad-url', 'the address is malformed');
  }
  const refuse = (why: string): never => {
    throw new LlavaMiniError('bad-url', `the address is refused: ${why}`, { hint: 'use a plain public https address' });
  };
  if (/[\\\s]/.test(address.trim())) refuse('it has a backslash or white space');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse(`${url.protocol} is not http or https`);
  if (url.username || url.password) refuse('it has a user name');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (options.allowedHosts && !options.allowedHosts.some((h) => host === h || host.endsWith(`.${h}`)))
    refuse(`${host} is not among the allowed hosts`);
  if (!options.allowPrivate) {
    if (url.port && !['80', '443', '8080', '8443'].includes(url.port)) refuse(`port ${url.port}`);
    if (isIP(host) && !isPublicAddress(host)) refuse(`${host} is not a public address`);
  }
  return url;
}

async function resolvePublic(url: URL, options: FetchOptions): Promise<{ address: string; family: number }> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const found = isIP(host) ? [{ address: host, family: isIP(host) }] : await lookup(host, { all: true });
  if (found.length === 0) throw new LlavaMiniError('download', `${host} has no address`);
  if (!options.allowPrivate && !found.every(({ address }) => isPublicAddress(address)))
    throw new LlavaMiniError('bad-url', `the address is refused: ${host} is on a private network`);
  return found[0];
}
