import type { Random } from '../util/random.ts';
import { namedConcepts } from './pictograms/concepts.ts';
import { askAbout, QUESTION_KINDS, type Question, type QuestionKind } from './pictograms/questions.ts';
import { asksForWord } from './pictograms/questions-name.ts';
import type { Scene } from './pictograms/types.ts';

/**
 * How much likelier a kind comes early among a picture's questions than one that is not named, and `short` how much
 * likelier one that asks for a word or phrase only.
 */
export type Favour = Readonly<Partial<Record<QuestionKind | 'short', number>>>;

/**
 * Questions about a scene, one of each kind that fits, and a second one of each favoured kind, in random order:
 * favoured ones tend to come first, for a step asks only a few. Some kinds fit few pictures (which of two is bigger)
 * and would hardly be learnt.
 */
export function favouredQuestions(scene: Scene, random: Random, favour: Favour): Question[] {
  const kinds = QUESTION_KINDS.filter((kind) => favour[kind] !== undefined);
  const questions = askAbout(scene, random);
  if (Object.keys(favour).length === 0) return questions;
  const again = askAbout(scene, random, namedConcepts(), { kinds });
  // Exponential waiting times: the first of several is one in proportion to its rate.
  const timed = [...questions, ...again].map((question) => ({
    question,
    time: -Math.log(1 - random.float()) / rateOf(question, favour),
  }));
  return timed.sort((a, b) => a.time - b.time).map(({ question }) => question);
}

function rateOf({ kind, question }: Question, favour: Favour): number {
  return (favour[kind] ?? 1) * (asksForWord(question) ? (favour.short ?? 1) : 1);
}
