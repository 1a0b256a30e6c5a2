import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { decodePicture, type ImageProcessor, squarePicture } from '../media/index.ts';
import type { LookupHeads } from '../model/lookup-loss.ts';
import type { PatchHeads } from '../model/training.ts';
import { foldedWidth } from '../model/vision/efficientnet-lite.ts';
import { TextTokenizer } from '../text/index.ts';
import { writeFileAtomic } from '../util/atomic-file.ts';
import { halvesToFloats } from '../util/float16.ts';
import { attributeWords, classSource, patchWords, sceneSource, wordTable } from './answer-sources.ts';
import { ClassExamples } from './class-examples.ts';
import { tokenizerCorpus } from './corpus.ts';
import { FeatureStore } from './feature-store.ts';
import { foldStore } from './fold-store.ts';
import { keepPictures } from './keep-pictures.ts';
import { imagePath, type LlavaRecord, llavaSource, readLlavaData } from './llava-data.ts';
import type { LoopOptions } from './loop.ts';
import { matchHeads } from './match-heads.ts';
import { conceptOf, namedConcepts } from './pictograms/concepts.ts';
import { lookupClasses } from './pictograms/lookup-types.ts';
import {
  nothingClass,
  PATCH_ATTRIBUTES,
  type PatchAttribute,
  patchAttribute,
  patchClassCount,
  patchClassWords,
  patchTargets,
} from './pictograms/patch-targets.ts';
import { PictureFactory } from './pictograms/picture-factory.ts';
import type { Recipe } from './pictograms/recipe.ts';
import { loadSprites } from './pictograms/sprites.ts';
import type { Scene } from './pictograms/types.ts';
import { writePlaces } from './place-code.ts';
import type { SourcePlan, Stage } from './plan.ts';
import { type AnswerSource, trainAnswers } from './stage-answers.ts';
import { type NamingLabel, trainNaming } from './stage-naming.ts';
import { PairEncoder, TOKENIZER_CONFIG, trainTokenizer } from './tokenise.ts';
import { TowerRunner } from './tower-runner.ts';
import type { Run } from './train.ts';

type StageOf<K extends Stage['kind']> = Extract<Stage, { kind: K }>;

export async function runTokenizer(run: Run, stage: StageOf<'tokenizer'>): Promise<void> {
  const json = trainTokenizer(tokenizerCorpus(`${run.plan.seed}/corpus`, stage.scenes), stage.vocabulary);
  await writeFileAtomic(join(run.modelDir, 'tokenizer.json'), JSON.stringify(json));
  await writeFileAtomic(join(run.modelDir, 'tokenizer_config.json'), `${JSON.stringify(TOKENIZER_CONFIG, null, 2)}\n`);
}

function openStore<Label>(run: Run, name: string, keep: 'maps' | 'patches'): FeatureStore<Label> {
  const patches = (run.vision.imageSize / 32) ** 2;
  const width = keep === 'maps' ? foldedWidth(run.vision) : run.vision.width;
  return new FeatureStore<Label>(join(run.dir, name), patches * width, run.vision.classes);
}

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

function loopOptions(
  run: Run,
  stage: { id: string; steps: number; stopAt?: number; warmup: number; evaluateEvery: number },
): LoopOptions & { threads?: number; device?: 'cpu' | 'webgpu' } {
  return {
    dir: run.dir,
    stage: stage.id,
    seed: run.plan.seed,
    steps: stage.steps,
    stopAt: stage.stopAt,
    warmup: stage.warmup,
    evaluateEvery: stage.evaluateEvery,
    saveEvery: run.saveEvery ?? 150,
    metrics: run.metrics,
    signal: run.signal,
    onProgress: run.onProgress,
    threads: run.threads,
    device: run.device,
  };
}

const ATTRIBUTES = Object.keys(PATCH_ATTRIBUTES) as PatchAttribute[];

/** What a patch shows counts as much as what the picture shows; each attribute three tenths of that, letters half. */
function patchHeads(): PatchHeads {
  const attributes = ATTRIBUTES.map((name) => [
    name,
    { classes: PATCH_ATTRIBUTES[name], weight: /Characters$/.test(name) ? 0.5 : 0.3 },
  ]);
  return { patches: { classes: patchClassCount(), weight: 1 }, ...Object.fromEntries(attributes) };
}

function patchLabels(scene: Scene, side: number): Record<string, Int32Array> {
  const attributes = ATTRIBUTES.map((name) => [name, patchAttribute(name, scene, side)]);
  return { patches: patchTargets(scene, side), ...Object.fromEntries(attributes) };
}

