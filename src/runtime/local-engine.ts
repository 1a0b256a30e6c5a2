import { disposedError } from './disposed.ts';
import { Engine } from './engine.ts';
import type { EngineApi, GenerateHooks, SeeRequest, SeeResult } from './engine-api.ts';
import type { EngineOptions } from './engine-options.ts';
import type { GenerateRequest, GenerateResult } from './generation.ts';
import { preparePictures } from './prepare.ts';
import { Scheduler } from './scheduler.ts';

/** The engine in the calling thread, which it blocks while the network runs. */
export class LocalEngine implements EngineApi {
  private readonly engine: Engine;
  private readonly scheduler: Scheduler;
  private disposed = false;

  private constructor(engine: Engine) {
    this.engine = engine;
    this.scheduler = new Scheduler(engine);
  }

  static async load(
    options: EngineOptions,
    onProgress?: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<LocalEngine> {
    return new LocalEngine(await Engine.load(options, onProgress, signal));
  }

  see(request: SeeRequest, signal?: AbortSignal): Promise<SeeResult> {
    if (this.disposed) return Promise.reject(disposedError());
    return this.scheduler.exclusive(signal, async () => {
      const check = (): void => signal?.throwIfAborted();
      const start = performance.now();
      const pixels = preparePictures(this.engine.folder, request.frames, check);
      const prepare = performance.now() - start;
      const { memory, vision, prefusion } = await this.engine.see(pixels, request.frames.length, request.id, check);
      return { memory, times: { prepare, vision, prefusion } };
    });
  }

  generate(request: GenerateRequest, hooks: GenerateHooks = {}): Promise<GenerateResult> {
    if (this.disposed) return Promise.reject(disposedError());
    return this.scheduler.generate(request, hooks);
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    this.scheduler.cancel(disposedError());
    await this.scheduler.exclusive(undefined, () => this.engine.dispose());
  }
}
