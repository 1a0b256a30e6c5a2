import { join } from 'node:path';
import { decodePicture, type ImageProcessor, squarePicture } from '../media/index.ts';
import { halvesToFloats } from '../util/float16.ts';
import { foldStore } from './fold-store.ts';
import { keepPictures } from './keep-pictures.ts';
import { imagePath, type LlavaRecord, readLlavaData } from './llava-data.ts';
import { drawCutout, loadPhotographs } from './pictograms/cutouts.ts';
import { PictureFactory } from './pictograms/picture-factory.ts';
import type { Recipe } from './pictograms/recipe.ts';
import { loadSprites } from './pictograms/sprites.ts';
import type { Scene } from './pictograms/types.ts';
import { writePlaces } from './place-code.ts';
import { openStore, type StageOf } from './stage-run.ts';
import { TowerRunner } from './tower-runner.ts';
import type { Run } from './train.ts';

/** @file Stages that make or change what is kept of pictures. */

export async function runPictures(run: Run, stage: StageOf<'pictures'>): Promise<void> {
  const store = openStore<Scene>(run, stage.id, stage.keep);
  const sprites = await loadSprites({ ...(stage.styles ? { styles: stage.styles } : {}), signal: run.signal });
  const factory = new PictureFactory(sprites, { workers: run.workers ?? 2, ahead: 32 });
  const tower = await TowerRunner.create(run.vision, run.weights, stage.keep, run.threads);
  const seed = stage.seed ?? stage.id;
  const recipe = stage.recipe as unknown as Recipe;
  const orders = function* (): Generator<{ recipe: Recipe; seed: string }> {
    for (let i = store.length; i < stage.count; i++) yield { recipe, seed: `${seed}/${i}` };
  };
  const labelled = async function* () {
    for await (const { picture, scene } of factory.pictures(orders(), { signal: run.signal }))
      yield { picture, label: scene };
  };
  try {
    await keepPictures(labelled(), tower, store, (done) => run.onPictures?.(stage.id, done, stage.count), run.signal);
  } finally {
    await factory.close();
    await tower.dispose();
    store.close();
  }
}

export async function runCutouts(run: Run, stage: StageOf<'cutouts'>): Promise<void> {
  const photographs = await loadPhotographs(join(run.base, stage.photographs));
  const sprites = await loadSprites({ signal: run.signal });
  const store = openStore<Scene>(run, stage.id, 'patches');
  const tower = await TowerRunner.create(run.vision, run.weights, 'patches', run.threads);
  const labelled = async function* () {
    for (let i = store.length; i < stage.count; i++) {
      const seed = `${stage.seed ?? stage.id}/${i}`;
      const { picture, scene } = await drawCutout(photographs, sprites, run.vision.imageSize, seed);
      yield { picture, label: scene };
    }
  };
  try {
    await keepPictures(labelled(), tower, store, (done) => run.onPictures?.(stage.id, done, stage.count), run.signal);
  } finally {
    await tower.dispose();
    store.close();
  }
}

export async function runLlava(run: Run, stage: StageOf<'llava'>): Promise<void> {
  const records = await readLlavaData(join(run.base, stage.file));
  const store = openStore<LlavaRecord>(run, stage.id, 'patches');
  const tower = await TowerRunner.create(run.vision, run.weights, 'patches', run.threads);
  const processor: ImageProcessor = {
    size: run.vision.imageSize,
    mean: [127 / 255, 127 / 255, 127 / 255],
    std: [128 / 255, 128 / 255, 128 / 255],
    rescaleFactor: 1 / 255,
    aspect: run.config.imageAspect,
  };
  const labelled = async function* () {
    for (const item of records.slice(store.length)) {
      const picture = await decodePicture(imagePath(join(run.base, stage.images), item), { signal: run.signal });
      yield { picture: squarePicture(picture, processor).data, label: item };
    }
  };
  try {
    await keepPictures(
      labelled(),
      tower,
      store,
      (done) => run.onPictures?.(stage.id, done, records.length),
      run.signal,
    );
  } finally {
    await tower.dispose();
    store.close();
  }
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