export async function runNaming(run: Run, stage: StageOf<'naming'>): Promise<void> {
  const index = new Map(namedConcepts().map((concept, i) => [concept.id, i]));
  const side = run.vision.imageSize / 32;
  const labelOf = (scene: Scene): NamingLabel => {
    const [only, ...others] = scene.objects;
    const target = only && others.length === 0 ? index.get(conceptOf(only).id) : undefined;
    return {
      target: target ?? -1,
      patches: stage.patches ? patchLabels(scene, side) : {},
    };
  };
  const open = (name: string): FeatureStore<NamingLabel> => {
    const store = openStore<Scene | NamingLabel>(run, name, 'maps');
    store.labels.forEach((scene, i) => {
      store.labels[i] = labelOf(scene as Scene);
    });
    return store as FeatureStore<NamingLabel>;
  };
  const stores = stage.stores.map(open);
  const heldOut = Object.fromEntries(stage.heldOut.map((name) => [name, open(name)]));
  try {
    await trainNaming(
      {
        config: run.config,
        vision: run.vision,
        weights: run.weights,
        stores,
        heldOut,
        classes: namedConcepts().length,
        heads: stage.patches ? patchHeads() : {},
        nothing: nothingClass(),
        batch: stage.batch,
        optimiser: stage.optimiser,
      },
      loopOptions(run, stage),
    );
  } finally {
    for (const opened of [...stores, ...Object.values(heldOut)]) opened.close();
  }
  // Thrown away here too, so that a run that goes on from files has the same weights as one that never stopped.
  for (const name of [...run.weights.keys()]) if (name.startsWith('naming_head.')) run.weights.delete(name);
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

async function readTokenizer(run: Run): Promise<TextTokenizer> {
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(run.modelDir, name), 'utf8'));
  return TextTokenizer.from({
    tokenizer: (await read('tokenizer.json')) as never,
    config: (await read('tokenizer_config.json')) as never,
  });
}

export async function runMatch(run: Run, stage: StageOf<'match'>): Promise<void> {
  const tokenizer = await readTokenizer(run);
  matchHeads(run.config, run.weights, {
    names: wordTable(tokenizer, patchClassWords()),
    sharpness: stage.sharpness,
    attributes: wordTable(tokenizer, attributeWords()),
    copy: stage.copy,
  });
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

function lookupHeads(weight: number): LookupHeads {
  return Object.fromEntries(
    Object.entries(lookupClasses()).map(([name, { share, ...head }]) => [name, { ...head, weight: share * weight }]),
  );
}

export async function runAnswers(run: Run, stage: StageOf<'answers'>): Promise<void> {
  const tokenizer = await readTokenizer(run);
  const encoder = new PairEncoder(tokenizer);
  const rows = run.weights.get('model.vision_tower.vision_tower.classifier.weight');
  if (!rows) throw new LlavaMiniError('bad-checkpoint', 'the starting weights have no classifier');
  const examples = new ClassExamples(rows.data, run.vision.classes);
  const stores: FeatureStore<unknown>[] = [];
  const kept = <Label>(name: string): FeatureStore<Label> => {
    const store = openStore<Label>(run, name, stage.features);
    stores.push(store);
    return store;
  };
  const source = (s: SourcePlan): AnswerSource => {
    if (s.kind === 'scenes')
      return sceneSource(s.name, kept<Scene>(s.store), encoder, {
        weight: s.weight,
        asking: s.asking,
        favour: s.favour,
        lookups: stage.lookups !== undefined,
      });
    if (s.kind === 'llava')
      return llavaSource(s.name, kept<LlavaRecord>(s.store), tokenizer, tokenizer.idOf('<|end|>') as number, s.weight);
    return classSource(examples, kept<Scene>(s.store), encoder, s.weight, run.vision.imageSize / 32);
  };
  try {
    await trainAnswers(
      {
        config: run.config,
        vision: run.vision,
        weights: run.weights,
        features: stage.features,
        sources: stage.sources.map(source),
        heldOut: stage.heldOut.map(source),
        ...patchWords(tokenizer, stage.words, stage.words.still),
        ...(stage.lookups === undefined ? {} : { lookups: lookupHeads(stage.lookups) }),
        buckets: stage.buckets,
        optimiser: stage.optimiser,
      },
      loopOptions(run, stage),
    );
  } finally {
    for (const store of stores) store.close();
  }
}
