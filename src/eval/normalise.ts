import type { Question } from '../train/pictograms/questions-types.ts';

const NUMBERS = new Map(
  (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
    'eighteen nineteen twenty'
  )
    .split(' ')
    .map((word, value) => [word, String(value)]),
);

const SPELLINGS = new Map([
  ['color', 'colour'],
  ['colors', 'colours'],
  ['colored', 'coloured'],
  ['gray', 'grey'],
  ['centre', 'center'],
  ['middle', 'center'],
  ['upper', 'top'],
  ['lower', 'bottom'],
  ['image', 'picture'],
  ['photo', 'picture'],
  ['photograph', 'picture'],
  ['its', 'it is'],
  ['thats', 'that is'],
  ['theres', 'there is'],
  ['theyre', 'they are'],
  ['dont', 'do not'],
  ['cant', 'cannot'],
]);

const ARTICLES = new Set(['a', 'an', 'the']);

/** What stands before an answer without being part of it, articles already left out. */
const CARRIERS = [
  'in picture there is',
  'in picture there are',
  'in picture i see',
  'in picture is',
  'it looks like',
  'this looks like',
  'looks like',
  'picture shows',
  'this picture shows',
  'this shows',
  'it shows',
  'shows',
  'this is picture of',
  'picture of',
  'this is',
  'that is',
  'it is',
  'these are',
  'they are',
  'there is',
  'there are',
  'i can see',
  'i see',
  'i think',
  'you see',
  'you can see',
  'answer is',
  'answer',
  'maybe',
  'probably',
  'here is',
  'here are',
];

const TRAILERS = ['in picture', 'in this picture', 'on picture', 'here'];

export interface NormaliseOptions {
  /** Number words become digits (default). */
  numbers?: boolean;
}

/**
 * What is compared when answers are scored: lower case, without articles, punctuation and phrases such as "it is";
 * number words as digits, one spelling of colour, grey and center.
 */
export function normaliseAnswer(text: string, options: NormaliseOptions = {}): string {
  const plain = wordsOf(text, options.numbers ?? true);
  const bare = plain.filter((word) => !ARTICLES.has(word));
  // A lone letter A is an answer, not an article.
  return strip(bare.length === 0 ? plain : bare).join(' ');
}

function wordsOf(text: string, numbers: boolean): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’‘`]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .split(' ')
    .flatMap((word) => {
      const number = numbers ? NUMBERS.get(word) : undefined;
      return number ?? (SPELLINGS.get(word) ?? word).split(' ');
    });
}

function strip(words: string[]): string[] {
  let left = words.join(' ');
  for (let changed = true; changed; ) {
    changed = false;
    for (const carrier of CARRIERS) {
      if (left.startsWith(`${carrier} `)) {
        left = left.slice(carrier.length + 1);
        changed = true;
      }
    }
    for (const trailer of TRAILERS) {
      if (left.endsWith(` ${trailer}`)) {
        left = left.slice(0, -trailer.length - 1);
        changed = true;
      }
    }
  }
  return left.split(' ');
}

/** Whether an answer is right: the same as the expected or an accepted one after normalisation. */
export function isRight(answer: string, question: Pick<Question, 'kind' | 'answer' | 'accepted' | 'parts'>): boolean {
  if (question.parts !== undefined) return hasAllParts(answer, question.answer, question.parts);
  const isText = question.kind === 'text';
  const normalise = (text: string) => normaliseAnswer(text, { numbers: !isText });
  const given = normalise(answer);
  if (given === '') return false;
  return [question.answer, ...question.accepted].some((right) => normalise(right) === given);
}

/** What may stand between the parts of a description. */
const FILLERS = new Set(['', '/', 'and', 'there', 'is', 'are', 'with', 'also']);

const BACKGROUND = / on (?:(\w+) )?background$/;

/** Each part once, in any order, and nothing else but "and"; the background may be left out, but not be wrong. */
function hasAllParts(answer: string, expected: string, parts: readonly (readonly string[])[]): boolean {
  const given = normaliseAnswer(answer);
  const ground = BACKGROUND.exec(given)?.[1];
  if (ground !== undefined && ground !== BACKGROUND.exec(normaliseAnswer(expected))?.[1]) return false;
  let left = ` ${given.replace(BACKGROUND, '')} `;
  const longest = (forms: readonly string[]) => Math.max(...forms.map((form) => form.length));
  for (const forms of [...parts].sort((a, b) => longest(b) - longest(a))) {
    const candidates = forms.map((form) => normaliseAnswer(form)).sort((a, b) => b.length - a.length);
    const form = candidates.find((candidate) => left.includes(` ${candidate} `));
    if (form === undefined) return false;
    left = left.replace(` ${form} `, ' / ');
  }
  return left.split(' ').every((word) => FILLERS.has(word));
}
