import type { Random } from '../util/random.ts';
import type { EarlierTurn } from './tokenise.ts';

/** Most turns before a question. */
const MOST = 4;

/**
 * The turns before a question: others about the same picture, with their answers, for a share of the questions; one
 * as often as two, three or four. None where nothing else was asked.
 *
 * @param index of the question among `questions`
 * @param share 0: never, and nothing is drawn
 */
export function earlierTurns(
  questions: readonly EarlierTurn[],
  index: number,
  random: Random,
  share: number,
): readonly EarlierTurn[] {
  if (share === 0 || questions.length < 2 || !random.chance(share)) return [];
  const others = random.shuffle(questions.filter((_, i) => i !== index));
  const turns = 1 + random.int(Math.min(MOST, others.length));
  return others.slice(0, turns);
}
