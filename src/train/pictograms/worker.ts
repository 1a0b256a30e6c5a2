import { parentPort, workerData } from 'node:worker_threads';
import { LlavaMiniError } from '../../errors.ts';
import { PictureMaker, type Recipe } from './recipe.ts';
import { openSprites, type SpriteFiles } from './sprites.ts';
import type { Scene } from './types.ts';

/** One picture to make. */
export interface PictureOrder {
  recipe: Recipe;
  seed: string;
}

export interface WorkerRequest {
  id: number;
  order: PictureOrder;
}

export type WorkerReply =
  | { id: number; picture: Uint8Array; scene: Scene }
  | { id: number; error: { code: LlavaMiniError['code']; message: string; hint: string | undefined } };

// Loaded as a module by tests too: only a worker thread of the factory listens.
if (parentPort !== null && isOurs(workerData)) serve(parentPort, workerData.pictograms);

function isOurs(data: unknown): data is { pictograms: SpriteFiles } {
  return typeof data === 'object' && data !== null && 'pictograms' in data;
}

function serve(port: NonNullable<typeof parentPort>, files: SpriteFiles): void {
  const maker = new PictureMaker(openSprites(files));
  port.on('message', ({ id, order }: WorkerRequest) => {
    try {
      const { picture, scene } = maker.make(order.recipe, order.seed);
      const reply: WorkerReply = { id, picture, scene };
      port.postMessage(reply, [picture.buffer as ArrayBuffer]);
    } catch (error) {
      const { code, message, hint } =
        error instanceof LlavaMiniError
          ? error
          : new LlavaMiniError('engine', `cannot draw picture ${order.seed}: ${(error as Error)?.message ?? error}`);
      const reply: WorkerReply = { id, error: { code, message, hint } };
      port.postMessage(reply);
    }
  });
}
