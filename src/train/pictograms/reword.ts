import type { Random } from '../../util/random.ts';
import { withArticle } from './names.ts';
import { otherName } from './other-names.ts';
import type { Question } from './questions-types.ts';
import { fillIn, inHaste } from './questions-wording.ts';
import { type ChoiceBook, rewordChoice } from './reword-choice.ts';

/** Other words for what questions ask. */
export interface Phrasebook {
  /** For a list of wordings others, to use in their place; those with a place that nothing fills are passed over. */
  wordings: ReadonlyMap<readonly string[], readonly string[]>;
  /** How options of a multiple choice are put; without it, a multiple choice stays as it is. */
  choice?: ChoiceBook;
  /** How often a thing goes by another name where the answer stays the same. */
  otherNames?: number;
  /** Words and what they may be changed for, `picture` for all the words for one. */
  words: readonly (readonly [from: RegExp, to: readonly string[]])[];
  /** What may stand before a question, or nothing. */
  before: readonly string[];
  /** What may stand behind it in place of its last mark. */
  after: readonly string[];
}

/** How often words are changed where they can be. */
const CHANGED = 0.5;

/** How often something stands before a question, and behind it. */
const ADDED = 0.15;

/** How often a question comes as people type in haste. */
const HASTY = 0.2;

/** The same question in other words, as people ask. */
export function reword(asked: Question, random: Random, book: Phrasebook): Question {
  const { wordings, choice, words, before, after } = book;
  if (asked.wording === undefined || (asked.options !== undefined && choice === undefined)) return asked;
  const { templates, suffix } = asked.wording;
  const fill = renamed(asked.wording, random, book);
  const others = (wordings.get(templates) ?? []).filter((line) => !fillIn(line, fill).includes('{'));
  let template = random.pick(others.length > 0 ? others : templates);
  for (const [from, to] of words)
    if (random.chance(CHANGED)) template = template.replace(from, (word) => likeCased(random.pick(to), word));
  if (asked.options !== undefined && choice !== undefined)
    return rewordChoice(asked, fillIn(template, fill), random, choice);
  let question = fillIn(template, fill);
  if (before.length > 0 && random.chance(ADDED))
    question = `${random.pick(before)} ${inHaste(question)}${lastMark(question)}`;
  if (after.length > 0 && random.chance(ADDED)) question = question.replace(/[?.]?$/, random.pick(after));
  if (random.chance(HASTY)) question = inHaste(question);
  return { ...asked, question: question + suffix };
}

/** What fills the places, the thing by another of its names where it may be and has one. */
function renamed(
  { fill, thing }: NonNullable<Question['wording']>,
  random: Random,
  { otherNames }: Phrasebook,
): Readonly<Record<string, string>> {
  if (thing === undefined || otherNames === undefined || !random.chance(otherNames)) return fill;
  const other = otherName(thing, random);
  return other === null ? fill : { ...fill, x: withArticle(other) };
}

function lastMark(question: string): string {
  return /[?.]$/.exec(question)?.[0] ?? '';
}

function likeCased(word: string, like: string): string {
  return /^\p{Lu}/u.test(like) ? word.charAt(0).toUpperCase() + word.slice(1) : word;
}
