import { Worker } from 'node:worker_threads';
import { closeGate, closeGateNow, makeGate } from './native-gate.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

/** The worker's file is there when this module is compiled; run from its TypeScript source, Node could not load it. */
export const WORKER_AVAILABLE = import.meta.url.endsWith('.js');

const live = new Set<EngineWorker>();
// process.exit() ends workers wherever they are; this waits until none is where that is deadly.
const onExit = (): void => {
  for (const worker of live) worker.halt();
};

/** A worker thread for an engine, which can be ended at any time. */
export class EngineWorker {
  private readonly gate = makeGate();
  private readonly worker: Worker;
  private cause: unknown;

  /** @param onLost called when the thread ends without having been asked to */
  constructor(onMessage: (message: FromWorker) => void, onLost: (code: number, cause: unknown) => void) {
    this.worker = new Worker(new URL('./worker.js', import.meta.url), {
      execArgv: [],
      name: 'llava-mini engine',
      workerData: { gate: this.gate },
    });
    this.worker.on('message', onMessage);
    this.worker.on('error', (error) => {
      this.cause = error;
    });
    this.worker.on('exit', (code) => {
      if (this.forget()) onLost(code, this.cause);
    });
    if (live.size === 0) process.on('exit', onExit);
    live.add(this);
  }

  post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  /** Whether the process has to stay for this worker. */
  hold(needed: boolean): void {
    if (needed) this.worker.ref();
    else this.worker.unref();
  }

  async end(): Promise<void> {
    if (!live.has(this)) return;
    await closeGate(this.gate);
    this.forget();
    await this.worker.terminate();
  }

  halt(): void {
    closeGateNow(this.gate);
  }

  private forget(): boolean {
    const was = live.delete(this);
    if (was && live.size === 0) process.off('exit', onExit);
    return was;
  }
}
