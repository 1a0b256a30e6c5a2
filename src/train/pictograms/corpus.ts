import { Random } from '../../util/random.ts';
import { namedConcepts } from './concepts.ts';
import { photoClasses } from './imagenet.ts';
import { gridPlaces, MOST_OBJECTS, sizedPlaces } from './layout.ts';
import { articleOf, hedgedAnswer, namingSentence } from './names.ts';
import { askAbout } from './questions.ts';
import { askAboutPhotograph } from './questions-photograph.ts';
import { SHAPE_NAMES } from './shapes.ts';
import { COLOUR_NAMES, type Scene, type SceneObject } from './types.ts';

/** A scene as the pictures have it, without any picture: for text alone. */
export function imaginedScene(seed: string, text = ''): Scene {
  const random = new Random(seed);
  const count = 1 + random.int(MOST_OBJECTS);
  const repeats = random.chance(0.5) ? 1 + random.int(count) : 1;
  const shapes = random.chance(0.15);
  const places = count > 1 && count < 4 && random.chance(0.3) ? sizedPlaces(random, count) : gridPlaces(random, count);
  const kinds = places.map(() => (shapes ? random.pick(SHAPE_NAMES) : random.pick(random.pick(namedConcepts()).slugs)));
  const objects = places.map(({ x, y, size }, i): SceneObject => {
    const half = size / 2;
    return {
      concept: kinds[i < repeats ? 0 : i],
      style: 'imagined',
      box: [x - half, y - half, x + half, y + half],
      colour: random.chance(0.7) ? random.pick(COLOUR_NAMES) : null,
      ...(shapes ? { shape: true as const } : {}),
      hidden: 0,
    };
  });
  const lettered = random.chance(0.12);
  return {
    seed,
    size: 256,
    background: { kind: 'plain', colour: random.chance(0.6) ? random.pick(COLOUR_NAMES) : null },
    objects: lettered ? objects.slice(0, 1) : objects,
    lettering: lettered
      ? { text, colour: random.pick(COLOUR_NAMES), box: [0.2, 0.7, 0.8, 0.9], font: 'imagined' }
      : null,
  };
}

/**
 * Text to train the tokenizer on: each name of the tables in a sentence of its own, then questions and answers about
 * `n` imagined scenes, a line each. Lettering is left out, as reading means spelling what has no words.
 *
 * @param seed same seed, same text
 * @throws LlavaMiniError `not-found` without the development dependencies.
 */
export function corpusForTokenizer(seed: string, n: number): string[] {
  const random = new Random(seed);
  const concepts = namedConcepts();
  const classes = photoClasses();
  const lines: string[] = [];
  for (const thing of [...concepts, ...classes]) {
    lines.push(namingSentence(thing), `There are ${thing.plural}.`);
    for (const { question, answer } of askAboutPhotograph(thing, concepts, random)) lines.push(question, answer);
  }
  for (const { fine } of classes) lines.push(`It is ${articleOf(fine)} ${fine}.`);
  for (let i = 0; i < n; i++) {
    for (const { question, answer } of askAbout(imaginedScene(`${seed}/${i}`), random, concepts))
      lines.push(question, answer);
    if (i % 8 === 0) lines.push(hedgedAnswer(random.pick(concepts), random.pick(concepts)));
  }
  return lines;
}
