import { isIP } from 'node:net';
import { LlavaMiniError } from '../errors.ts';
import { isPublicAddress } from './address.ts';

/** Ports that pictures are served from. */
const PORTS = ['', '80', '443', '8080', '8443'];

export interface UrlRules {
  /** Let private addresses and any port through. */
  allowPrivate: boolean;
  /** When given, only these hosts and their subdomains. */
  allowedHosts?: readonly string[];
}

/**
 * Parses an address and checks what can be checked without the network. The URL that comes back is the one to
 * connect to: nothing may parse the text a second time.
 *
 * @throws LlavaMiniError `bad-url`
 */
export function parseRemoteUrl(address: string, { allowPrivate, allowedHosts }: UrlRules): URL {
  // Browsers read a backslash as a slash and drop tabs and line ends; others do not. What is read in two ways has no
  // business here.
  if (/[\\\s]/.test(address.trim())) throw refused('it has a backslash or white space in it');
  if (!URL.canParse(address)) throw refused('it is malformed');
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(`${url.protocol} is not http: or https:`);
  if (url.username || url.password) throw refused('it has a user name or password');
  const host = hostOf(url);
  if (allowedHosts && !allowedHosts.some((h) => host === h.toLowerCase() || host.endsWith(`.${h.toLowerCase()}`)))
    throw refused('its host is not among the allowed ones');
  if (!allowPrivate) {
    if (!PORTS.includes(url.port)) throw refused(`port ${url.port} is not one that pictures come from`);
    if (isIP(host) && !isPublicAddress(host)) throw refusedHost();
  }
  return url;
}

/** The host to look up: without the brackets of IPv6 and the dot at the end of a full name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

export function refused(why: string): LlavaMiniError {
  return new LlavaMiniError('bad-url', `the address is refused: ${why}`, {
    hint: 'use a plain public http: or https: address',
  });
}

/** One message for all of them, so that it tells nothing about the local network. */
export function refusedHost(): LlavaMiniError {
  return refused('its host is not on the public internet');
}
