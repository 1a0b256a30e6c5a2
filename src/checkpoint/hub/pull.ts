import { join } from 'node:path';
import { LlavaMiniError } from '../../errors.ts';
import { fileSize, ModelCache, makeFolder } from './cache.ts';
import { HubClient } from './client.ts';
import { checkSpace } from './disk-space.ts';
import { failure, PATIENT, type RetryPolicy, traitsOf } from './failure.ts';
import { fetchBlob } from './fetch-blob.ts';
import { type HubFile, type HubListing, listFiles } from './listing.ts';
import { withLock } from './lock.ts';
import { blobName, checkModelId, checkRevision, folderOf, isCommit } from './names.ts';
import { PartialFile } from './partial.ts';
import { ProgressMeter, type PullProgress } from './progress.ts';
import { type Env, type HubSettings, hubSettings } from './settings.ts';
import { forAll, Slots } from './slots.ts';
import { expectedHash } from './verify.ts';

export interface PullOptions {
  /** Branch, tag or commit. Default `main`. */
  readonly revision?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
  /** Things the user should know that are no errors: hub down, another process downloading. */
  readonly onWarning?: (message: string) => void;
  /** Instead of `process.env`. */
  readonly env?: Env;
  /** Connections at once, over all files. Default 8. */
  readonly connections?: number;
  /** Bytes that one connection fetches at a time. Default 16 MiB. */
  readonly spanBytes?: number;
  readonly retry?: Partial<RetryPolicy>;
}

/**
 * Makes a model of the hub available locally and gives its folder, downloading only what the cache lacks. The cache is
 * the one of the hub's own Python package: what is there already is used, what we fetch is there for others.
 *
 * With a commit as revision that was pulled before, or with `HF_HUB_OFFLINE`, a complete copy is used without asking
 * the hub; when the hub is down, it is used with a warning.
 *
 * @returns the snapshot's folder
 * @throws LlavaMiniError `bad-argument` (name, settings), `not-found`, `download`, `no-space`, `bad-model`, `io`;
 *   the signal's reason. What arrived so far stays for the next call.
 */
export async function pullModel(id: string, options: PullOptions = {}): Promise<string> {
  const { signal, onWarning } = options;
  const revision = checkRevision(options.revision ?? 'main');
  const settings = await hubSettings(options.env);
  const cache = new ModelCache(settings.cache, checkModelId(id));
  signal?.throwIfAborted();
  const local = await cache.complete(revision);
  if (settings.offline) {
    if (local) return local;
    throw new LlavaMiniError('not-found', `${id} (${revision}) is not complete in the cache ${settings.cache}`, {
      hint: 'HF_HUB_OFFLINE forbids downloading it: unset it, or copy the model there',
    });
  }
  if (local && isCommit(revision) && (await cache.isWhole(revision))) return local;
  const policy: RetryPolicy = { ...PATIENT, ...(local ? { tries: 2 } : {}), ...options.retry };
  const client = new HubClient(settings, policy, options.connections ?? 8);
  try {
    const listing = await listFiles(client, id, revision, signal);
    await new Pull({ id, listing, cache, settings, client, policy, options }).run();
    await cache.setWhole(listing.commit);
    await cache.setRef(revision, listing.commit);
    return cache.snapshot(listing.commit);
  } catch (error) {
    signal?.throwIfAborted();
    if (!local || !traitsOf(error)?.down) throw error;
    onWarning?.(`the hub cannot be used (${(error as Error).message}); going on with the copy in the cache`);
    return local;
  } finally {
    await client.close();
  }
}

/** A file that the cache lacks, and what the hub says about it. */
interface Wanted {
  readonly file: HubFile;
  readonly blob: string;
  readonly size: number;
  /** First address the content can be had from. */
  readonly url: string;
}

/** What one call of `pullModel` works with. */
interface PullContext {
  readonly id: string;
  readonly listing: HubListing;
  readonly cache: ModelCache;
  readonly settings: HubSettings;
  readonly client: HubClient;
  readonly policy: RetryPolicy;
  readonly options: PullOptions;
}

class Pull {
  private readonly on: PullContext;

  constructor(context: PullContext) {
    this.on = context;
  }

  async run(): Promise<void> {
    if ((await this.missing()).length === 0) return;
    const { signal, onWarning } = this.on.options;
    const lock = join(this.on.settings.cache, '.locks', folderOf(this.on.id), 'llava-mini.lock');
    const onWait = (): void => onWarning?.(`another process is downloading ${this.on.id}: waiting for it`);
    await withLock(lock, { signal, onWait }, async () => {
      await makeFolder(join(this.on.cache.root, 'blobs'));
      const slots = new Slots(this.on.options.connections ?? 8);
      const wanted = await forAll(await this.missing(), (file) => slots.run(() => this.ask(file)));
      await this.download(wanted, slots);
    });
  }

