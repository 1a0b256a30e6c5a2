import { join } from 'node:path';
import { decodePicture, squarePicture } from '../media/index.ts';
import { halvesToFloats } from '../util/float16.ts';
import { foldStore } from './fold-store.ts';
import { keepPictures } from './keep-pictures.ts';
import { byPicture, imagePath, type LlavaRecord, readLlavaData } from './llava-data.ts';
import { drawCutout, loadPhotographs } from './pictograms/cutouts.ts';
import { PictureFactory } from './pictograms/picture-factory.ts';
import type { Recipe } from './pictograms/recipe.ts';
import { loadSprites } from './pictograms/sprites.ts';
import type { Scene } from './pictograms/types.ts';
import { writePlaces } from './place-code.ts';
import type { Run } from './run.ts';
import { openStore, type StageOf } from './stage-run.ts';
import { TowerRunner } from './tower-runner.ts';

/** @file Stages that make or change what is kept of pictures. */

/** Keeps what the tower makes of a stage's pictures, from the first that is missing on. */
async function keepAll<Label>(
  run: Run,
  stage: { id: string; keep: 'maps' | 'patches' },
  total: number,
  picturesFrom: (first: number) => AsyncIterable<{ picture: Uint8Array; label: Label }>,
): Promise<void> {
  const store = openStore<Label>(run, stage.id, stage.keep);
  const tower = await TowerRunner.create(run.vision, run.processor, run.weights, stage.keep, run.threads);
  const onPicture = (done: number): void => run.onPictures?.(stage.id, done, total);
  try {
    await keepPictures(picturesFrom(store.length), tower, store, onPicture, run.signal);
  } finally {
    await tower.dispose();
    store.close();
  }
}

export async function runPictures(run: Run, stage: StageOf<'pictures'>): Promise<void> {
  const sprites = await loadSprites({ ...(stage.styles ? { styles: stage.styles } : {}), signal: run.signal });
  const factory = new PictureFactory(sprites, { workers: run.workers ?? 2, ahead: 32 });
  const recipe = stage.recipe as unknown as Recipe;
  const orders = function* (first: number): Generator<{ recipe: Recipe; seed: string }> {
    for (let i = first; i < stage.count; i++) yield { recipe, seed: `${stage.seed ?? stage.id}/${i}` };
  };
  try {
    await keepAll<Scene>(run, stage, stage.count, async function* (first) {
      for await (const { picture, scene } of factory.pictures(orders(first), { signal: run.signal }))
        yield { picture, label: scene };
    });
  } finally {
    await factory.close();
  }
}

export async function runCutouts(run: Run, stage: StageOf<'cutouts'>): Promise<void> {
  const photographs = await loadPhotographs(join(run.base, stage.photographs));
  const sprites = await loadSprites({ signal: run.signal });
  await keepAll<Scene>(run, { id: stage.id, keep: 'patches' }, stage.count, async function* (first) {
    for (let i = first; i < stage.count; i++) {
      const seed = `${stage.seed ?? stage.id}/${i}`;
      const { picture, scene } = await drawCutout(photographs, sprites, run.vision.imageSize, seed);
      yield { picture, label: scene };
    }
  });
}

export async function runLlava(run: Run, stage: StageOf<'llava'>): Promise<void> {
  const pictures = byPicture(await readLlavaData(join(run.base, stage.file)));
  await keepAll<LlavaRecord[]>(run, { id: stage.id, keep: 'patches' }, pictures.length, async function* (first) {
    for (const records of pictures.slice(first)) {
      const picture = await decodePicture(imagePath(join(run.base, stage.images), records[0]), { signal: run.signal });
      yield { picture: squarePicture(picture, run.processor).data, label: records };
    }
  });
}

export async function runFold(run: Run, stage: StageOf<'fold'>): Promise<void> {
  for (const { from, to } of stage.stores) {
    const source = openStore<Scene>(run, from, 'maps');
    const target = openStore<Scene>(run, to, 'patches');
    try {
      await foldStore(
        run.vision,
        run.weights,
        source,
        target,
        (done) => run.onPictures?.(stage.id, done, source.length),
        run.signal,
      );
    } finally {
      source.close();
      target.close();
    }
  }
}

export function runPlaces(run: Run, stage: StageOf<'places'>): void {
  const store = openStore<Scene>(run, stage.store, 'patches');
  try {
    const count = Math.min(stage.pictures, store.length);
    const patches = new Uint16Array(count * store.patchValues);
    const unused = new Uint16Array(count * store.classes);
    for (let i = 0; i < count; i++) store.read(i, patches, unused, i);
    writePlaces(run.vision, run.weights, halvesToFloats(patches));
  } finally {
    store.close();
  }
}
