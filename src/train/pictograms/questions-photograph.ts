import type { Random } from '../../util/random.ts';
import type { NamedConcept } from './concepts.ts';
import { countQuestion } from './questions-count.ts';
import { describeQuestion, LONE_DESCRIBE_TEMPLATES } from './questions-describe.ts';
import { categoryQuestion, choiceQuestion, isItQuestion, nameQuestion, otherThings } from './questions-name.ts';
import { refusal } from './questions-refuse.ts';
import { CLEAR_KINDS, rightNames, type Thing } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import type { SceneView, ThingGroup } from './questions-view.ts';
import { PLURAL_WHERE_TEMPLATES, WHERE_TEMPLATES, whereQuestion } from './questions-where.ts';
import { makeQuestion } from './questions-wording.ts';
import { yesNoQuestion } from './questions-yesno.ts';
import type { Box, SceneObject } from './types.ts';

/** Where the thing of a photograph is taken to be. */
const MIDDLE: Box = [0.2, 0.2, 0.8, 0.8];

/**
 * Questions about a photograph of one thing, of which only the thing is known: that it is the only one, and in the
 * middle, is taken for granted. In random order. Each wording that takes a thing for granted is asked about the thing
 * that is there as often as about another; colours are not asked, for the thing's own is not known.
 *
 * @param table things to draw wrong options and absent things from
 */
export function askAboutPhotograph(thing: Thing, table: readonly Thing[], random: Random): Question[] {
  const view = photographView(thing);
  const others = otherThings([thing], table, random);
  const questions = [
    nameQuestion(thing, random),
    isItQuestion(thing, table, random),
    yesNoQuestion(view, table, random),
    countQuestion(view, table, random),
    whereQuestion(view, random),
    describeQuestion(view, random, LONE_DESCRIBE_TEMPLATES),
    CLEAR_KINDS.includes(thing.kind) ? categoryQuestion(thing, random) : null,
  ];
  if (others.length > 0) {
    const wrong = others.map(({ name }) => name);
    questions.push(choiceQuestion(thing.name, wrong, random, undefined, rightNames(thing)));
    questions.push(whereMissing(random.pick(others), random));
  }
  return random.shuffle(questions.filter((question) => question !== null));
}

function photographView(thing: Thing): SceneView {
  const concept: NamedConcept = { ...thing, id: thing.name, slugs: [], codepoints: [], group: thing.group ?? null };
  const object: SceneObject = { concept: concept.id, style: 'photograph', box: MIDDLE, colour: null, hidden: 0 };
  const group: ThingGroup = { thing: concept, members: [object], box: MIDDLE, colour: null, askable: true };
  return {
    scene: { seed: '', size: 1, background: { kind: 'plain', colour: null }, objects: [object], lettering: null },
    groups: [group],
    askable: [group],
    singles: [group],
    allClear: true,
  };
}

function whereMissing(missing: Thing, random: Random): Question {
  const { answer, accepted } = refusal(missing);
  return makeQuestion(random, {
    kind: 'refuse',
    templates: missing.use === 'plural' ? PLURAL_WHERE_TEMPLATES : WHERE_TEMPLATES,
    fill: { x: missing.name },
    answer,
    short: answer,
    accepted,
  });
}
