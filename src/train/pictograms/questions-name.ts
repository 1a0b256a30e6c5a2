import type { Random } from '../../util/random.ts';
import { kindNoun, kindOf } from './kinds.ts';
import { articleOf, hedgedAnswer, namingSentence, withArticle } from './names.ts';
import { CLEAR_KINDS, confusable, rightKinds, rightNames, type Thing } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import { makeQuestion, SHORT_SUFFIXES } from './questions-wording.ts';

/** Ask for the name of the one thing in a picture. */
export const NAME_TEMPLATES: readonly string[] = [
  'What is this?',
  'What is it?',
  'What is in the picture?',
  'What is in this image?',
  'What is shown here?',
  'What do you see?',
  'What does the picture show?',
  'What is the name of this?',
  'What can you see in the picture?',
  'Name this.',
  'What am I looking at?',
  'What thing is this?',
  'Which object is this?',
  'Can you tell me what this is?',
  'Identify the object.',
  'What is the main thing in the image?',
  'What object is shown?',
  'What is on the picture?',
];

/** "What is this?" about a picture of one thing. */
export function nameQuestion(thing: Thing, random: Random): Question {
  return makeQuestion(random, {
    kind: 'name',
    templates: NAME_TEMPLATES,
    fill: kindFill(thing),
    answer: namingSentence(thing),
    short: thing.name,
    accepted: [...rightNames(thing), thing.plural],
  });
}

/** "What is this?" where there is nothing. */
export function nothingQuestion(random: Random): Question {
  return makeQuestion(random, {
    kind: 'name',
    templates: NAME_TEMPLATES,
    answer: 'There is nothing in the picture.',
    short: 'nothing',
    accepted: ['I see nothing', 'there is nothing', 'none'],
  });
}

/**
 * Fills `{k}` and `{g}`, for wordings that say of what kind the thing is (`animal`) and of what finer one (`mammal`);
 * nothing where people may differ about the kind, or call the thing by that name.
 */
function kindFill({ kind, group, name, synonyms }: Thing): Record<string, string> {
  if (!CLEAR_KINDS.includes(kind)) return {};
  const kinds = { k: kindNoun(kind), g: group ?? name };
  return Object.fromEntries(Object.entries(kinds).filter(([, noun]) => ![name, ...synonyms].includes(noun)));
}

/** "What is this?" where two names are nearly as likely: both are the answer, or the likelier where a word is wanted. */
export function unsureQuestion(first: Thing, second: Thing, random: Random): Question {
  return makeQuestion(random, {
    kind: 'name',
    templates: NAME_TEMPLATES,
    answer: hedgedAnswer(first, second),
    short: first.name,
  });
}

const FINE_TEMPLATES: readonly string[] = [
  'What kind of {x} is this?',
  'What sort of {x} is it?',
  'Which kind of {x} is shown?',
  'What type of {x} is this?',
  'What {x} is this exactly?',
  'What kind of {x} do you see?',
  'Which type of {x} is in the picture?',
  'Can you name the kind of {x}?',
];

/** "What kind of dog is this?"; null where no narrower name is known. */
export function fineQuestion(thing: Thing & { fine: string }, random: Random): Question | null {
  if (thing.fine === thing.name) return null;
  return makeQuestion(random, {
    kind: 'name',
    templates: FINE_TEMPLATES,
    fill: { x: thing.use === 'plural' ? thing.plural : thing.name },
    answer: `It is ${articleOf(thing.fine.toLowerCase())} ${thing.fine}.`,
    short: thing.fine,
    accepted: [`${thing.fine} ${thing.name}`],
  });
}

export const CATEGORY_TEMPLATES: readonly string[] = [
  'What kind of thing is this?',
  'What sort of thing is it?',
  'What kind of thing is in the picture?',
  'What category does this belong to?',
  'What type of thing is shown?',
  'Which kind of object is this?',
  'What is the category of this object?',
  'What type of object is this?',
  'To what kind does it belong?',
  'What kind of thing do you see?',
];

/** "What kind of thing is this?" about a picture of one thing. */
export function categoryQuestion(thing: Thing, random: Random): Question {
  const kind = kindOf(thing.kind);
  return makeQuestion(random, {
    kind: 'category',
    templates: CATEGORY_TEMPLATES,
    answer: `It is ${kind.phrase}.`,
    short: kind.id,
    accepted: rightKinds(thing),
  });
}

/** Up to three things out of a table that none of these may be taken for; half of the time of a like kind. */
export function otherThings<T extends Thing>(
  present: readonly Thing[],
  table: readonly T[],
  random: Random,
  count = 3,
): T[] {
  const found: T[] = [];
  const like = present.length > 0 && random.chance(0.5) ? random.pick(present).kind : null;
  for (let tries = 0; tries < 60 && found.length < count; tries++) {
    const candidate = random.pick(table);
    if (like !== null && candidate.kind !== like && tries < 40) continue;
    if (![...present, ...found].some((thing) => confusable(thing, candidate))) found.push(candidate);
  }
  return found;
}

export const IS_IT_TEMPLATES: readonly string[] = [
  'Is this {x}?',
  'Is it {x}?',
  'Does the picture show {x}?',
  'Is there {x} in the picture?',
  'Do you see {x}?',
  'Can you see {x} here?',
  'Is {x} shown?',
  'Would you say this is {x}?',
];

/** Those that fit what is always plural. */
const PLURAL_IS_IT_TEMPLATES = IS_IT_TEMPLATES.filter((line) => !/(this|it|there|^Is) \{x\}|this is/.test(line));

/** "Is this a cat?" about a picture of one thing, as often yes as no. */
export function isItQuestion(thing: Thing, table: readonly Thing[], random: Random): Question | null {
  const yes = random.chance(0.5);
  const asked = yes ? thing : otherThings([thing], table, random, 1)[0];
  if (asked === undefined) return null;
  const long = yes ? `Yes, ${decapitalise(namingSentence(thing))}` : `No, ${decapitalise(namingSentence(thing))}`;
  return makeQuestion(random, {
    kind: 'yesno',
    templates: asked.use === 'plural' ? PLURAL_IS_IT_TEMPLATES : IS_IT_TEMPLATES,
    fill: { x: withArticle(asked) },
    thing: yes ? thing : undefined,
    answer: random.chance(0.5) ? long : yes ? 'Yes.' : 'No.',
    short: yes ? 'Yes' : 'No',
    accepted: [long],
  });
}

function decapitalise(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** Whether a question asks for a word or phrase only. */
export function asksForWord(question: string): boolean {
  return SHORT_SUFFIXES.some((suffix) => question.endsWith(suffix));
}
