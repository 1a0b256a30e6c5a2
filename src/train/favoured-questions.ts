import type { Random } from '../util/random.ts';
import { namedConcepts } from './pictograms/concepts.ts';
import { askAbout, type Question, type QuestionKind } from './pictograms/questions.ts';
import type { Scene } from './pictograms/types.ts';

/** How much likelier a kind comes early among a picture's questions than one that is not named. */
export type Favour = Readonly<Partial<Record<QuestionKind, number>>>;

/**
 * Questions about a scene, one of each kind that fits, and a second one of each favoured kind, in random order:
 * favoured ones tend to come first, for a step asks only a few. Some kinds fit few pictures (which of two is bigger)
 * and would hardly be learnt.
 */
export function favouredQuestions(scene: Scene, random: Random, favour: Favour): Question[] {
  const kinds = Object.keys(favour) as QuestionKind[];
  const questions = askAbout(scene, random);
  if (kinds.length === 0) return questions;
  const again = askAbout(scene, random, namedConcepts(), { kinds });
  // Exponential waiting times: the first of several is one in proportion to its rate.
  const timed = [...questions, ...again].map((question) => ({
    question,
    time: -Math.log(1 - random.float()) / (favour[question.kind] ?? 1),
  }));
  return timed.sort((a, b) => a.time - b.time).map(({ question }) => question);
}
