import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly content: Uint8Array;
  /** Large files are redirected to the content server and named by SHA-256; the others come from the hub itself. */
  readonly large: boolean;
}

export interface ServedModel {
  commit: string;
  files: Map<string, ServedFile>;
  /** Needed to read it, when given. */
  token?: string;
  /** The model's new name: requests are redirected there, as the hub does. */
  movedTo?: string;
}

export interface SeenRequest {
  readonly server: 'hub' | 'cdn';
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** What a test makes the servers do instead of the right thing. */
export interface Misbehaviour {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Close the connection after so many bytes of the body. */
  cutAfter?: number;
  /** Send so many bytes of the body, then nothing more. */
  stallAfter?: number;
  ignoreRange?: boolean;
  /** Flip a bit of the content. */
  damage?: boolean;
}

/**
 * A Hugging Face hub on loopback, with a content server on another port: the model API, `resolve` with ETags and
 * linked ETags, redirects, ranges, tokens; and on demand every failure such servers have.
 */
export class HubServer {
  readonly models = new Map<string, ServedModel>();
  readonly seen: SeenRequest[] = [];
  /** Asked for every request; what it returns is done instead. */
  misbehave: (request: SeenRequest) => Misbehaviour | undefined = () => undefined;
  /** Most content requests answered at the same time. */
  mostAtOnce = 0;
  /** Bytes of content sent. */
  bytesSent = 0;
  private readonly hub: Server;
  private readonly cdn: Server;
  private active = 0;

