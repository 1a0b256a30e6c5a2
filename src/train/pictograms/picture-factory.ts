import { Worker } from 'node:worker_threads';
import { LlavaMiniError } from '../../errors.ts';
import { abortable } from '../../util/abortable.ts';
import { PictureMaker } from './recipe.ts';
import type { RenderedScene } from './render.ts';
import type { SpriteSource, StoredSprites } from './sprites.ts';
import type { PictureOrder, WorkerReply, WorkerRequest } from './worker.ts';

export type { PictureOrder } from './worker.ts';

export interface PictureFactoryOptions {
  /** Threads that draw; 0 draws in the caller's thread. Default 1. */
  workers?: number;
  /** Pictures made before they are asked for, at most; default four a worker. */
  ahead?: number;
}

/** Pictures in the making on one worker. */
interface Desk {
  worker: Worker;
  waiting: Map<number, { resolve: (made: RenderedScene) => void; reject: (error: unknown) => void }>;
  failure: Error | undefined;
}

/**
 * Draws pictures in worker threads and hands them out in the order in which they were asked for. What is on them
 * depends on recipe and seed alone, not on the number of workers.
 */
export class PictureFactory {
  private readonly desks: Desk[] = [];
  private readonly ahead: number;
  private readonly inProcess: PictureMaker | null;
  private next = 0;
  private closed = false;

  /**
   * @throws LlavaMiniError `bad-argument` for a negative or broken number of workers, or for workers without sprites
   * that {@link loadSprites} opened from files.
   */
  constructor(sprites: SpriteSource, options: PictureFactoryOptions = {}) {
    const workers = options.workers ?? 1;
    const ahead = options.ahead ?? Math.max(1, workers * 4);
    if (!Number.isInteger(workers) || workers < 0 || workers > 256)
      throw new LlavaMiniError('bad-argument', `number of drawing workers must be 0 to 256, not ${workers}`);
    if (!Number.isInteger(ahead) || ahead < 1)
      throw new LlavaMiniError('bad-argument', `pictures made ahead must be 1 or more, not ${ahead}`);
    this.ahead = ahead;
    // The TypeScript sources (tests) cannot be started as a worker: there the caller's thread draws.
    const compiled = import.meta.url.endsWith('.js');
    if (workers === 0 || !compiled) {
      this.inProcess = new PictureMaker(sprites);
      return;
    }
    this.inProcess = null;
    if (!('files' in sprites))
      throw new LlavaMiniError('bad-argument', 'worker threads need sprites kept in files', {
        hint: 'open them with loadSprites, or use 0 workers',
      });
    const { files } = sprites as StoredSprites;
    for (let i = 0; i < workers; i++) this.desks.push(openDesk(files));
  }

  /**
   * Pictures for these orders, one after the other. No more than `ahead` are begun before they are fetched.
   *
   * @throws the signal's reason when aborted; LlavaMiniError of the first picture that cannot be drawn.
   */
  async *pictures(
    orders: Iterable<PictureOrder>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<RenderedScene, void, undefined> {
    const { signal } = options;
    const begun: Promise<RenderedScene>[] = [];
    const iterator = orders[Symbol.iterator]();
    let exhausted = false;
    try {
      while (true) {
        signal?.throwIfAborted();
        while (!exhausted && begun.length < (this.inProcess === null ? this.ahead : 1)) {
          const order = iterator.next();
          if (order.done) exhausted = true;
          else {
            const made = this.draw(order.value);
            // Handled when its turn comes; until then it must not count as unhandled.
            made.catch(() => {});
            begun.push(made);
          }
        }
        const first = begun.shift();
        if (first === undefined) return;
        yield await abortable(first, signal);
      }
    } finally {
      if (!exhausted) iterator.return?.();
    }
  }

  /** One picture. */
  draw(order: PictureOrder): Promise<RenderedScene> {
    if (this.closed) return Promise.reject(new LlavaMiniError('bad-argument', 'the picture factory is closed'));
    if (this.inProcess !== null) {
      const maker = this.inProcess;
      // Through the event loop, so that timers and signals get their turn between pictures.
      return new Promise((resolve, reject) => {
        setImmediate(() => {
          try {
            resolve(maker.make(order.recipe, order.seed));
          } catch (error) {
            reject(error);
          }
        });
      });
    }
    const desk = this.desks.reduce((least, other) => (other.waiting.size < least.waiting.size ? other : least));
    if (desk.failure !== undefined) return Promise.reject(desk.failure);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      desk.waiting.set(id, { resolve, reject });
      const request: WorkerRequest = { id, order };
      desk.worker.ref();
      desk.worker.postMessage(request);
    });
  }

  /** Stops the workers; pictures not yet fetched are lost. */
  async close(): Promise<void> {
    this.closed = true;
    const desks = this.desks.splice(0);
    await Promise.all(desks.map(({ worker }) => worker.terminate()));
  }
}

function openDesk(files: StoredSprites['files']): Desk {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { pictograms: files } });
  // Only open orders keep the process alive.
  worker.unref();
  const desk: Desk = { worker, waiting: new Map(), failure: undefined };
  worker.on('message', (reply: WorkerReply) => {
    const order = desk.waiting.get(reply.id);
    desk.waiting.delete(reply.id);
    if (desk.waiting.size === 0) worker.unref();
    if (order === undefined) return;
    if ('error' in reply) {
      const { code, message, hint } = reply.error;
      order.reject(new LlavaMiniError(code, message, hint === undefined ? {} : { hint }));
    } else order.resolve({ picture: reply.picture, scene: reply.scene });
  });
  const fail = (cause: unknown) => {
    desk.failure ??= new LlavaMiniError('engine', 'a picture worker has stopped', { cause });
    for (const { reject } of desk.waiting.values()) reject(desk.failure);
    desk.waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', fail);
  return desk;
}
