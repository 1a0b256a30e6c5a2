import type { Random } from '../../util/random.ts';
import { randomCamera } from './augment.ts';
import { namedGround, plainGround, studioGround, surfaceGround } from './grounds.ts';
import type { BackgroundPlan, ScenePlan } from './plan.ts';
import { freedomOf, type SceneOptions } from './scene.ts';

export type EmptySceneOptions = Pick<SceneOptions, 'size' | 'strength'>;

/** A ground with nothing on it, for what to say of a picture that shows nothing. */
export function emptyScene(random: Random, options: EmptySceneOptions): ScenePlan {
  return {
    seed: '',
    size: options.size,
    background: emptyGround(random.fork('ground')),
    objects: [],
    lettering: null,
    camera: randomCamera(random.fork('camera'), freedomOf(options)),
  };
}

/** No landscapes and no table tops: those are something to see. */
function emptyGround(random: Random): BackgroundPlan {
  const kind = random.float();
  if (kind < 0.35) return namedGround(random);
  if (kind < 0.5) return plainGround(random, null);
  return kind < 0.75 ? studioGround(random) : surfaceGround(random);
}
