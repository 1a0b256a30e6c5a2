import type { Random } from '../../util/random.ts';
import type { Offer, Question, QuestionKind } from './questions-types.ts';

/** Ask for a single word; the third is LLaVA's own wording. */
export const SHORT_SUFFIXES: readonly string[] = [
  'Answer in one word.',
  'Answer with one word.',
  'Answer the question using a single word or phrase.',
  'Use a single word or phrase.',
  'One word only.',
  'In one word.',
  'Short answer please.',
  'Answer briefly.',
  'Just one word.',
];

/** How often a question asks for a short answer, where it has one. */
const SHORT_SHARE = 0.3;

/** How often a question comes as people type in haste: small first letter, no question mark. */
const HASTY_SHARE = 0.12;

const NUMBER_WORDS = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** `three` for 3; `no` for 0. */
export function numberWord(count: number): string {
  return NUMBER_WORDS[count] ?? String(count);
}

export interface Wording {
  kind: QuestionKind;
  /** With places such as `{x}`. */
  templates: readonly string[];
  /** What stands in the places. */
  fill?: Readonly<Record<string, string>>;
  /** The thing whose name, with its article, fills `{x}`, where the answer is the same by any of its names. */
  thing?: Offer;
  /** The answer as a full sentence. */
  answer: string;
  /** The answer as a word or phrase. */
  short?: string;
  accepted?: readonly string[];
  parts?: string[][];
}

/** Chooses a wording and whether a sentence or a word is wanted. */
export function makeQuestion(random: Random, wording: Wording): Question {
  const { kind, answer, short, accepted = [], parts, templates, fill = {}, thing } = wording;
  let question = fillIn(random.pick(templates), fill);
  if (random.chance(HASTY_SHARE)) question = inHaste(question);
  const isShort = short !== undefined && random.chance(SHORT_SHARE);
  const suffix = isShort ? ` ${random.pick(SHORT_SUFFIXES)}` : '';
  const others = [answer, ...(short === undefined ? [] : [short]), ...accepted];
  const chosen = isShort ? short : answer;
  return {
    kind,
    question: question + suffix,
    wording: { templates, fill, suffix, ...(thing === undefined ? {} : { thing }) },
    answer: chosen,
    accepted: [...new Set(others)].filter((other) => other !== chosen),
    ...(parts === undefined ? {} : { parts }),
  };
}

/** As people type in haste. */
export function inHaste(question: string): string {
  return question.charAt(0).toLowerCase() + question.slice(1).replace(/[?.]$/, '');
}

/** A template with its places filled. */
export function fillIn(template: string, fill: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (place, key: string) => fill[key] ?? place);
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(parts: readonly string[], word: 'and' | 'or' = 'and'): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${word} ${parts[parts.length - 1]}`;
}
