import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { fileError, writeFileAtomic } from '../../util/atomic-file.ts';

/** A range of a file that one connection fetches. */
export interface Span {
  readonly begin: number;
  readonly end: number;
  /** Position up to which the bytes are there. */
  at: number;
}

/**
 * A file on its way: the bytes in `<blob>.llava-mini.incomplete`, which of them are there in a `.json` beside it. It has
 * a name of its own because Python's `<blob>.incomplete` is always a plain prefix, and this is not.
 */
export class PartialFile {
  readonly spans: readonly Span[];
  private readonly path: string;
  private readonly blob: string;
  private readonly size: number;
  private readonly handle: FileHandle;
  private saving: Promise<void> = Promise.resolve();
  private savedAt = 0;

  private constructor(blob: string, size: number, handle: FileHandle, spans: readonly Span[]) {
    this.blob = blob;
    this.path = partialPath(blob);
    this.size = size;
    this.handle = handle;
    this.spans = spans;
  }

  /** Opens what an earlier run left, or starts anew in spans of `spanBytes`. */
  static async open(blob: string, size: number, spanBytes: number): Promise<PartialFile> {
    const path = partialPath(blob);
    try {
      const old = await readSpans(blob, size);
      if (old) return new PartialFile(blob, size, await open(path, 'r+'), old);
      const spans: Span[] = [];
      for (let begin = 0; begin < size; begin += spanBytes)
        spans.push({ begin, end: Math.min(size, begin + spanBytes), at: begin });
      await rm(`${path}.json`, { force: true });
      return new PartialFile(blob, size, await open(path, 'w+'), spans);
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /** Bytes an earlier run left for this blob. */
  static async found(blob: string, size: number): Promise<number> {
    return sum((await readSpans(blob, size)) ?? []);
  }

  get bytes(): number {
    return sum(this.spans);
  }

  async write(span: Span, bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, span.at);
        done += bytesWritten;
        span.at += bytesWritten;
      }
    } catch (error) {
      throw fileError(error, this.path);
    }
    if (Date.now() - this.savedAt > 1000) {
      this.savedAt = Date.now();
      this.save();
    }
  }

  /** The content from its begin, in steps; one buffer is used for all of them. */
  async *content(): AsyncGenerator<Uint8Array> {
    const step = new Uint8Array(Math.min(4 << 20, Math.max(1, this.size)));
    for (let at = 0; at < this.size; ) {
      const { bytesRead } = await this.handle
        .read(step, 0, Math.min(step.length, this.size - at), at)
        .catch((error) => {
          throw fileError(error, this.path);
        });
      if (bytesRead === 0) return;
      yield step.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  /** Becomes the blob. */
  async finish(): Promise<void> {
    try {
      await this.saving.catch(() => {});
      await this.handle.truncate(this.size);
      await this.handle.sync();
      await this.handle.close();
      await rename(this.path, this.blob);
      await rm(`${this.path}.json`, { force: true });
    } catch (error) {
      throw fileError(error, this.blob);
    }
  }

  /** Stops, keeping what is there for the next run. */
  async keep(): Promise<void> {
    if (this.bytes === 0) return this.discard();
    this.save();
    await this.saving.catch(() => {});
    await this.handle.close().catch(() => {});
  }

  /** Stops and removes everything. */
  async discard(): Promise<void> {
    await this.saving.catch(() => {});
    await this.handle.close().catch(() => {});
    await Promise.all([this.path, `${this.path}.json`].map((path) => rm(path, { force: true }).catch(() => {})));
  }

  private save(): void {
    const state = JSON.stringify({ size: this.size, spans: this.spans.map(({ begin, end, at }) => [begin, end, at]) });
    // A failure to note the progress costs only the progress.
    this.saving = this.saving.then(() => writeFileAtomic(`${this.path}.json`, state)).catch(() => {});
  }
}

function partialPath(blob: string): string {
  return `${blob}.llava-mini.incomplete`;
}

function sum(spans: readonly Span[]): number {
  return spans.reduce((total, { begin, at }) => total + at - begin, 0);
}

/** The spans of an earlier run, if they make sense: whole file covered, and the bytes they claim exist. */
async function readSpans(blob: string, size: number): Promise<Span[] | undefined> {
  const path = partialPath(blob);
  try {
    const state = JSON.parse(await readFile(`${path}.json`, 'utf8')) as {
      size: unknown;
      spans: [number, number, number][];
    };
    const handle = await open(path, 'r');
    const { size: there } = await handle.stat().finally(() => handle.close());
    const spans = state.spans.map(([begin, end, at]): Span => ({ begin, end, at }));
    let covered = 0;
    for (const { begin, end, at } of spans) {
      if (begin !== covered || !(end > begin) || !(at >= begin && at <= end) || (at > begin && at > there))
        return undefined;
      covered = end;
    }
    return state.size === size && covered === size ? spans : undefined;
  } catch {
    return undefined;
  }
}
