import { LlavaMiniError } from '../../errors.ts';
import type { Random } from '../../util/random.ts';
import { type Freedom, randomCamera, randomLook, randomPose, randomShadow } from './augment.ts';
import { landscapeGround, namedGround, plainGround, studioGround, surfaceGround, tableGround } from './grounds.ts';
import type { Place } from './layout.ts';
import type { BackgroundPlan, ObjectPlan, ScenePlan } from './plan.ts';
import type { SpriteSource } from './sprites.ts';

/** What every kind of scene may be told. */
export interface SceneOptions {
  /** Side in pixels. */
  size: number;
  /** Styles to draw in; default all that the sprites hold. */
  styles?: readonly string[];
  /** Concepts to choose from; default all that the styles draw. */
  concepts?: readonly string[];
  /** Leave colours as they are called, for questions about them. */
  keepColours?: boolean;
  /** 0 draws things as they are, 1 (default) is the usual strength of changes. */
  strength?: number;
}

/** Which drawings a scene may use. */
export class Drawings {
  private readonly sprites: SpriteSource;
  private readonly styles: ReadonlySet<string>;
  readonly concepts: readonly string[];

  /** @throws LlavaMiniError `bad-argument` where nothing is left to draw. */
  constructor(sprites: SpriteSource, options: Pick<SceneOptions, 'styles' | 'concepts'>) {
    this.sprites = sprites;
    this.styles = new Set(options.styles ?? sprites.styles);
    this.concepts =
      options.styles === undefined && options.concepts === undefined
        ? sprites.concepts
        : (options.concepts ?? sprites.concepts).filter((concept) => this.stylesOf(concept).length > 0);
    if (this.concepts.length === 0)
      throw new LlavaMiniError('bad-argument', 'none of these styles draws any of these concepts');
  }

  stylesOf(concept: string): string[] {
    return this.sprites.stylesOf(concept).filter((style) => this.styles.has(style));
  }

  /** A concept and one of its styles; concepts are equally likely, whoever draws them. */
  pick(random: Random): { concept: string; style: string } {
    const concept = random.pick(this.concepts);
    return { concept, style: random.pick(this.stylesOf(concept)) };
  }
}

/**
 * One object, large, mostly on the plain grounds of photographs: what naming is learned from.
 */
export function singleObject(random: Random, drawings: Drawings, options: SceneOptions): ScenePlan {
  const freedom = freedomOf(options);
  const place = random.fork('place');
  const background = singleGround(random.fork('ground'), freedom);
  const size = Math.min(1.02, 0.34 + 0.62 * place.float() ** 0.75);
  const slack = Math.max(0.02, (1 - size) / 2);
  const standing = background.horizon !== null;
  const x = 0.5 + place.uniform(-slack, slack) * (freedom.strength > 0 ? 1 : 0);
  const y = 0.5 + place.uniform(standing ? 0 : -slack, slack) * (freedom.strength > 0 ? 1 : 0);
  const what = drawings.pick(random.fork('what'));
  const object = randomObject(random.fork('object'), what, freedom, { x, y, size }, background);
  return {
    seed: '',
    size: options.size,
    background,
    objects: [object],
    lettering: null,
    camera: randomCamera(random.fork('camera'), freedom),
  };
}

/** How freely a scene's pictures are changed. */
export function freedomOf(options: SceneOptions): Freedom {
  return { keepColours: options.keepColours ?? false, strength: options.strength ?? 1 };
}

function singleGround(random: Random, freedom: Freedom): BackgroundPlan {
  if (freedom.strength === 0) return plainGround(random, 'white');
  const kind = random.float();
  if (freedom.keepColours) return kind < 0.7 ? namedGround(random) : studioGround(random);
  if (kind < 0.14) return plainGround(random, 'white');
  if (kind < 0.24) return plainGround(random, null);
  if (kind < 0.56) return studioGround(random);
  if (kind < 0.76) return tableGround(random);
  if (kind < 0.88) return surfaceGround(random);
  return landscapeGround(random);
}

/** A drawing at a given place with everything else left to chance. */
export function randomObject(
  random: Random,
  what: { concept: string; style: string },
  freedom: Freedom,
  place: Place,
  background: BackgroundPlan,
): ObjectPlan {
  const light = random.uniform(0, 2 * Math.PI);
  const standing = background.horizon !== null;
  return {
    ...what,
    ...place,
    ...randomPose(random.fork('pose'), what.concept, freedom.strength),
    look: randomLook(random.fork('look'), freedom),
    shadow:
      random.chance(standing ? 0.85 : 0.6) && freedom.strength > 0
        ? randomShadow(random.fork('shadow'), standing || random.chance(0.35) ? 'ground' : 'drop', light)
        : null,
  };
}
