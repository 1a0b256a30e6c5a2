import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { LlavaMiniError } from '../../errors.ts';
import { quote } from '../strict-json.ts';
import { failure, pauseOrThrow, type RetryPolicy, retryAfter } from './failure.ts';
import type { HubSettings } from './settings.ts';

const CONNECT_MS = 15_000;
/** Longest silence, before the headers or within the body, before a connection counts as cut. */
const SILENCE_MS = 30_000;
const MAX_REDIRECTS = 5;
const MAX_JSON_BYTES = 64 << 20;

export interface HubResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
  /** The address that answered, after redirects. */
  readonly url: string;
  /** Where a redirect that was not followed leads. */
  readonly location: string | undefined;
}

export interface RequestOptions {
  readonly method?: 'GET' | 'HEAD';
  /** First and last byte, inclusive. */
  readonly range?: readonly [number, number];
  /** `same-host` stops at a redirect to another host and reports it as `location`. */
  readonly follow?: 'all' | 'same-host';
  readonly signal?: AbortSignal;
}

/** HTTP to a hub: proxies, redirects, time limits, errors. The token goes to the hub's own origin and nowhere else. */
export class HubClient {
  private readonly settings: HubSettings;
  private readonly policy: RetryPolicy;
  private readonly agent: Dispatcher;
  private readonly origin: string;

  constructor(settings: HubSettings, policy: RetryPolicy, connections: number) {
    this.settings = settings;
    this.policy = policy;
    this.origin = new URL(settings.endpoint).origin;
    const options = {
      connections: Math.max(2, connections),
      connect: { timeout: CONNECT_MS },
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
    };
    const { httpProxy, httpsProxy, noProxy } = settings;
    this.agent =
      httpProxy || httpsProxy
        ? new EnvHttpProxyAgent({ ...options, httpProxy, httpsProxy: httpsProxy ?? httpProxy, noProxy: noProxy ?? '' })
        : new Agent(options);
  }

  /** Whether an address is the hub itself, not a content server it sends us to. */
  isHub(url: string): boolean {
    return new URL(url).origin === this.origin;
  }

  /** A JSON document of the hub; tries again after passing failures. */
  async json(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.retry(async () => {
      const response = await this.once(this.settings.endpoint + path, { signal });
      const text = await readText(response, signal);
      try {
        return JSON.parse(text) as unknown;
      } catch (cause) {
        throw failure(
          `${response.url} did not answer with JSON`,
          { retry: false, down: false },
          { cause, hint: 'check HF_ENDPOINT' },
        );
      }
    }, signal);
  }

  /** Runs a request again after passing failures, waiting in between. */
  async retry<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await work();
      } catch (error) {
        await pauseOrThrow(error, tried, this.policy, signal);
      }
    }
  }

  /**
   * One try. The caller must read or dump the body.
   *
   * @throws LlavaMiniError `download` or `not-found`, with traits (see failure.ts); the signal's reason
   */
  async once(address: string, options: RequestOptions = {}): Promise<HubResponse> {
    let url = address;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const response = await this.send(url, options);
      if (response.status < 300) return response;
      const target = redirect(response);
      if (!target) throw await refusal(response, this.isHub(url));
      if (options.follow === 'same-host' && new URL(target).host !== new URL(url).host)
        return { ...response, location: target };
      await response.body.dump().catch(() => {});
      url = target;
    }
    throw failure(`${address} redirects more than ${MAX_REDIRECTS} times`, { retry: false, down: false });
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async send(url: string, { method = 'GET', range, signal }: RequestOptions): Promise<HubResponse> {
    const headers: Record<string, string> = { 'user-agent': 'llava-mini', 'accept-encoding': 'identity' };
    if (range) headers.range = `bytes=${range[0]}-${range[1]}`;
    if (this.settings.token && this.isHub(url)) headers.authorization = `Bearer ${this.settings.token}`;
    try {
      const {
        statusCode,
        headers: received,
        body,
      } = await request(url, { method, headers, signal, dispatcher: this.agent });
      // Unheard errors of a body that nobody reads to its end would end the process.
      body.on('error', () => {});
      return { status: statusCode, headers: single(received), body, url, location: undefined };
    } catch (error) {
      throw connectionFailure(error, url, signal);
    }
  }
}

/** A network error as ours; the signal's own reason when it was aborted. */
export function connectionFailure(error: unknown, url: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof LlavaMiniError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code ?? '');
  return failure(
    `the connection to ${hostOf(url)} failed: ${message || code}`,
    { retry: !certificate, down: true },
    {
      cause: error,
      hint: certificate ? 'set NODE_EXTRA_CA_CERTS if your network uses its own certificates' : 'check the network',
    },
  );
}

async function readText(response: HubResponse, signal?: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_JSON_BYTES)
        throw failure(`${response.url} sent more than ${MAX_JSON_BYTES} bytes`, { retry: false, down: false });
      chunks.push(chunk);
    }
  } catch (error) {
    throw connectionFailure(error, response.url, signal);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function redirect({ status, headers, url }: HubResponse): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || !headers.location) return undefined;
  const target = URL.canParse(headers.location, url) ? new URL(headers.location, url) : undefined;
  const secure = url.startsWith('https:');
  if (!target || !(target.protocol === 'https:' || (target.protocol === 'http:' && !secure)))
    throw failure(`${hostOf(url)} redirects to an address that is refused: ${quote(headers.location)}`, {
      retry: false,
      down: false,
    });
  return target.href;
}

async function refusal({ status, headers, body, url }: HubResponse, hub: boolean): Promise<LlavaMiniError> {
  await body.dump().catch(() => {});
  const said = headers['x-error-message'] ? `: ${quote(headers['x-error-message'], 300)}` : '';
  const message = `${hostOf(url)} answered ${status} to ${new URL(url).pathname}${said}`;
  const down = status >= 500 || status === 429 || status === 408;
  const hints: Record<number, string> = {
    401: 'the model does not exist, or needs a token: set HF_TOKEN',
    403: 'this token may not read the model: accept its licence on the hub’s page, or use another HF_TOKEN',
    404: 'check the name of the model and the revision',
    429: 'too many requests: wait a while, or set HF_TOKEN',
  };
  // A content server's refusal mostly means that the signed address ran out: asking the hub for a new one helps.
  const expired = !down && !hub;
  return failure(
    message,
    {
      retry: down || expired,
      down,
      expired,
      status: hub ? status : undefined,
      wait: down ? retryAfter(headers['retry-after']) : undefined,
    },
    {
      hint: hints[status] ?? (down ? 'the server has a problem: try again later' : undefined),
    },
  );
}

function single(headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

function hostOf(url: string): string {
  return new URL(url).host;
}