  private constructor() {
    this.hub = createServer((request, response) => this.answer('hub', request, response));
    this.cdn = createServer((request, response) => this.answer('cdn', request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    await Promise.all(
      [server.hub, server.cdn].map((one) => new Promise<void>((done) => one.listen(0, '127.0.0.1', done))),
    );
    return server;
  }

  get endpoint(): string {
    return address(this.hub);
  }

  add(
    id: string,
    commit: string,
    files: Record<string, string | Uint8Array>,
    options: Partial<ServedModel> = {},
  ): ServedModel {
    const model: ServedModel = { commit, files: new Map(), ...options };
    for (const [name, content] of Object.entries(files)) {
      const large = /\.(safetensors|bin)$/.test(name);
      model.files.set(name, { content: typeof content === 'string' ? Buffer.from(content) : content, large });
    }
    this.models.set(id, model);
    return model;
  }

  /** Requests seen, as `hub GET /path`, filtered. */
  requests(pattern = /./): string[] {
    return this.seen
      .map(({ server, method, path }) => `${server} ${method} ${path}`)
      .filter((line) => pattern.test(line));
  }

  forget(): void {
    this.seen.length = 0;
    this.mostAtOnce = 0;
    this.bytesSent = 0;
    this.misbehave = () => undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(
      [this.hub, this.cdn].map((server) => {
        server.closeAllConnections();
        return new Promise((done) => server.close(done));
      }),
    );
  }

  private answer(server: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    const seen: SeenRequest = { server, method: request.method ?? '', path, headers: request.headers };
    this.seen.push(seen);
    const wrong = this.misbehave(seen) ?? {};
    if (wrong.status !== undefined) {
      response.writeHead(wrong.status, wrong.headers).end(wrong.body);
      return;
    }
    if (server === 'cdn') this.content(seen, wrong, response);
    else if (path.startsWith('/api/models/')) this.describe(seen, response);
    else this.resolve(seen, wrong, response);
  }

  private describe({ path, headers }: SeenRequest, response: ServerResponse): unknown {
    const found = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/?]+)(\?.*)?$/.exec(path);
    const model = found && this.models.get(found[1]);
    if (!found || !model) return refuse(response, 404, 'RepoNotFound', 'Repository not found');
    if (model.movedTo) return response.writeHead(307, { location: path.replace(found[1], model.movedTo) }).end();
    if (model.token && headers.authorization !== `Bearer ${model.token}`)
      return refuse(response, headers.authorization ? 403 : 401, 'GatedRepo', 'Access to this model is restricted');
    const siblings = [...model.files].map(([rfilename, { content, large }]) => ({
      rfilename,
      size: content.length,
      blobId: gitHash(content),
      ...(large ? { lfs: { sha256: sha256(content), size: content.length, pointerSize: 134 } } : {}),
    }));
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ id: found[1], sha: model.commit, private: false, siblings }));
  }

  private resolve(seen: SeenRequest, wrong: Misbehaviour, response: ServerResponse): unknown {
    const found = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/([^?]+)$/.exec(seen.path);
    const model = found && this.models.get(found[1]);
    if (!found || !model) return refuse(response, 404, 'RepoNotFound', 'Repository not found');
    if (model.movedTo) return response.writeHead(307, { location: seen.path.replace(found[1], model.movedTo) }).end();
    if (model.token && seen.headers.authorization !== `Bearer ${model.token}`)
      return refuse(response, 401, 'GatedRepo', 'Restricted');
    const file = model.files.get(decodeURIComponent(found[3]));
    if (!file || found[2] !== model.commit) return refuse(response, 404, 'EntryNotFound', 'Entry not found');
    const extra = { 'x-repo-commit': model.commit, ...wrong.headers };
    if (!file.large) {
      return this.send(file.content, { etag: `"${gitHash(file.content)}"`, ...extra }, seen, wrong, response);
    }
    const hash = sha256(file.content);
    response.writeHead(302, {
      location: `${address(this.cdn)}/${hash}?signature=${this.seen.length}`,
      etag: '"of-the-redirect"',
      'x-linked-etag': `"${hash}"`,
      'x-linked-size': String(file.content.length),
      ...extra,
    });
    return response.end('Found. Redirecting');
  }

  private content(seen: SeenRequest, wrong: Misbehaviour, response: ServerResponse): unknown {
    // As the real ones do: a signed address and a token together are refused.
    if (seen.headers.authorization) return refuse(response, 400, '', 'Only one auth mechanism allowed');
    const hash = seen.path.slice(1).split('?')[0];
    for (const { files } of this.models.values())
      for (const { content } of files.values())
        if (sha256(content) === hash) return this.send(content, { etag: '"cdn-own"' }, seen, wrong, response);
    return refuse(response, 404, '', 'gone');
  }

  private send(
    content: Uint8Array,
    headers: Record<string, string>,
    { method, headers: asked }: SeenRequest,
    wrong: Misbehaviour,
    response: ServerResponse,
  ): unknown {
    const range = wrong.ignoreRange ? null : /^bytes=(\d+)-(\d+)$/.exec(asked.range ?? '');
    const begin = range ? Number(range[1]) : 0;
    const end = range ? Math.min(content.length, Number(range[2]) + 1) : content.length;
    if (range && begin >= content.length) return refuse(response, 416, '', 'range');
    const body = Buffer.from(content.subarray(begin, end));
    if (wrong.damage && body.length > 0) body[body.length >> 1] ^= 1;
    response.writeHead(range ? 206 : 200, {
      'content-length': body.length,
      'accept-ranges': 'bytes',
      ...(range ? { 'content-range': `bytes ${begin}-${end - 1}/${content.length}` } : {}),
      ...headers,
    });
    if (method === 'HEAD') return response.end();
    this.active++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.active);
    response.on('close', () => this.active--);
    const part = body.subarray(0, wrong.cutAfter ?? wrong.stallAfter ?? body.length);
    this.bytesSent += part.length;
    if (part.length === body.length && wrong.cutAfter === undefined) return response.end(body);
    return response.write(part, () => wrong.cutAfter !== undefined && setTimeout(() => response.destroy(), 5));
  }
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Git's name for a content. */
export function gitHash(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function refuse(response: ServerResponse, status: number, code: string, message: string): ServerResponse {
  return response.writeHead(status, { 'x-error-code': code, 'x-error-message': message }).end(message);
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
