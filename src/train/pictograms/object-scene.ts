import type { Random } from '../../util/random.ts';
import { type Freedom, randomCamera } from './augment.ts';
import { landscapeGround, namedGround, studioGround, surfaceGround, tableGround } from './grounds.ts';
import { gridPlaces, MOST_OBJECTS, overlappingPlaces, type Place, sizedPlaces } from './layout.ts';
import type { BackgroundPlan, CameraPlan, ObjectPlan, ScenePlan } from './plan.ts';
import { type Drawings, freedomOf, randomObject, type SceneOptions } from './scene.ts';

/** How the objects of a scene stand to each other. */
export type Arrangement = 'grid' | 'counting' | 'sizes' | 'overlap';

export interface ObjectSceneOptions extends SceneOptions {
  /** Fewest and most objects, within 1 to 6; default 1 and 6. */
  count?: readonly [fewest: number, most: number];
  /** Default: any of them. */
  arrangements?: readonly Arrangement[];
}

const ALL_ARRANGEMENTS: readonly Arrangement[] = ['grid', 'grid', 'grid', 'counting', 'counting', 'sizes', 'overlap'];

/** Changes are milder than on single objects: things are smaller here. */
const MILDER = 0.7;

/**
 * One to six objects: in clear positions (`grid`), several of one concept among others (`counting`), of clearly
 * different sizes (`sizes`), or partly hiding each other (`overlap`).
 */
export function objectScene(random: Random, drawings: Drawings, options: ObjectSceneOptions): ScenePlan {
  const usual = freedomOf(options);
  const freedom: Freedom = { ...usual, strength: usual.strength * MILDER };
  const layout = random.fork('layout');
  const arrangement = layout.pick(options.arrangements ?? ALL_ARRANGEMENTS);
  const [fewest, most] = options.count ?? [1, MOST_OBJECTS];
  const count = chooseCount(layout, arrangement, Math.max(1, fewest), Math.min(MOST_OBJECTS, most));
  const places = choosePlaces(layout, arrangement, count);
  const background = sceneGround(random.fork('ground'), freedom);
  const kinds = chooseDrawings(random.fork('drawings'), drawings, arrangement, count);
  return {
    seed: '',
    size: options.size,
    background,
    objects: places.map(
      (place, i): ObjectPlan => randomObject(random.fork(`object ${i}`), kinds[i], freedom, place, background),
    ),
    lettering: null,
    camera: sceneCamera(random.fork('camera'), freedom),
  };
}

/** Blur and lost detail stay below what small objects bear. */
function sceneCamera(random: Random, freedom: Freedom): CameraPlan {
  const camera = randomCamera(random, freedom);
  return { ...camera, blur: Math.min(0.003, camera.blur), detail: Math.max(0.6, camera.detail) };
}

function chooseCount(random: Random, arrangement: Arrangement, fewest: number, most: number): number {
  const low = arrangement === 'sizes' || arrangement === 'overlap' ? Math.max(2, fewest) : fewest;
  const high = arrangement === 'sizes' || arrangement === 'overlap' ? Math.min(3, most) : most;
  return low + random.int(Math.max(1, high - low + 1));
}

function choosePlaces(random: Random, arrangement: Arrangement, count: number): Place[] {
  if (arrangement === 'sizes') return sizedPlaces(random, count);
  if (arrangement === 'overlap') return overlappingPlaces(random, count);
  return gridPlaces(random, count);
}

type Choice = { concept: string; style: string };

/** Different concepts, except when they are to be counted. */
function chooseDrawings(random: Random, drawings: Drawings, arrangement: Arrangement, count: number): Choice[] {
  const repeats = arrangement === 'counting' ? 1 + random.int(count) : 1;
  const sameStyle = random.chance(0.7);
  const chosen: Choice[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0 && i < repeats) {
      const { concept } = chosen[0];
      chosen.push(sameStyle ? chosen[0] : { concept, style: random.pick(drawings.stylesOf(concept)) });
      continue;
    }
    let next = drawings.pick(random);
    for (let tries = 0; tries < 20 && chosen.some((other) => other.concept === next.concept); tries++)
      next = drawings.pick(random);
    chosen.push(next);
  }
  return random.shuffle(chosen);
}

/** Half of the grounds are plain, so that their colour can be asked about. */
export function sceneGround(random: Random, freedom: Freedom): BackgroundPlan {
  const kind = random.float();
  if (kind < 0.5 || freedom.strength === 0) return namedGround(random);
  if (kind < 0.68) return studioGround(random);
  if (kind < 0.78) return tableGround(random);
  if (kind < 0.88) return surfaceGround(random);
  return landscapeGround(random);
}
