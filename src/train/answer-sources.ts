import type { Random } from '../util/random.ts';
import type { ClassExamples } from './class-examples.ts';
import { everydayNames } from './class-names.ts';
import type { FeatureStore } from './feature-store.ts';
import { askAbout, nameQuestion, type Question } from './pictograms/ask.ts';
import { articleOf } from './pictograms/names.ts';
import type { Scene } from './pictograms/types.ts';
import { type Thing, thingOf, things } from './pictograms/vocabulary.ts';
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
  const thing = thingOf(scene.objects[0]);
  return [0, 1].map(() => {
    const q = nameQuestion(thing.phrase, thing.name, random);
    return q.answer === thing.name ? q : { ...q, answer: thing.sentence };
  });
}

function encode(encoder: PairEncoder, q: Question): AskedPair {
  return { kind: q.kind, ...encoder.encode(q.question, q.answer) };
}

/**
 * Made-up photographs: the classifier's probabilities around one of its classes over patches mixed from two kept
 * pictures, so that nothing but the classifier tells what it is.
 *
 * @param classes names of the classifier's classes, in order
 */
export function classSource(
  examples: ClassExamples,
  classes: readonly string[],
  store: FeatureStore<Scene>,
  encoder: PairEncoder,
  weight: number,
  side: number,
): AnswerSource {
  const names = everydayNames(classes);
  const known = new Map<string, Thing>(things().map((thing) => [thing.name, thing]));
  const slugs = slugsByThing(store);
  // Names are drawn evenly, then a class of that name: there are over a hundred breeds of dogs.
  const byName = new Map<string, number[]>();
  names.forEach((name, i) => {
    byName.set(name, [...(byName.get(name) ?? []), i]);
  });
  const list = [...byName.keys()];
  return {
    name: 'classes',
    weight,
    length: list.length,
    draw(index, random, into) {
      const name = list[index];
      examples.fill(random.pick(byName.get(name) as number[]), random, into.probabilities);
      mixPatches(store, random, into.patches, side);
      const thing = known.get(name);
      const slug = thing && slugs.get(thing.id);
      if (!thing || !slug || random.chance(0.5)) {
        const phrase = thing?.phrase ?? `${articleOf(name)} ${name}`;
        return [0, 1, 2].map(() => encode(encoder, nameQuestion(phrase, name, random)));
      }
      const scene: Scene = {
        seed: '',
        size: 0,
        background: { kind: 'scenery', colour: null },
        objects: [{ concept: slug, style: '', box: [0.1, 0.1, 0.9, 0.9], colour: null, hidden: 0 }],
        lettering: null,
      };
      const kinds = new Set(['name', 'category', 'choice', 'yesno', 'refuse']);
      return askAbout(scene, random).flatMap((q) => (kinds.has(q.kind) ? [encode(encoder, q)] : []));
    },
  };
}

function slugsByThing(store: FeatureStore<Scene>): Map<string, string> {
  const slugs = new Map<string, string>();
  for (const scene of store.labels) {
    const [object] = scene.objects;
    if (object && !object.shape) slugs.set(thingOf(object).id, object.concept);
  }
  return slugs;
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
