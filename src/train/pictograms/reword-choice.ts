import type { Random } from '../../util/random.ts';
import { type Name, namingSentence, withArticle } from './names.ts';
import { otherName } from './other-names.ts';
import { CHOICE_TEMPLATES, withOptions } from './questions-choice.ts';
import type { Offer, Option, Question } from './questions-types.ts';
import { inHaste, listOf } from './questions-wording.ts';

/** Other ways to offer things. */
export interface ChoiceBook {
  /** Before the first option, with its letter. */
  marks: readonly string[];
  /** Between two options. */
  joins: readonly string[];
  /** Questions that offer things by name alone, in place of `{x}`: "Is this a cat or a dog?" */
  either: readonly string[];
}

/** How often an option goes by another of its names. */
const OTHER_NAME = 0.5;

/** How often options have an article or a capital letter, all of them. */
const DRESSED = 0.15;

/** How often one thing is asked after without letters, and the answer is its name. */
const EITHER = 0.6;

/** How often that comes as people type in haste. */
const HASTY = 0.2;

/** The same multiple choice, worded as people do, with options by other names that they have. */
export function rewordChoice(asked: Question, template: string, random: Random, book: ChoiceBook): Question {
  const { wording, options = [] } = asked;
  const renamed = options.map((option) => (random.chance(OTHER_NAME) ? byOtherName(option, random) : option));
  if (wording?.templates === CHOICE_TEMPLATES && random.chance(EITHER)) return asEither(asked, renamed, random, book);
  const dress = random.chance(DRESSED) ? random.pick([articled, capitalised]) : ({ name }: Offer): string => name;
  const { question, ends } = withOptions(
    template,
    renamed.map(({ offer }) => dress(offer)),
    random.pick(book.marks),
    random.pick(book.joins),
  );
  return {
    ...asked,
    question: question + (wording?.suffix ?? ''),
    options: renamed.map((option, i) => ({ ...option, end: ends[i] })),
  };
}

function byOtherName(option: Option, random: Random): Option {
  const offer = otherName(option.offer, random);
  return offer === null ? option : { ...option, renamed: true, offer };
}

/** "Is this a cat or a dog?", answered with the name that was offered. */
function asEither(asked: Question, options: readonly Option[], random: Random, { either }: ChoiceBook): Question {
  const right = options.find((option) => option.right) as Option;
  const offered = listOf(
    options.map(({ offer }) => articled(offer)),
    'or',
  );
  const question = random.pick(either).replace('{x}', offered);
  return {
    kind: 'name',
    question: random.chance(HASTY) ? inHaste(question) : question,
    answer: namingSentence(asName(right.offer)),
    accepted: asked.accepted.filter((other) => !other.includes(': ')),
  };
}

const asName = (offer: Offer): Name => ({ use: 'count', plural: offer.name, article: '', ...offer });

const articled = (offer: Offer): string => withArticle(asName(offer));

const capitalised = ({ name }: Offer): string => name.charAt(0).toUpperCase() + name.slice(1);
