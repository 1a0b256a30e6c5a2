import { LlavaMiniError } from '../errors.ts';
import { abortable } from '../util/abortable.ts';
import { disposedError } from './disposed.ts';
import type { EngineApi, GenerateHooks, SeeRequest, SeeResult } from './engine-api.ts';
import type { EngineOptions } from './engine-options.ts';
import { EngineWorker } from './engine-worker.ts';
import type { GenerateRequest, GenerateResult } from './generation.ts';
import { type FromWorker, type Order, unpackError } from './protocol.ts';

type OnProgress = (done: number, all: number) => void;

interface Job {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  hooks: CallHooks;
}

interface CallHooks extends GenerateHooks {
  onProgress?: OnProgress;
}

/** A started worker and its loading. */
interface Started {
  worker: EngineWorker;
  ready: Promise<unknown>;
  loaded: boolean;
}

/**
 * The engine in a thread of its own: the caller's thread stays free. When the thread dies, its jobs fail with an
 * `engine` error and the next call starts another one. The process may exit whenever no job is pending.
 */
export class EngineClient implements EngineApi {
  private readonly options: EngineOptions;
  private readonly jobs = new Map<number, Job>();
  private started: Started | null = null;
  private lastJob = 0;
  private disposed = false;

  private constructor(options: EngineOptions) {
    this.options = options;
  }

  /** @throws what loading throws; the signal's reason */
  static async load(options: EngineOptions, onProgress?: OnProgress, signal?: AbortSignal): Promise<EngineClient> {
    const client = new EngineClient(options);
    await client.start({ onProgress, signal });
    return client;
  }

  async see(request: SeeRequest, signal?: AbortSignal): Promise<SeeResult> {
    const worker = await abortable(this.start(), signal);
    // A view of a part of a larger buffer (Node's pool) is copied.
    const whole = request.frames.flatMap(({ data: { buffer, byteLength } }) =>
      buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
    );
    return (await this.call(worker, { type: 'see', request }, { signal }, [...new Set(whole)])) as SeeResult;
  }

  async generate(request: GenerateRequest, hooks: GenerateHooks = {}): Promise<GenerateResult> {
    const worker = await abortable(this.start(), hooks.signal);
    return (await this.call(worker, { type: 'generate', request }, hooks)) as GenerateResult;
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    const { started } = this;
    this.started = null;
    this.failJobs(disposedError());
    if (!started) return;
    // One that is still loading is ended as it is: it may be gone before it could answer.
    if (started.loaded) await this.call(started.worker, { type: 'dispose' }, {}).catch(() => {});
    await started.worker.end();
  }

  /** The worker with the loaded model; made anew when there is none. */
  private async start(hooks: CallHooks = {}): Promise<EngineWorker> {
    if (this.disposed) throw disposedError();
    this.started ??= this.startWorker(hooks);
    const { worker, ready } = this.started;
    await ready;
    if (this.disposed) throw disposedError();
    return worker;
  }

  private startWorker(hooks: CallHooks): Started {
    const worker = new EngineWorker(
      (message) => this.hear(message),
      (code, cause) => {
        if (this.started?.worker === worker) this.started = null;
        this.failJobs(lostError(code, cause));
      },
    );
    const ready = this.call(worker, { type: 'load', options: this.options }, hooks);
    const started: Started = { worker, ready, loaded: false };
    ready.then(
      () => {
        started.loaded = true;
      },
      () => {
        // The next call tries anew; whoever waits for this one hears of the failure from its own promise.
        if (this.started?.worker === worker) this.started = null;
        worker.hold(false);
        void worker.end();
      },
    );
    return started;
  }

  private async call(
    worker: EngineWorker,
    order: Order,
    hooks: CallHooks,
    transfer: ArrayBuffer[] = [],
  ): Promise<unknown> {
    const { signal, finish } = hooks;
    signal?.throwIfAborted();
    const job = ++this.lastJob;
    const onAbort = (): void => {
      worker.post({ type: 'abort', job });
      this.jobs.get(job)?.reject(signal!.reason);
    };
    const onFinish = (): void => worker.post({ type: 'finish', job });
    signal?.addEventListener('abort', onAbort, { once: true });
    finish?.addEventListener('abort', onFinish, { once: true });
    worker.hold(true);
    try {
      return await new Promise((resolve, reject) => {
        this.jobs.set(job, { resolve, reject, hooks });
        worker.post({ ...order, job }, transfer);
      });
    } finally {
      this.jobs.delete(job);
      if (this.jobs.size === 0) worker.hold(false);
      signal?.removeEventListener('abort', onAbort);
      finish?.removeEventListener('abort', onFinish);
    }
  }

  private hear(message: FromWorker): void {
    const job = this.jobs.get(message.job);
    if (!job) return;
    if (message.type === 'progress') job.hooks.onProgress?.(message.done, message.all);
    else if (message.type === 'token') job.hooks.onToken?.(message.id);
    else if (message.type === 'done') job.resolve(message.result);
    else job.reject(unpackError(message.error));
  }

  private failJobs(error: LlavaMiniError): void {
    for (const { reject } of this.jobs.values()) reject(error);
  }
}

function lostError(code: number, cause: unknown): LlavaMiniError {
  const why = cause instanceof Error ? cause.message : `code ${code}`;
  return new LlavaMiniError('engine', `the engine's thread ended unexpectedly: ${why}`, {
    hint: 'ask again: the next question starts it anew. Where no thread can be started, load with engine: "inline"',
    cause,
  });
}
