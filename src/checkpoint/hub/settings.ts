import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { LlavaMiniError } from '../../errors.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Where the hub and its cache are, read from the same variables as the hub's own Python package. */
export interface HubSettings {
  /** Cache folder, absolute. */
  readonly cache: string;
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly offline: boolean;
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

/**
 * Reads `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_ENDPOINT`, `HF_HUB_OFFLINE` and the
 * proxy variables. Without `HF_TOKEN` the token file that `hf auth login` writes is used.
 *
 * @throws LlavaMiniError `bad-argument` for a malformed address or token
 */
export async function hubSettings(env: Env = process.env): Promise<HubSettings> {
  const home = hubHome(env);
  return {
    cache: hubCache(env),
    endpoint: endpoint(env.HF_ENDPOINT || 'https://huggingface.co'),
    token: await token(env, home),
    offline: isYes(env.HF_HUB_OFFLINE) || isYes(env.TRANSFORMERS_OFFLINE),
    httpProxy: env.http_proxy || env.HTTP_PROXY || undefined,
    httpsProxy: env.https_proxy || env.HTTPS_PROXY || undefined,
    noProxy: env.no_proxy || env.NO_PROXY || undefined,
  };
}

/** The cache folder alone; needs neither network nor token. */
export function hubCache(env: Env = process.env): string {
  return absolute(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubHome(env), 'hub'));
}

function hubHome(env: Env): string {
  return absolute(env.HF_HOME || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'huggingface'));
}

function absolute(path: string): string {
  return resolve(path.replace(/^~(?=$|[\\/])/, homedir()));
}

function isYes(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes(value?.trim().toUpperCase() ?? '');
}

function endpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new LlavaMiniError(
      'bad-argument',
      `HF_ENDPOINT is not a plain http or https address: ${JSON.stringify(text)}`,
    );
  return url.href.replace(/\/+$/, '');
}

async function token(env: Env, home: string): Promise<string | undefined> {
  let text = env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN;
  if (!text && !isYes(env.HF_HUB_DISABLE_IMPLICIT_TOKEN))
    text = await readFile(absolute(env.HF_TOKEN_PATH || join(home, 'token')), 'utf8').catch(() => undefined);
  text = text?.trim();
  if (!text) return undefined;
  // The token itself never goes into a message.
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new LlavaMiniError('bad-argument', 'the hub token holds characters that no token has', {
      hint: 'check HF_TOKEN, or the file that HF_TOKEN_PATH names',
    });
  return text;
}
