import { afterAll, beforeAll } from 'vitest';
import { LlavaMini, type LoadOptions } from '../../src/index.ts';
import { type TinyModel, writeTinyModel } from './tiny-model.ts';

/** Loads a folder with the engine in this thread. */
export const loadInline = (dir: string, options: LoadOptions = {}): Promise<LlavaMini> =>
  LlavaMini.load(dir, { threads: 1, engine: 'inline', ...options });

/** Gives a file's tests a tiny model, loaded before the first and gone after the last. */
export function useTinyModel(take: (model: LlavaMini, tiny: TinyModel) => void): void {
  let tiny: TinyModel | undefined;
  let model: LlavaMini | undefined;
  beforeAll(async () => {
    tiny = await writeTinyModel();
    model = await loadInline(tiny.dir);
    take(model, tiny);
  });
  afterAll(async () => {
    await model?.dispose();
    await tiny?.remove();
  });
}
