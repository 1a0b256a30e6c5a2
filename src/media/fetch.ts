import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { LlavaMiniError } from '../errors.ts';
import { abortable } from '../util/abortable.ts';
import { isPublicAddress } from './address.ts';
import { hostOf, parseRemoteUrl, refused, refusedHost } from './remote-url.ts';
import { collect } from './stream.ts';

export const MAX_REMOTE_BYTES = 20_000_000;

export interface ResolvedAddress {
  address: string;
  family: number;
}

export interface FetchOptions {
  /** Cancels: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Default 20 MB. */
  maxBytes?: number;
  /** For everything together, redirects too. Default 10 s. */
  timeoutMs?: number;
  /** Default 3. */
  maxRedirects?: number;
  /**
   * Let the address lead to this machine or the local network: for an address that a person typed, never for one
   * that a server was sent. Redirects may then stay on that host, but lead to no other private one.
   */
  allowPrivate?: boolean;
  /** When given, only these hosts (and their subdomains), in redirects too. */
  allowedHosts?: readonly string[];
  /** Looks up a host name; the system's resolver by default. */
  resolve?: (host: string) => Promise<ResolvedAddress[]>;
}

/**
 * Fetches a media file from an address that somebody else may have written. The address is parsed once, by the
 * parser that is also used to connect; its host is resolved here, every address it resolves to must be public, and
 * the connection goes to the very ones that were checked. Redirects are checked in the same way. Nothing of the
 * caller's (cookies, authorisation, proxies) is sent.
 *
 * @throws LlavaMiniError `bad-url` (refused), `not-found`, `download` (failed), `image-too-large` (more bytes than
 *   allowed); the signal's reason
 */
export async function fetchMedia(address: string, options: FetchOptions = {}): Promise<Uint8Array> {
  const { timeoutMs = 10_000, maxRedirects = 3, allowPrivate = false, allowedHosts } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  options.signal?.throwIfAborted();
  let url = parseRemoteUrl(address, { allowPrivate, allowedHosts });
  const typedHost = hostOf(url);
  // Who typed a public host did not mean a private one that its name leads to a moment later.
  let isPrivate = allowPrivate;
  try {
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const mayBePrivate = isPrivate && hostOf(url) === typedHost;
      const addresses = await abortable(resolveHost(url, { ...options, allowPrivate: mayBePrivate }), signal);
      if (hop === 0) isPrivate &&= !addresses.every(({ address }) => isPublicAddress(address));
      const next = await fetchOnce(url, addresses, { ...options, signal });
      if (next instanceof Uint8Array) return next;
      if (!URL.canParse(next, url)) throw refused('it leads to a malformed one');
      const target = new URL(next, url);
      url = parseRemoteUrl(target.href, { allowPrivate: isPrivate && hostOf(target) === typedHost, allowedHosts });
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof LlavaMiniError) throw error;
    const why = timeout.aborted ? `took longer than ${timeoutMs / 1000} s` : 'could not be reached';
    throw new LlavaMiniError('download', `${url.host} ${why}`, {
      hint: 'check the address and the network, or download the picture and give its path',
      cause: error,
    });
  }
  throw new LlavaMiniError('download', `${url.host} redirects more than ${maxRedirects} times`, {
    hint: 'give the address that the redirects end at',
  });
}

/** The file, or where its server redirects to. */
async function fetchOnce(
  url: URL,
  addresses: ResolvedAddress[],
  options: FetchOptions & { signal: AbortSignal },
): Promise<Uint8Array | string> {
  const { maxBytes = MAX_REMOTE_BYTES, signal } = options;
  const dispatcher = new Agent({
    pipelining: 0,
    connect: {
      // Not a lookup: a second answer might differ from the one that was checked.
      lookup: (_host, { all }, done) => {
        if (all) done(null, addresses);
        else done(null, addresses[0].address, addresses[0].family);
      },
    },
  });
  try {
    const response = await request(url, {
      dispatcher,
      signal,
      headers: { accept: 'image/*, video/*', 'accept-encoding': 'identity', 'user-agent': 'llava-mini' },
    });
    // Closing the connection early is no error of ours, but without a listener it would end the process.
    response.body.on('error', () => {});
    return await readResponse(url, response, maxBytes, signal);
  } finally {
    await dispatcher.destroy();
  }
}

async function readResponse(
  url: URL,
  { statusCode, headers, body }: Dispatcher.ResponseData,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | string> {
  const { location } = headers;
  if ([301, 302, 303, 307, 308].includes(statusCode) && typeof location === 'string') return location;
  if (statusCode !== 200)
    throw new LlavaMiniError(
      statusCode === 404 || statusCode === 410 ? 'not-found' : 'download',
      `${url.host} answered with status ${statusCode}`,
      {
        hint: 'open the address in a browser to see what is there',
      },
    );
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new LlavaMiniError('download', `${url.host} sends the file compressed, which was not asked for`);
  const check = (bytes: number): void => {
    if (bytes > maxBytes)
      throw new LlavaMiniError('image-too-large', `${url.host} sends more than ${maxBytes} bytes`, {
        hint: 'download it, make it smaller and give its path',
      });
  };
  check(Number(headers['content-length'] ?? 0));
  return collect(body, check, signal);
}

async function resolveHost(url: URL, { allowPrivate, resolve }: FetchOptions): Promise<ResolvedAddress[]> {
  const host = hostOf(url);
  const family = isIP(host);
  const find = resolve ?? ((name: string) => lookup(name, { all: true }));
  const found = family ? [{ address: host, family }] : await find(host);
  if (found.length === 0) throw new LlavaMiniError('download', `${url.host} has no address`);
  if (!allowPrivate && !found.every(({ address }) => isPublicAddress(address))) throw refusedHost();
  return found;
}
