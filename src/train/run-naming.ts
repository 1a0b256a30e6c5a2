import type { PatchHeads } from '../model/naming-loss.ts';
import { BatchesAhead } from './batches-ahead.ts';
import type { FeatureStore } from './feature-store.ts';
import { conceptOf, namedConcepts } from './pictograms/concepts.ts';
import {
  nothingClass,
  PATCH_ATTRIBUTES,
  type PatchAttribute,
  patchAttribute,
  patchClassCount,
  patchTargets,
} from './pictograms/patch-targets.ts';
import type { Scene } from './pictograms/types.ts';
import type { Run } from './run.ts';
import { type NamingLabel, type NamingStage, trainNaming } from './stage-naming.ts';
import { loopOptions, type Opened, openStore, type StageOf } from './stage-run.ts';

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

/** What a stage trains and on what; close it afterwards. */
export function openNaming(run: Run, stage: StageOf<'naming'>): Opened<NamingStage> {
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
  return {
    stage: {
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
    close: () => {
      for (const opened of [...stores, ...Object.values(heldOut)]) opened.close();
    },
  };
}

export async function runNaming(run: Run, stage: StageOf<'naming'>): Promise<void> {
  const { stage: opened, close } = openNaming(run, stage);
  const ahead = BatchesAhead.open(run, stage);
  try {
    await trainNaming(opened, { ...loopOptions(run, stage), draw: ahead?.draw });
  } finally {
    await ahead?.close();
    close();
  }
}
