import { Worker } from 'node:worker_threads';
import { LlavaMiniError } from '../../errors.ts';
import { encodeRows, type RowsToEncode } from './encode-rows.ts';
import type { EncoderReply } from './encoder-worker.ts';

interface Job {
  resolve: (parts: Uint8Array[]) => void;
  reject: (error: unknown) => void;
}

/** Encodes rows of weights in worker threads, one job at a time each. */
export class EncoderPool {
  private readonly idle: Worker[] = [];
  private readonly all: Worker[] = [];
  private readonly jobs = new Map<Worker, Job>();
  private readonly waiting: { rows: RowsToEncode; job: Job }[] = [];
  private failure: LlavaMiniError | undefined;

  /** @param threads 0 encodes in the caller's thread */
  constructor(threads: number) {
    // The TypeScript sources (tests) cannot be started as a worker.
    if (!import.meta.url.endsWith('.js')) return;
    try {
      for (let i = 0; i < threads; i++) this.start();
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  /** See `encodeRows`, also for the errors. The values may be moved to another thread: they are gone afterwards. */
  async encode(rows: RowsToEncode): Promise<Uint8Array[]> {
    if (this.failure) throw this.failure;
    if (this.all.length === 0) return encodeRows(rows);
    return new Promise((resolve, reject) => {
      this.waiting.push({ rows, job: { resolve, reject } });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.fail(new LlavaMiniError('engine', 'the encoder is closed'));
    await Promise.all(this.all.splice(0).map((worker) => worker.terminate()));
  }

  private start(): void {
    // Flags such as --input-type are for the main program; a worker that inherits them does not start.
    const worker = new Worker(new URL('./encoder-worker.js', import.meta.url), { workerData: 'encoder', execArgv: [] });
    this.all.push(worker);
    this.idle.push(worker);
    worker.unref();
    worker.on('message', (reply: EncoderReply) => {
      const job = this.jobs.get(worker);
      this.jobs.delete(worker);
      this.idle.push(worker);
      worker.unref();
      if ('parts' in reply) job?.resolve(reply.parts);
      else job?.reject(new LlavaMiniError(reply.error.code, reply.error.message, { hint: reply.error.hint }));
      this.next();
    });
    worker.on('error', (cause) =>
      this.fail(new LlavaMiniError('engine', `a thread that encodes weights ended: ${cause}`, { cause })),
    );
  }

  private next(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) {
      const worker = this.idle.pop()!;
      const { rows, job } = this.waiting.shift()!;
      this.jobs.set(worker, job);
      worker.ref();
      const { buffer, byteLength } = rows.values;
      worker.postMessage(rows, buffer.byteLength === byteLength ? [buffer as ArrayBuffer] : []);
    }
  }

  private fail(error: LlavaMiniError): void {
    this.failure ??= error;
    for (const job of [...this.jobs.values(), ...this.waiting.splice(0).map((w) => w.job)]) job.reject(error);
    this.jobs.clear();
  }
}
