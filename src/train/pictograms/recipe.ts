import { LlavaMiniError } from '../../errors.ts';
import { Random } from '../../util/random.ts';
import { type EmptySceneOptions, emptyScene } from './empty-scene.ts';
import { type LetteringSceneOptions, letteringScene } from './lettering-scene.ts';
import { type ObjectSceneOptions, objectScene } from './object-scene.ts';
import type { ScenePlan } from './plan.ts';
import { type RenderedScene, renderScene } from './render.ts';
import { Drawings, type SceneOptions, singleObject } from './scene.ts';
import { type ShapeSceneOptions, shapeScene } from './shape-scene.ts';
import type { SpriteSource } from './sprites.ts';

/** What kind of picture to make; plain data, so that it can go to a worker thread. */
export type Recipe = PlainRecipe | MixRecipe;

export type PlainRecipe =
  | ({ kind: 'single' } & SceneOptions)
  | ({ kind: 'objects' } & ObjectSceneOptions)
  | ({ kind: 'shapes' } & ShapeSceneOptions)
  | ({ kind: 'lettering' } & LetteringSceneOptions)
  | ({ kind: 'empty' } & EmptySceneOptions);

/** One of several recipes, chosen by weight for each seed. */
export interface MixRecipe {
  kind: 'mix';
  parts: readonly { weight: number; recipe: Recipe }[];
}

/** Makes pictures from recipes and seeds; the same recipe, seed and sprites give the same bytes. */
export class PictureMaker {
  private readonly sprites: SpriteSource;
  private readonly drawings = new Map<string, Drawings>();

  constructor(sprites: SpriteSource) {
    this.sprites = sprites;
  }

  /**
   * @throws LlavaMiniError `bad-argument` for a recipe that names nothing drawable.
   */
  make(recipe: Recipe, seed: string): RenderedScene {
    const random = new Random(seed);
    const plan = this.plan(choose(recipe, random.fork('recipe')), random.fork('plan'));
    return renderScene({ ...plan, seed }, this.sprites, random.fork('render'));
  }

  private plan(recipe: PlainRecipe, random: Random): ScenePlan {
    checkSide(recipe.size);
    switch (recipe.kind) {
      case 'single':
        return singleObject(random, this.drawingsFor(recipe), recipe);
      case 'objects':
        return objectScene(random, this.drawingsFor(recipe), recipe);
      case 'shapes':
        return shapeScene(random, recipe);
      case 'lettering':
        return letteringScene(random, this.drawingsFor(recipe), recipe);
      case 'empty':
        return emptyScene(random, recipe);
    }
  }

  private drawingsFor(options: SceneOptions): Drawings {
    const key = JSON.stringify([options.styles, options.concepts]);
    let drawings = this.drawings.get(key);
    if (drawings === undefined) {
      drawings = new Drawings(this.sprites, options);
      this.drawings.set(key, drawings);
    }
    return drawings;
  }
}

/** @throws LlavaMiniError `bad-argument` for a side in pixels that no picture is drawn with */
export function checkSide(size: number): void {
  if (!Number.isInteger(size) || size < 16 || size > 4096)
    throw new LlavaMiniError('bad-argument', `side of a picture must be 16 to 4096 pixels, not ${size}`);
}

function choose(recipe: Recipe, random: Random): PlainRecipe {
  if (recipe.kind !== 'mix') return recipe;
  const total = recipe.parts.reduce((sum, part) => sum + part.weight, 0);
  if (!(total > 0)) throw new LlavaMiniError('bad-argument', 'a mix of pictures needs a part with a weight above 0');
  let left = random.float() * total;
  for (const part of recipe.parts) {
    left -= part.weight;
    if (left < 0) return choose(part.recipe, random);
  }
  return choose(recipe.parts[recipe.parts.length - 1].recipe, random);
}
