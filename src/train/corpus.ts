import { Random } from '../util/random.ts';
import { namedConcepts } from './pictograms/concepts.ts';
import { emojiList } from './pictograms/emoji-list.ts';
import { photoClasses } from './pictograms/imagenet.ts';
import { askAbout } from './pictograms/questions.ts';
import { nameQuestion } from './pictograms/questions-name.ts';
import { SHAPE_NAMES } from './pictograms/shapes.ts';
import { COLOUR_NAMES, type SceneObject } from './pictograms/types.ts';

/** Questions and answers about scenes that nobody drew: what a tokenizer is trained on. */
export function* tokenizerCorpus(seed: string, scenes: number): Generator<string> {
  const r = new Random(seed);
  const slugs = emojiList().map((entry) => entry.slug);
  for (let i = 0; i < scenes; i++) {
    const count = r.pick([1, 1, 2, 2, 3, 4, 5, 6]);
    const same = r.pick(slugs);
    const shapes = r.chance(0.25);
    const objects = Array.from({ length: count }, (): SceneObject => {
      const [x, y, s] = [r.float() * 0.8, r.float() * 0.8, r.uniform(0.1, 0.3)];
      const shape = r.pick(SHAPE_NAMES);
      return {
        concept: shapes ? shape : r.chance(0.4) ? same : r.pick(slugs),
        style: '',
        ...(shapes ? { shape: true as const } : {}),
        box: [x, y, x + s, y + s],
        colour: r.pick(COLOUR_NAMES),
        hidden: 0,
      };
    });
    const colour = r.chance(0.5) ? r.pick(COLOUR_NAMES) : null;
    for (const q of askAbout(
      { seed: '', size: 256, background: { kind: 'plain', colour }, objects, lettering: null },
      r,
    )) {
      yield q.question;
      yield q.answer;
    }
  }
  for (let k = 0; k < 12; k++)
    for (const photo of photoClasses()) {
      const q = nameQuestion(photo, r);
      yield q.question;
      yield q.answer;
    }
  for (const thing of namedConcepts()) for (let k = 0; k < 4; k++) yield* [thing.name, ...thing.synonyms];
  yield* ['It says "".', 'What does it say?', 'Read the text.'];
}
