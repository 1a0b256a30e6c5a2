import type { Random } from '../../util/random.ts';
import type { Question } from './questions-types.ts';
import type { SceneView } from './questions-view.ts';
import { makeQuestion } from './questions-wording.ts';

export const TEXT_TEMPLATES: readonly string[] = [
  'What does the text say?',
  'What is written here?',
  'Read the text.',
  'What does it say?',
  'Which word is written in the picture?',
  'What text is in the image?',
  'What text do you see?',
  'Read the word in the picture.',
  'What letters do you see?',
  'Can you read the text?',
  'What is the text?',
];

/** Reads the lettering; where there is none, says so. */
export function textQuestion(view: SceneView, random: Random): Question | null {
  const { lettering } = view.scene;
  if (lettering === null) return null;
  const { text } = lettering;
  return makeQuestion(random, {
    kind: 'text',
    templates: TEXT_TEMPLATES,
    answer: `It says "${text}".`,
    short: text,
    accepted: [text, `the text says ${text}`, `the text is ${text}`, `the word is ${text}`, `it says ${text}`],
  });
}

/** Asked to read where nothing is written. */
export function noTextQuestion(random: Random): Question {
  return makeQuestion(random, {
    kind: 'refuse',
    templates: TEXT_TEMPLATES,
    answer: 'There is no text in the picture.',
    accepted: ['no text', 'there is no word', 'none', 'nothing', 'nothing is written', 'there are no letters'],
  });
}
