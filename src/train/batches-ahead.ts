import { Worker } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import type { BatchOrder, BatchReply, SentBatch } from './batch-worker.ts';
import type { StepInput } from './loop.ts';
import type { Run } from './run.ts';
import type { StageOf } from './stage-run.ts';
import type { BatchTensors } from './step-runner.ts';

/** Steps that each thread has before it. */
const DEPTH = 2;

/**
 * Makes the batches of the next steps in threads of their own, while the engine is busy with this one. What is in a
 * step depends on the plan's seed and the step alone, so it is what `stepBatches` would have made.
 */
export class BatchesAhead {
  private readonly workers: Worker[];
  private readonly waiting = new Map<number, Promise<StepInput[]>>();
  private readonly settle = new Map<number, { resolve: (made: StepInput[]) => void; reject: (error: Error) => void }>();
  private readonly end: number;
  private failure: Error | null = null;

  private constructor(order: BatchOrder, count: number, end: number) {
    this.end = end;
    this.workers = Array.from({ length: count }, () => this.start(order));
  }

  /** Null where there is nothing to gain: no threads are wanted, or the TypeScript sources run (tests). */
  static open(run: Run, stage: StageOf<'naming' | 'answers'>): BatchesAhead | null {
    const count = run.workers ?? 2;
    if (count === 0 || !import.meta.url.endsWith('.js')) return null;
    const order = { plan: run.path, stage: stage.id };
    return new BatchesAhead(order, count, stage.steps);
  }

  /** The batches of a step. Steps must be asked for in order. */
  readonly draw = (step: number): Promise<StepInput[]> => {
    const last = Math.min(this.end, step + DEPTH * this.workers.length);
    for (let ahead = step; ahead < last; ahead++) if (!this.waiting.has(ahead)) this.order(ahead);
    const made = this.waiting.get(step) as Promise<StepInput[]>;
    this.waiting.delete(step);
    return made;
  };

  async close(): Promise<void> {
    this.failure ??= new LlavaMiniError('bad-argument', 'no more batches: the stage is over');
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private order(step: number): void {
    const made = new Promise<StepInput[]>((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.settle.set(step, { resolve, reject });
      this.workers[step % this.workers.length].postMessage(step);
    });
    // Handled when its turn comes; until then it must not count as unhandled.
    made.catch(() => {});
    this.waiting.set(step, made);
  }

  private start(order: BatchOrder): Worker {
    const worker = new Worker(new URL('./batch-worker.js', import.meta.url), { workerData: { batches: order } });
    worker.on('message', (reply: BatchReply) => {
      if ('error' in reply) {
        const { code, message, hint } = reply.error;
        return this.fail(new LlavaMiniError(code, message, { hint }));
      }
      this.settle.get(reply.step)?.resolve(reply.batches.map(received));
      this.settle.delete(reply.step);
    });
    const stopped = (cause: unknown): void =>
      this.fail(new LlavaMiniError('engine', 'a thread that makes batches has stopped', { cause }));
    worker.on('error', stopped).on('exit', stopped);
    return worker;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.settle.values()) reject(this.failure);
    this.settle.clear();
  }
}

function received({ graph, samples, tensors }: SentBatch): StepInput {
  const made: BatchTensors = {};
  for (const [name, { type, data, dims }] of Object.entries(tensors))
    made[name] = new ort.Tensor(type, data as Float32Array, dims) as ort.Tensor;
  return { graph, samples, tensors: made };
}
