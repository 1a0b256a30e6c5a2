import type { Words, WordTable } from '../model/word-loss.ts';
import type { TextTokenizer } from '../text/index.ts';
import type { Random } from '../util/random.ts';
import type { TokenisedPair } from './answer-batch.ts';
import { earlierTurns } from './earlier-turns.ts';
import { type Favour, favouredQuestions } from './favoured-questions.ts';
import type { FeatureStore } from './feature-store.ts';
import type { LookupPlace } from './lookup-batch.ts';
import { conceptOf } from './pictograms/concepts.ts';
import { someReworded } from './pictograms/everyday-words.ts';
import type { Mention } from './pictograms/lookup-types.ts';
import { lookupsOf } from './pictograms/lookups.ts';
import {
  alsoNamed,
  conceptClass,
  nothingClass,
  type PatchAttribute,
  patchAttribute,
  patchClassWords,
  patchTargets,
} from './pictograms/patch-targets.ts';
import type { Question } from './pictograms/questions.ts';
import { describeQuestion, LONE_DESCRIBE_TEMPLATES } from './pictograms/questions-describe.ts';
import { asksForWord, nameQuestion } from './pictograms/questions-name.ts';
import { CLEAR_KINDS } from './pictograms/questions-thing.ts';
import { viewScene } from './pictograms/questions-view.ts';
import { slotMentions } from './pictograms/slot-mentions.ts';
import { SLOTS } from './pictograms/slots.ts';
import { COLOUR_NAMES, type Scene } from './pictograms/types.ts';
import type { AnswerSource, AnswerStage, AskedPair } from './stage-answers.ts';
import type { EarlierTurn, PairEncoder } from './tokenise.ts';

/** What is asked of a scene: everything, or only what a single thing is. */
export type Asking = 'all' | 'name';

export function wordTable(tokenizer: TextTokenizer, words: readonly (readonly string[])[]): WordTable {
  return words.map((own) => own.flatMap((word) => tokenizer.encode(word)));
}

/** How much each kind of words counts: of patches, and `token` the name of the one thing in the picture. */
export type WordWeights = Partial<Record<'names' | 'colours' | 'rows' | 'columns' | 'kinds' | 'token', number>>;

/** Words for what else than its name a thing has. */
const ATTRIBUTES = {
  rows: [' top', ' center', ' bottom'],
  columns: [' left', ' center', ' right'],
  colours: COLOUR_NAMES.map((name) => ` ${name}`),
  kinds: CLEAR_KINDS.map((kind) => ` ${kind}`),
};

/** Words for places, colours and kinds, each once. */
export function attributeWords(): readonly (readonly string[])[] {
  return [...new Set(Object.values(ATTRIBUTES).flat())].map((word) => [word]);
}

/** Words for what the pictogram world's pictures show, as they stand within a sentence. */
export function patchWords(
  tokenizer: TextTokenizer,
  weights: WordWeights,
  still: boolean,
): Pick<AnswerStage, 'words' | 'ground'> {
  // Places are told in ninths.
  const thirds = (words: readonly string[]): string[][] => words.flatMap((word) => [[word], [word], [word]]);
  const names = { own: patchClassWords(), alsoRight: alsoNamed() };
  const all: Record<keyof WordWeights, { own: readonly (readonly string[])[]; alsoRight?: Words['alsoRight'] }> = {
    names,
    colours: { own: ATTRIBUTES.colours.map((word) => [word]) },
    rows: { own: thirds(ATTRIBUTES.rows) },
    columns: { own: thirds(ATTRIBUTES.columns) },
    kinds: { own: ATTRIBUTES.kinds.map((word) => [word]) },
    token: names,
  };
  const words = Object.entries(all).flatMap(([kind, { own, alsoRight }]) => {
    const weight = weights[kind as keyof WordWeights];
    const table = wordTable(tokenizer, own);
    return weight === undefined ? [] : [[kind, { table, alsoRight, weight, still, token: kind === 'token' }] as const];
  });
  return {
    words: Object.fromEntries(words),
    ground: { kind: 'names', target: nothingClass() },
  };
}

