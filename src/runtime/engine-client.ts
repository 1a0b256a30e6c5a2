import { Worker } from 'node:worker_threads';
import { LlavaMiniError } from '../errors.ts';
import type { EngineApi, GenerateHooks, SeeRequest, SeeResult } from './engine-api.ts';
import type { EngineOptions } from './engine-options.ts';
import type { GenerateRequest, GenerateResult } from './generation.ts';
import { type FromWorker, type ToWorker, unpackError } from './protocol.ts';

/** The worker's file is there when this module is compiled; run from its TypeScript source, Node could not load it. */
export const WORKER_AVAILABLE = import.meta.url.endsWith('.js');

interface Job {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  onToken?: (id: number) => void;
  onProgress?: (done: number, all: number) => void;
}

type Order = { type: 'load'; options: EngineOptions } | { type: 'see'; request: SeeRequest };
type Call = Order | { type: 'generate'; request: GenerateRequest } | { type: 'dispose' };

/**
 * The engine in a thread of its own: the caller's thread stays free. When the worker dies, its jobs fail with an
 * `engine` error and the next call starts another one. The process may exit whenever no job is pending.
 */
export class EngineClient implements EngineApi {
  private readonly options: EngineOptions;
  private worker: Worker | null = null;
  private ready: Promise<unknown> | null = null;
  private readonly jobs = new Map<number, Job>();
  private lastJob = 0;
  private disposed = false;

  private constructor(options: EngineOptions) {
    this.options = options;
  }

  /** @throws what loading throws; the signal's reason */
  static async load(
    options: EngineOptions,
    onProgress?: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<EngineClient> {
    const client = new EngineClient(options);
    try {
      await client.start(onProgress, signal);
    } catch (error) {
      await client.stop();
      throw error;
    }
    return client;
  }

  async see(request: SeeRequest, signal?: AbortSignal): Promise<SeeResult> {
    await this.start();
    const transfer = request.frames.flatMap(({ data: { buffer } }) =>
      buffer instanceof ArrayBuffer ? [buffer] : [],
    );
    return (await this.call({ type: 'see', request }, { transfer: [...new Set(transfer)], signal })) as SeeResult;
  }

  async generate(request: GenerateRequest, hooks: GenerateHooks = {}): Promise<GenerateResult> {
    await this.start();
    return (await this.call({ type: 'generate', request }, hooks)) as GenerateResult;
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    if (this.worker) await this.call({ type: 'dispose' }, {}).catch(() => {});
    await this.stop();
  }

  /** Makes sure that a worker with the model is there. */
  private async start(onProgress?: (done: number, all: number) => void, signal?: AbortSignal): Promise<void> {
    if (this.disposed) throw new LlavaMiniError('bad-argument', 'the model was disposed of');
    if (!this.worker) {
      const worker = new Worker(new URL('./worker.js', import.meta.url), { execArgv: [], name: 'llava-mini engine' });
      this.worker = worker;
      let cause: unknown;
      worker.on('message', (message: FromWorker) => this.hear(message));
      worker.on('error', (error) => {
        cause = error;
      });
      worker.on('exit', (code) => this.lose(worker, code, cause));
      this.ready = this.call({ type: 'load', options: this.options }, { onProgress, signal });
      this.ready.catch(() => {
        // The next call shall try anew; whoever waits for this one hears of it below.
        if (this.worker === worker) this.worker = null;
        void worker.terminate();
      });
    }
    await this.ready;
  }

  private call(
    order: Call,
    hooks: GenerateHooks & { transfer?: ArrayBuffer[]; onProgress?: (done: number, all: number) => void },
  ): Promise<unknown> {
    const { transfer = [], signal, finish, onToken, onProgress } = hooks;
    const worker = this.worker;
    if (!worker) return Promise.reject(this.lost());
    if (signal?.aborted) return Promise.reject(signal.reason);
    const job = ++this.lastJob;
    const post = (message: ToWorker, list: ArrayBuffer[] = []): void => worker.postMessage(message, list);
    const abort = (): void => {
      const pending = this.jobs.get(job);
      this.end(job);
      post({ type: 'abort', job });
      pending?.reject(signal!.reason);
    };
    const finishJob = (): void => post({ type: 'finish', job });
    return new Promise((resolve, reject) => {
      this.jobs.set(job, { resolve, reject, onToken, onProgress });
      worker.ref();
      signal?.addEventListener('abort', abort, { once: true });
      finish?.addEventListener('abort', finishJob, { once: true });
      try {
        post({ ...order, job }, transfer);
      } catch (cause) {
        this.end(job);
        reject(new LlavaMiniError('engine', `cannot send work to the engine: ${(cause as Error).message}`, { cause }));
      }
    }).finally(() => {
      signal?.removeEventListener('abort', abort);
      finish?.removeEventListener('abort', finishJob);
    });
  }

  private hear(message: FromWorker): void {
    const job = this.jobs.get(message.job);
    if (!job) return;
    switch (message.type) {
      case 'progress':
        job.onProgress?.(message.done, message.all);
        return;
      case 'token':
        job.onToken?.(message.id);
        return;
      case 'done':
        this.end(message.job);
        job.resolve(message.result);
        return;
      default:
        this.end(message.job);
        job.reject(unpackError(message.error));
    }
  }

  private end(job: number): void {
    this.jobs.delete(job);
    if (this.jobs.size === 0) this.worker?.unref();
  }

  private lose(worker: Worker, code: number, cause: unknown): void {
    if (this.worker !== worker) return;
    this.worker = null;
    const pending = [...this.jobs.values()];
    this.jobs.clear();
    for (const { reject } of pending) reject(this.lost(code, cause));
  }

  private lost(code?: number, cause?: unknown): LlavaMiniError {
    const why = cause instanceof Error ? `: ${cause.message}` : code === undefined ? '' : ` (code ${code})`;
    return new LlavaMiniError('engine', `the engine's thread ended unexpectedly${why}`, {
      hint: 'ask again: the next question starts it anew. Where threads cannot be started, load with engine: "inline"',
      cause,
    });
  }

  private async stop(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    this.jobs.clear();
    await worker?.terminate();
  }
}