  /** Files that the snapshot does not have, or not in the right size. */
  private async missing(): Promise<HubFile[]> {
    const dir = this.on.cache.snapshot(this.on.listing.commit);
    const sizes = await Promise.all(this.on.listing.files.map(({ name }) => fileSize(join(dir, ...name.split('/')))));
    return this.on.listing.files.filter(
      ({ size }, i) => sizes[i] === undefined || (size !== undefined && sizes[i] !== size),
    );
  }

  /** The hub's description of one file: hash, size, and where its content is. */
  private async ask(file: HubFile): Promise<Wanted> {
    const { commit } = this.on.listing;
    const what = `${file.name} of ${this.on.id}`;
    const path = [...this.on.id.split('/'), 'resolve', commit, ...file.name.split('/')]
      .map(encodeURIComponent)
      .join('/');
    const { headers, url, location } = await this.on.client.retry(async () => {
      const response = await this.on.client.once(`${this.on.settings.endpoint}/${path}`, {
        method: 'HEAD',
        follow: 'same-host',
        signal: this.on.options.signal,
      });
      await response.body.dump().catch(() => {});
      return response;
    }, this.on.options.signal);
    if (headers['x-repo-commit'] && headers['x-repo-commit'] !== commit)
      throw failure(`the hub sent ${what} from another commit than asked for`, { retry: false, down: false });
    const blob = blobName(headers['x-linked-etag'] ?? headers.etag, what);
    const told = headers['x-linked-size'] ?? (location ? undefined : headers['content-length']);
    const size = told !== undefined && /^\d{1,15}$/.test(told) ? Number(told) : file.size;
    if (size === undefined) throw failure(`the hub does not tell the size of ${what}`, { retry: false, down: false });
    if (
      (file.size !== undefined && size !== file.size) ||
      (file.sha256 && /^[0-9a-f]{64}$/.test(blob) && blob !== file.sha256)
    )
      throw failure(
        `the hub contradicts itself about ${what}: ${file.size} or ${size} bytes, ${file.sha256} or ${blob}`,
        {
          retry: false,
          down: false,
        },
      );
    return { file, blob, size, url: location ?? url };
  }

  private async download(wanted: readonly Wanted[], slots: Slots): Promise<void> {
    // Two names may share one content.
    const contents = new Map<string, Wanted>();
    for (const one of wanted)
      if ((await fileSize(this.on.cache.blob(one.blob))) !== one.size) contents.set(one.blob, one);
    const blobs = [...contents.values()];
    const total = blobs.reduce((sum, { size }) => sum + size, 0);
    let found = 0;
    for (const { blob, size } of blobs) found += await PartialFile.found(this.on.cache.blob(blob), size);
    await checkSpace(this.on.settings.cache, total - found, this.on.id);
    const meter = new ProgressMeter(total, this.on.options.onProgress);
    meter.found(found);
    const stop = new AbortController();
    const signal = this.on.options.signal ? AbortSignal.any([this.on.options.signal, stop.signal]) : stop.signal;
    // Small files first: the configuration is there early, and a wrong one costs little.
    blobs.sort((a, b) => a.size - b.size);
    await forAll(
      blobs,
      async (one) => {
        await this.fetch(one, meter, slots, signal);
        for (const { file, blob } of wanted)
          if (blob === one.blob) await this.on.cache.place(this.on.listing.commit, file.name, blob);
      },
      (error) => stop.abort(error),
    );
    for (const { file, blob } of wanted)
      if (!contents.has(blob)) await this.on.cache.place(this.on.listing.commit, file.name, blob);
    if (blobs.length > 0) meter.end(blobs[blobs.length - 1].file.name);
  }

  private async fetch(one: Wanted, meter: ProgressMeter, slots: Slots, signal: AbortSignal): Promise<void> {
    let known: string | undefined = one.url;
    await fetchBlob(
      {
        what: `${one.file.name} of ${this.on.id}`,
        path: this.on.cache.blob(one.blob),
        size: one.size,
        hash: expectedHash(one.file, one.blob),
        locate: async () => {
          const url = known ?? (await this.ask(one.file)).url;
          known = undefined;
          return url;
        },
      },
      {
        client: this.on.client,
        policy: this.on.policy,
        slots,
        spanBytes: this.on.options.spanBytes ?? 16 << 20,
        signal,
        onBytes: (bytes) => meter.add(bytes, one.file.name),
        onCheck: () => meter.checking(one.file.name),
      },
    );
  }
}
