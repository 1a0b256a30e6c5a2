import { conceptOf } from '../train/pictograms/concepts.ts';
import { PictureFactory, type PictureOrder } from '../train/pictograms/picture-factory.ts';
import { askAbout, QUESTION_KINDS, type Question } from '../train/pictograms/questions.ts';
import { nameQuestion } from '../train/pictograms/questions-name.ts';
import type { Recipe } from '../train/pictograms/recipe.ts';
import { loadSprites, type StoredSprites } from '../train/pictograms/sprites.ts';
import type { Scene } from '../train/pictograms/types.ts';
import { Random } from '../util/random.ts';
import type { Exhibit } from './exhibit.ts';

/** Scenes in the styles trained on, or one thing alone in a style that was held out. */
export type PictogramSet = 'seen' | 'apple' | 'openmoji' | 'facebook';

/** What is asked about such a set. */
export function pictogramKinds(set: PictogramSet): readonly string[] {
  return set === 'seen' ? QUESTION_KINDS : ['name'];
}

/**
 * Draws pictures of a side in pixels, as many as are fetched, with one question of each kind that fits. Same seed, same
 * pictures and questions; of another size, the same things in the same places, and nearly the same questions.
 */
export type DrawPictograms = (size: number) => AsyncGenerator<Exhibit>;

/** A set's pictures, and how many different ones there are: every drawing of a held-out style once, scenes without end. */
export interface Pictograms {
  all: number;
  draw: DrawPictograms;
}

/**
 * Makes drawings ready; needs the icon sets (development dependencies).
 *
 * @param strength how much drawings are changed, 0 to 1
 */
export async function pictograms(
  set: PictogramSet,
  strength: number,
  seed: string,
  signal?: AbortSignal,
): Promise<Pictograms> {
  const sprites = await loadSprites({ ...(set === 'seen' ? {} : { styles: [set] }), signal });
  const drawings = set === 'seen' ? null : new Random(`${seed}/${set}`).shuffle([...sprites.concepts]);
  return {
    all: drawings?.length ?? Number.POSITIVE_INFINITY,
    draw: (size) =>
      draw(
        sprites,
        drawings ? singles(drawings, { set, size, strength, seed }) : scenes(size, strength, seed),
        set,
        signal,
      ),
  };
}

async function* draw(
  sprites: StoredSprites,
  ordered: Iterable<PictureOrder>,
  set: PictogramSet,
  signal?: AbortSignal,
): AsyncGenerator<Exhibit> {
  const factory = new PictureFactory(sprites, { workers: 1, ahead: 8 });
  try {
    for await (const { picture, scene } of factory.pictures(ordered, { signal }))
      yield {
        name: scene.seed,
        picture: { width: scene.size, height: scene.size, data: picture },
        questions: questionsAbout(set, scene).map((question) => [question.kind, question]),
      };
  } finally {
    await factory.close();
  }
}

function* singles(
  drawings: readonly string[],
  { set, size, strength, seed }: { set: PictogramSet; size: number; strength: number; seed: string },
): Generator<PictureOrder> {
  for (const [i, concept] of drawings.entries())
    yield { recipe: { kind: 'single', size, strength, concepts: [concept] }, seed: `${seed}/${set}/${i}` };
}

function* scenes(size: number, strength: number, seed: string): Generator<PictureOrder> {
  const recipe = scene(size, strength);
  for (let i = 0; ; i++) yield { recipe, seed: `${seed}/seen/${i}` };
}

function scene(size: number, strength: number): Recipe {
  return {
    kind: 'mix',
    parts: [
      { weight: 4, recipe: { kind: 'objects', size, count: [2, 6], strength } },
      { weight: 2, recipe: { kind: 'shapes', size, strength } },
      { weight: 1, recipe: { kind: 'lettering', size, strength } },
      { weight: 3, recipe: { kind: 'single', size, strength } },
    ],
  };
}

function questionsAbout(set: PictogramSet, scene: Scene): Question[] {
  const random = new Random(`${scene.seed}/questions`);
  return set === 'seen' ? askAbout(scene, random) : [nameQuestion(conceptOf(scene.objects[0]), random)];
}
