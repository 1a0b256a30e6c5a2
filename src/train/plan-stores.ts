import { LlavaMiniError } from '../errors.ts';
import type { Stage, TrainingPlan } from './plan.ts';

const PROJECTIONS = ['q', 'k', 'v', 'out'].map((name) => `self_attn.${name}_proj`);
const LAYER = ['layer_norm1', 'layer_norm2', 'mlp.fc1', 'mlp.fc2', ...PROJECTIONS];
/** A plan does not know its model's number of layers and repeats; none has had more than one. */
const LAYERS = [0, 1, 2, 3];

/**
 * Weights that patches go through (`foldMaps`); `classes` and `class_bias` make the classifier's patch, which is not
 * kept.
 */
export const FOLD_WEIGHTS: readonly string[] = [
  'positions',
  'places',
  ...LAYERS.flatMap((i) => [`again.${i}.start`, `again.${i}.gate`]),
  ...[
    'linear',
    'norm',
    'refine.norm',
    'refine.conv1',
    'refine.conv2',
    ...LAYERS.flatMap((i) => LAYER.map((name) => `layers.${i}.${name}`)),
  ].flatMap((name) => [`${name}.weight`, `${name}.bias`]),
].map((name) => `model.vision_tower.vision_tower.fold.${name}`);

/** Whether a stage makes patches that were kept before it something else than what the tower gives now. */
function movesFold(stage: Stage): boolean {
  if (stage.kind === 'places') return true;
  // Answers on patches have no fold in their graph, whatever their groups name.
  if (stage.kind !== 'naming' && !(stage.kind === 'answers' && stage.features === 'maps')) return false;
  return stage.optimiser.groups.some(({ match }) => FOLD_WEIGHTS.some((name) => new RegExp(match).test(name)));
}

/**
 * Every store that a stage reads must have been made before, in the form that the stage reads.
 *
 * @throws LlavaMiniError `bad-data` naming the stage, the key and the store
 */
export function checkStores({ stages }: TrainingPlan, where: string): void {
  const made = new Map<string, 'maps' | 'patches' | 'patches of a fold that has changed since'>();
  for (const stage of stages) {
    const need = (store: string, keep: 'maps' | 'patches', key: string): void => {
      if (made.get(store) === keep) return;
      const why = made.has(store) ? `keeps ${made.get(store)}, not ${keep}` : 'is not made by an earlier stage';
      throw new LlavaMiniError('bad-data', `${where}: stage ${stage.id}: ${key}: ${store} ${why}`);
    };
    if (stage.kind === 'pictures') made.set(stage.id, stage.keep);
    if (stage.kind === 'llava' || stage.kind === 'cutouts') made.set(stage.id, 'patches');
    if (stage.kind === 'naming') {
      for (const store of stage.stores) need(store, 'maps', 'stores');
      for (const store of stage.heldOut) need(store, 'maps', 'heldOut');
    }
    if (stage.kind === 'fold') {
      for (const { from } of stage.stores) need(from, 'maps', 'stores.from');
      for (const { to } of stage.stores) {
        if (made.has(to)) throw new LlavaMiniError('bad-data', `${where}: stage ${stage.id}: ${to} is made twice`);
        made.set(to, 'patches');
      }
    }
    if (stage.kind === 'places') need(stage.store, 'patches', 'store');
    if (stage.kind === 'answers') {
      for (const { store } of stage.sources) need(store, stage.features, 'sources.store');
      for (const { store } of stage.heldOut) need(store, stage.features, 'heldOut.store');
    }
    if (movesFold(stage))
      for (const [name, keep] of made)
        if (keep === 'patches') made.set(name, 'patches of a fold that has changed since');
  }
}
