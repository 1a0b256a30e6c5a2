import type { Random } from '../util/random.ts';
import type { ClassExamples } from './class-examples.ts';
import type { FeatureStore } from './feature-store.ts';
import { conceptOf, namedConcepts } from './pictograms/concepts.ts';
import { photoClasses } from './pictograms/imagenet.ts';
import { askAbout, type Question } from './pictograms/questions.ts';
import { askAboutThing, nameQuestion } from './pictograms/questions-name.ts';
import type { Scene } from './pictograms/types.ts';
import type { AnswerSource, AskedPair } from './stage-answers.ts';
import type { PairEncoder } from './tokenise.ts';

/** What is asked of a scene: everything, or only what a single thing is. */
export type Asking = 'all' | 'name';

/** Kept pictures of the pictogram world, with questions made anew each time one is drawn. */
export function sceneSource(
  name: string,
  store: FeatureStore<Scene>,
  encoder: PairEncoder,
  weight: number,
  asking: Asking,
): AnswerSource {
  return {
    name,
    weight,
    length: store.length,
    draw(index, random, into) {
      store.read(index, into.patches, into.probabilities, 0);
      const scene = store.labels[index];
      return (asking === 'name' ? nameOnly(scene, random) : askAbout(scene, random)).map((q) => encode(encoder, q));
    },
  };
}

function nameOnly(scene: Scene, random: Random): Question[] {
  return [0, 1, 2, 3].map(() => nameQuestion(conceptOf(scene.objects[0]), random));
}

function encode(encoder: PairEncoder, q: Question): AskedPair {
  return { kind: q.kind, ...encoder.encode(q.question, q.answer) };
}

/**
 * Made-up photographs: the classifier's probabilities around one of its classes over patches mixed from two kept
 * pictures, so that nothing but the classifier tells what it is.
 */
export function classSource(
  examples: ClassExamples,
  store: FeatureStore<Scene>,
  encoder: PairEncoder,
  weight: number,
  side: number,
): AnswerSource {
  const photos = photoClasses();
  // Names are drawn evenly, then a class of that name: there are over a hundred breeds of dogs.
  const byName = new Map<string, number[]>();
  for (const { name, index } of photos) byName.set(name, [...(byName.get(name) ?? []), index]);
  const list = [...byName.keys()];
  return {
    name: 'classes',
    weight,
    length: list.length,
    draw(index, random, into) {
      const photo = photos[random.pick(byName.get(list[index]) as number[])];
      examples.fill(photo.index, random, into.probabilities);
      mixPatches(store, random, into.patches, side);
      const asked = random.chance(0.5)
        ? [0, 1, 2, 3].map(() => nameQuestion(photo, random))
        : askAboutThing(photo, namedConcepts(), random);
      return asked.map((q) => encode(encoder, q));
    },
  };
}

/** A window of one picture's patches inside another's. */
function mixPatches(store: FeatureStore<Scene>, random: Random, out: Uint16Array, side: number): void {
  const unused = new Uint16Array(store.classes);
  const other = new Uint16Array(out.length);
  store.read(random.int(store.length), out, unused, 0);
  store.read(random.int(store.length), other, unused, 0);
  const width = out.length / side ** 2;
  const [x, y] = [random.int(side), random.int(side)];
  const [w, h] = [1 + random.int(side), 1 + random.int(side)];
  for (let r = y; r < Math.min(side, y + h); r++)
    for (let c = x; c < Math.min(side, x + w); c++) {
      const at = (r * side + c) * width;
      out.set(other.subarray(at, at + width), at);
    }
}
