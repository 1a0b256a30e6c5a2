import type { Random } from '../util/random.ts';
import type { EarlierTurn } from './tokenise.ts';

/**
 * The turn before a question: another one about the same picture, with its answer, for a share of the questions.
 *
 * @param index of the question among `questions`
 * @param share 0: never, and nothing is drawn
 */
export function earlierTurn(
  questions: readonly EarlierTurn[],
  index: number,
  random: Random,
  share: number,
): EarlierTurn | undefined {
  if (share === 0 || questions.length < 2 || !random.chance(share)) return undefined;
  return questions[(index + 1 + random.int(questions.length - 1)) % questions.length];
}
