import { floatsToHalves, halvesToFloats } from '../util/float16.ts';
import type { Random } from '../util/random.ts';
import type { ClassExamples } from './class-examples.ts';
import { earlierTurns } from './earlier-turns.ts';
import type { FeatureStore } from './feature-store.ts';
import { namedConcepts } from './pictograms/concepts.ts';
import { someReworded } from './pictograms/everyday-words.ts';
import { type PhotoClass, photoClasses } from './pictograms/imagenet.ts';
import { asksForWord, nameQuestion, unsureQuestion } from './pictograms/questions-name.ts';
import { askAboutPhotograph, type PhotographColours } from './pictograms/questions-photograph.ts';
import type { Question } from './pictograms/questions-types.ts';
import type { Scene } from './pictograms/types.ts';
import type { AnswerSource, AskedPair } from './stage-answers.ts';
import type { EarlierTurn, PairEncoder } from './tokenise.ts';

/** In what looks like a photograph a class less likely than this says little; among mixed-up features it is all there is. */
const LEAST_SHARE = 0.2;

/**
 * Made-up photographs: the classifier's probabilities around one of its classes, over features that tell nothing:
 * those of cutouts as they are kept, or taken from other pictures, often shuffled and with every channel made stronger
 * or weaker, as photographs differ from drawings. So nothing but the classifier tells what it is; cutouts tell their
 * colours. Where two names are nearly as likely, the answer is both. Half of the wrong names that are asked about are
 * what the classifier has for the next likely.
 */
export function classSource(
  examples: ClassExamples,
  store: FeatureStore<Scene>,
  encoder: PairEncoder,
  options: { weight: number; asKept: boolean; side: number; followUps?: number; everyday?: number },
): AnswerSource {
  const { weight, asKept, side, followUps = 0, everyday = 0 } = options;
  const encode = (q: Question, earlier: readonly EarlierTurn[]): AskedPair => ({
    kind: q.kind,
    short: asksForWord(q.question),
    ...encoder.encode(q.question, q.answer, { earlier }),
  });
  const photos = photoClasses();
  // Names are drawn evenly, then a class of that name: there are over a hundred breeds of dogs.
  const byName = new Map<string, number[]>();
  for (const { name, index } of photos) byName.set(name, [...(byName.get(name) ?? []), index]);
  const list = [...byName.keys()];
  return {
    name: asKept ? 'cutouts' : 'classes',
    weight,
    length: list.length,
    draw(index, random, into) {
      const target = photos[random.pick(byName.get(list[index]) as number[])];
      examples.fill(target.index, random, into.probabilities, asKept ? LEAST_SHARE : undefined);
      if (random.chance(UNSURE)) examples.mixIn(target.index, random, into.probabilities);
      let colours: PhotographColours | undefined;
      if (asKept) {
        const kept = random.int(store.length);
        store.read(kept, into.patches, new Uint16Array(store.classes), 0);
        const { objects, background } = store.labels[kept];
        colours = { thing: objects.at(0)?.colour ?? null, ground: background.colour };
      } else meaninglessFeatures(store, random, into.patches, side);
      const follow = (usual: readonly Question[]): AskedPair[] => {
        const asked = someReworded(usual, random, everyday);
        return asked.map((q, i) => encode(q, earlierTurns(asked, i, random, followUps)));
      };
      const [first, second, ...next] = likeliestNames(photos, into.probabilities);
      if (second.share > NEARLY * first.share)
        return follow(oftenShort(() => unsureQuestion(first.photo, second.photo, random)));
      const photo = first.photo.name === target.name ? target : first.photo;
      const others = random.chance(0.5) ? namedConcepts() : [second, ...next].map(({ photo }) => photo);
      const asked = random.chance(0.5)
        ? oftenShort(() => nameQuestion(photo, random))
        : askAboutPhotograph(photo, others, random, colours);
      return follow(asked);
    },
  };
}

/** Four questions, two of which ask for a word: left to chance, those are few, and all that photographs get. */
function oftenShort(ask: () => Question): Question[] {
  const short = (): Question => {
    let question = ask();
    for (let tries = 0; tries < 9 && !asksForWord(question.question); tries++) question = ask();
    return question;
  };
  return [ask(), short(), ask(), short()];
}

/** Share of the examples in which the classifier wavers between two like classes. */
const UNSURE = 0.1;

/** From this share of the likeliest name's probability on, the second is named too. */
const NEARLY = 0.6;

/** How many names are taken for likely: the first, and those that it may be taken for. */
const LIKELY = 8;

/** The names that most of the probability is on, the likeliest first, and the likeliest class of each. */
function likeliestNames(
  photos: readonly PhotoClass[],
  probabilities: Uint16Array,
): { photo: PhotoClass; share: number }[] {
  const names = new Map<string, { photo: PhotoClass; best: number; share: number }>();
  const values = halvesToFloats(probabilities);
  for (const photo of photos) {
    const p = values[photo.index];
    const found = names.get(photo.name);
    if (!found) names.set(photo.name, { photo, best: p, share: p });
    else {
      found.share += p;
      if (p > found.best) [found.best, found.photo] = [p, photo];
    }
  }
  return [...names.values()].sort((a, b) => b.share - a.share).slice(0, LIKELY);
}

/** How much stronger or weaker a channel may become: standard deviation of the logarithm. */
const CHANNEL_SPREAD = 0.4;

/** A window of one picture inside another, often with places shuffled and channels scaled. */
function meaninglessFeatures(store: FeatureStore<Scene>, random: Random, out: Uint16Array, side: number): void {
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
  if (random.chance(0.4)) {
    other.set(out);
    const order = random.shuffle(Array.from({ length: side ** 2 }, (_, i) => i));
    order.forEach((from, to) => {
      out.set(other.subarray(from * width, (from + 1) * width), to * width);
    });
  }
  if (random.chance(0.5)) {
    const gains = Float32Array.from({ length: width }, () => Math.exp(CHANNEL_SPREAD * random.normal()));
    const values = halvesToFloats(out);
    for (let at = 0; at < values.length; at += width) for (let c = 0; c < width; c++) values[at + c] *= gains[c];
    out.set(floatsToHalves(values));
  }
}
