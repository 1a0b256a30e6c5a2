import type { Random } from '../../util/random.ts';
import type { NamedConcept } from './concepts.ts';
import { otherThings } from './questions-name.ts';
import type { Offer, Question } from './questions-types.ts';
import type { SceneView } from './questions-view.ts';
import { numberWord } from './questions-wording.ts';
import { COLOUR_NAMES } from './types.ts';

export const LETTERS = ['A', 'B', 'C', 'D'] as const;

const SUFFIXES: readonly string[] = [
  '',
  '',
  ' Answer with the letter.',
  " Answer with the option's letter from the given choices directly.",
  ' Which letter is right?',
  ' Choose one.',
];

/** Of a picture of one thing. */
export const CHOICE_TEMPLATES: readonly string[] = [
  'What is this?',
  'What is it?',
  'What is in the picture?',
  'What is shown?',
  'What do you see?',
  'Which of these is in the picture?',
  'Which one is it?',
  'Choose what the picture shows.',
  'What does the image show?',
];

/** Where other things may be in the picture, too. */
export const SEVERAL_CHOICE_TEMPLATES: readonly string[] = [
  'Which of these is in the picture?',
  'What is in the picture?',
  'Which of these do you see?',
  'Which one is shown?',
  'What can you see?',
  'Which of these things is there?',
  'What does the image show?',
  'Choose what is in the image.',
];

/**
 * Multiple choice with two to four options, one of them right; the answer is the letter.
 *
 * @param wrong what is surely not right, at least one
 */
export function choiceQuestion(
  right: Offer,
  wrong: readonly Offer[],
  random: Random,
  templates: readonly string[] = CHOICE_TEMPLATES,
): Question {
  const count = Math.min(wrong.length, random.chance(0.65) ? 3 : 1 + random.int(2));
  const offers = random.shuffle([right, ...wrong.slice(0, count)]);
  const letter = LETTERS[offers.indexOf(right)];
  const mark = random.pick(['A: ', 'A) ', 'A. ']);
  const join = random.pick([' ', ', ', ' ']);
  const template = random.pick(templates);
  const names = offers.map(({ name }) => name);
  const { question, ends } = withOptions(template, names, mark, join);
  const suffix = random.pick(SUFFIXES);
  return {
    kind: 'choice',
    question: question + suffix,
    wording: { templates, fill: {}, suffix },
    answer: letter,
    accepted: [`${letter}: ${right.name}`, right.name, ...(right.synonyms ?? [])],
    options: offers.map((offer, i) => ({ end: ends[i], right: offer === right, offer })),
  };
}

/**
 * Appends options to a question; `ends`: where each of them ends, in UTF-16 units.
 *
 * @param mark what stands before the first option, with its letter
 * @param join what stands between two
 */
export function withOptions(
  asked: string,
  options: readonly string[],
  mark: string,
  join: string,
): { question: string; ends: number[] } {
  let question = `${asked} `;
  const ends = options.map((option, i) => {
    question += `${i === 0 ? '' : join}${mark.replace('A', LETTERS[i])}${option}`;
    return question.length;
  });
  return { question, ends };
}

/** What is shown, how many or which colour, with options. */
export function askChoice(view: SceneView, random: Random, table: readonly NamedConcept[]): Question | null {
  const coloured = view.singles.filter((group) => group.colour !== null && group.thing.use !== 'plural');
  const counted = view.askable.filter((group) => group.thing.use === 'count' && group.members.length > 1);
  const subject = random.float();
  if (subject < 0.2 && coloured.length > 0) {
    const { thing, colour } = random.pick(coloured);
    const wrong = random.shuffle(COLOUR_NAMES.filter((other) => other !== colour));
    return choiceQuestion({ name: colour ?? '' }, words(wrong), random, [
      `What colour is the ${thing.name}?`,
      `Which color is the ${thing.name}?`,
    ]);
  }
  if (subject < 0.4 && counted.length > 0) {
    const { thing, members } = random.pick(counted);
    const wrong = random.shuffle([1, 2, 3, 4, 5, 6].filter((count) => count !== members.length)).map(numberWord);
    return choiceQuestion({ name: numberWord(members.length) }, words(wrong), random, [
      `How many ${thing.plural} are there?`,
      `How many ${thing.plural} do you see?`,
    ]);
  }
  if (view.askable.length === 0) return null;
  const { thing } = random.pick(view.askable);
  const others = otherThings(
    view.groups.map((group) => group.thing),
    table,
    random,
  );
  if (others.length === 0) return null;
  const single = view.scene.objects.length === 1;
  return choiceQuestion(thing, others, random, single ? undefined : SEVERAL_CHOICE_TEMPLATES);
}

const words = (names: readonly string[]): Offer[] => names.map((name) => ({ name }));
