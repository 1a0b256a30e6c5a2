import { answerMentions } from './answer-mentions.ts';
import type { Mention } from './lookup-types.ts';
import { mentionsIn } from './mentions.ts';
import type { Question } from './questions-types.ts';
import type { SceneView } from './questions-view.ts';

/**
 * All that tokens of a question and the prompt's last are to tell of the picture, each token once: the last what the
 * answer says, the others what the question names, and of a multiple choice what each option is.
 */
export function lookupsOf(question: Question, view: SceneView): Mention[] {
  const mentions = mentionsIn(question.question, view);
  const { options = [] } = question;
  const offered = options.map(({ end, right, renamed }, nth): Mention => {
    // Another of its names may be the first of something else.
    const named = renamed ? undefined : mentions.find((mention) => mention.end === end);
    return { end, targets: { ...named?.targets, optionLetter: nth, isRight: right ? 1 : 0 } };
  });
  const others = mentions.filter(({ end }) => options.every((option) => option.end !== end));
  return [...answerMentions(question, mentions, view), ...others, ...offered];
}
