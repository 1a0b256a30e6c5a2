import type { Random } from '../../util/random.ts';
import { withArticle } from './names.ts';
import { BIGGER_TEMPLATES } from './questions-bigger.ts';
import { COLOUR_TEMPLATES, PLURAL_COLOUR_TEMPLATES } from './questions-colour.ts';
import { pluralSubject, RELATION_TEMPLATES } from './questions-relation.ts';
import type { Thing } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import { PLURAL_WHERE_TEMPLATES, WHERE_TEMPLATES } from './questions-where.ts';
import { makeQuestion } from './questions-wording.ts';

// Only wordings that are also asked about what is there: else the wording would give the answer away.
export const REFUSE_TEMPLATES: readonly string[] = [...COLOUR_TEMPLATES, ...WHERE_TEMPLATES];
export const PLURAL_REFUSE_TEMPLATES: readonly string[] = [...PLURAL_COLOUR_TEMPLATES, ...PLURAL_WHERE_TEMPLATES];

/**
 * A question that takes for granted what is not there.
 *
 * @param present something that is there, to ask how the missing thing lies to it and which is bigger
 */
export function refuseQuestion(missing: Thing, random: Random, present: Thing | null = null): Question {
  const plural = missing.use === 'plural';
  const fill = { x: missing.name, y: present?.name ?? '', m: random.pick(['bigger', 'bigger', 'smaller']) };
  const { answer, accepted } = refusal(missing);
  return makeQuestion(random, {
    kind: 'refuse',
    templates: present === null ? (plural ? PLURAL_REFUSE_TEMPLATES : REFUSE_TEMPLATES) : pairTemplates(plural, random),
    fill,
    answer,
    // Asked for a word, too, as one may be about what is there; there is no shorter way to say it.
    short: answer,
    accepted,
  });
}

function pairTemplates(plural: boolean, random: Random): readonly string[] {
  if (random.chance(0.5)) return BIGGER_TEMPLATES;
  return plural ? RELATION_TEMPLATES.map(pluralSubject) : RELATION_TEMPLATES;
}

/** `There is no dog in the picture.` and what says the same. */
export function refusal(missing: Thing): { answer: string; accepted: string[] } {
  const be = missing.use === 'plural' ? 'are' : 'is';
  return {
    answer: `There ${be} no ${missing.name} in the picture.`,
    accepted: [
      `no ${missing.name}`,
      `no ${missing.plural}`,
      `I do not see ${withArticle(missing)}`,
      `I see no ${missing.name}`,
      `I cannot see ${withArticle(missing)}`,
      'none',
    ],
  };
}
