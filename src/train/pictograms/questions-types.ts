import type { Name } from './names.ts';

/** What is asked: each kind is scored on its own. */
export const QUESTION_KINDS = [
  'name',
  'describe',
  'count',
  'colour',
  'where',
  'relation',
  'yesno',
  'bigger',
  'text',
  'compare',
  'category',
  'choice',
  'refuse',
] as const;

export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** A question about a picture and its answer. */
export interface Question {
  kind: QuestionKind;
  question: string;
  answer: string;
  /** Other right answers, in any spelling that normalises to the same; the answer need not be among them. */
  accepted: string[];
  /** The wordings it is one of, what fills their places, and what follows: so that it can be worded anew (`reword`). */
  wording?: {
    templates: readonly string[];
    fill: Readonly<Record<string, string>>;
    suffix: string;
    /** The thing whose name, with its article, fills `{x}`, where the answer is the same by any of its names. */
    thing?: Offer;
  };
  /** For a list of things: the forms of each part, all of which a right answer has, in any order. */
  parts?: string[][];
  /** Of a list of things: where each ends in the answer, in UTF-16 units, and in which of the picture's parts it comes first. */
  listed?: { end: number; slot: number }[];
  /** Of a multiple choice, A first. */
  options?: Option[];
}

/** One option of a multiple choice. */
export interface Option {
  /** Where it ends in the question, in UTF-16 units. */
  end: number;
  right: boolean;
  offer: Offer;
  /** Whether it goes by another than its first name. */
  renamed?: boolean;
}

/** What may be offered: a thing, with its other names, or any word. */
export interface Offer extends Partial<Name> {
  name: string;
  synonyms?: readonly string[];
}