/** Kept pictures of the pictogram world, with questions made anew each time one is drawn. */
export function sceneSource(
  name: string,
  store: FeatureStore<Scene>,
  encoder: PairEncoder,
  options: {
    weight: number;
    asking: Asking;
    favour?: Favour;
    /** Also say what tokens of the prompt have to tell of the picture. */
    lookups?: boolean;
    /** Share of the questions that follow others about the same picture. */
    followUps?: number;
    /** Share of the questions that are put in words of every day. */
    everyday?: number;
  },
): AnswerSource {
  const { weight, asking, favour = {}, lookups = false, followUps = 0, everyday = 0 } = options;
  return {
    name,
    weight,
    length: store.length,
    draw(index, random, into) {
      store.read(index, into.patches, into.probabilities, 0);
      const scene = store.labels[index];
      const { names, token, ...attributes } = into.words;
      const sideOf = (patches: Int32Array): number => Math.sqrt(patches.length);
      names?.set(patchTargets(scene, sideOf(names)));
      for (const [kind, out] of Object.entries(attributes))
        out.set(patchAttribute(kind as PatchAttribute, scene, sideOf(out)));
      if (scene.objects.length === 1) token?.fill(conceptClass(conceptOf(scene.objects[0]).id));
      const usual = asking === 'name' ? nameOnly(scene, random) : favouredQuestions(scene, random, favour);
      const questions = someReworded(usual, random, everyday);
      const view = lookups ? viewScene(scene) : null;
      const asked = questions.map((q, i) => ({ q, earlier: earlierTurns(questions, i, random, followUps) }));
      if (view === null) return asked.map(({ q, earlier }) => encode(encoder, q, earlier));
      const before = placed(encoder, '', slotMentions(view));
      return asked.map(({ q, earlier }) => ({
        ...encode(encoder, q, earlier),
        lookups: placed(encoder, q.question, lookupsOf(q, view), earlier),
        before,
      }));
    },
  };
}

function placed(
  encoder: PairEncoder,
  question: string,
  mentions: readonly Mention[],
  earlier: readonly EarlierTurn[] = [],
): LookupPlace[] {
  return mentions.flatMap(({ end, targets }) => {
    const at = encoder.fusedPlace(question, end, earlier);
    return at === null ? [] : [{ at, targets }];
  });
}

/** One question in so many is to describe it; scenes of several things are described, too, and one thing must not become a list. */
const DESCRIBED = 8;

function nameOnly(scene: Scene, random: Random): Question[] {
  const named = (): Question => nameQuestion(conceptOf(scene.objects[0]), random);
  return [0, 1, 2, 3].map(
    () =>
      (random.int(DESCRIBED) === 0 ? describeQuestion(viewScene(scene), random, LONE_DESCRIBE_TEMPLATES) : null) ??
      named(),
  );
}

function encode(encoder: PairEncoder, q: Question, earlier: readonly EarlierTurn[]): AskedPair {
  const short = asksForWord(q.question);
  const pair = encoder.encode(q.question, q.answer, { reading: q.kind === 'text', earlier });
  return { kind: q.kind, short, ...pair, ...(q.listed && { pointer: pointed(encoder, q.answer, pair, q.listed) }) };
}

/** The part of the picture of the thing that each token belongs to or leads up to; behind the last one, that there is none. */
function pointed(
  encoder: PairEncoder,
  answer: string,
  pair: TokenisedPair,
  listed: readonly { end: number; slot: number }[],
): number[] {
  const ends = listed.map(({ end }) => encoder.answerPlace(answer, end));
  return pair.answer.map((_, i) => listed[ends.findIndex((end) => i < end)]?.slot ?? SLOTS);
}
