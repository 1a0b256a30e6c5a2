import type { Random } from '../../util/random.ts';
import type { NamedConcept } from './concepts.ts';
import { choiceQuestion } from './questions-choice.ts';
import { COLOUR_TEMPLATES, colourQuestion, PLURAL_COLOUR_TEMPLATES } from './questions-colour.ts';
import { countQuestion } from './questions-count.ts';
import { describeQuestion, LONE_DESCRIBE_TEMPLATES } from './questions-describe.ts';
import { categoryQuestion, isItQuestion, nameQuestion, otherThings } from './questions-name.ts';
import { refusal } from './questions-refuse.ts';
import { CLEAR_KINDS, type Thing } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import type { SceneView, ThingGroup } from './questions-view.ts';
import { PLURAL_WHERE_TEMPLATES, WHERE_TEMPLATES, whereQuestion } from './questions-where.ts';
import { makeQuestion } from './questions-wording.ts';
import { yesNoQuestion } from './questions-yesno.ts';
import type { Box, ColourName, SceneObject } from './types.ts';

/** Where the thing of a photograph is taken to be. */
const MIDDLE: Box = [0.2, 0.2, 0.8, 0.8];

/** Colours in a photograph; null where none is known. */
export interface PhotographColours {
  thing: ColourName | null;
  ground: ColourName | null;
}

const UNKNOWN: PhotographColours = { thing: null, ground: null };

/**
 * Questions about a photograph of one thing, of which only the thing is known: that it is the only one, and in the
 * middle, is taken for granted. In random order. Each wording that takes a thing for granted is asked about the thing
 * that is there as often as about another; so colours are asked where the thing's own is known, and that of a plain
 * ground.
 *
 * @param table things to draw wrong options and absent things from
 */
export function askAboutPhotograph(
  thing: Thing,
  table: readonly Thing[],
  random: Random,
  colours: PhotographColours = UNKNOWN,
): Question[] {
  const view = photographView(thing, colours);
  const others = otherThings([thing], table, random);
  const questions = [
    nameQuestion(thing, random),
    isItQuestion(thing, table, random),
    yesNoQuestion(view, table, random),
    countQuestion(view, table, random),
    whereQuestion(view, random),
    describeQuestion(view, random, LONE_DESCRIBE_TEMPLATES),
    CLEAR_KINDS.includes(thing.kind) ? categoryQuestion(thing, random) : null,
    colourQuestion(view, random),
  ];
  if (others.length > 0) {
    questions.push(choiceQuestion(thing, others, random));
    questions.push(missingQuestion(random.pick(others), WHERE, random));
    if (colours.thing !== null) questions.push(missingQuestion(random.pick(others), COLOUR, random));
  }
  return random.shuffle(questions.filter((question) => question !== null));
}

function photographView(thing: Thing, colours: PhotographColours): SceneView {
  const concept: NamedConcept = { ...thing, id: thing.name, slugs: [], codepoints: [], group: thing.group ?? null };
  const colour = colours.thing;
  const object: SceneObject = { concept: concept.id, style: 'photograph', box: MIDDLE, colour, hidden: 0 };
  const group: ThingGroup = { thing: concept, members: [object], box: MIDDLE, colour, askable: true };
  return {
    scene: {
      seed: '',
      size: 1,
      background: { kind: 'plain', colour: colours.ground },
      objects: [object],
      lettering: null,
    },
    groups: [group],
    askable: [group],
    singles: [group],
    allClear: true,
  };
}

/** Wordings that take a thing for granted, for one and for what is always plural. */
type Granting = Readonly<Record<'one' | 'plural', readonly string[]>>;

const WHERE: Granting = { one: WHERE_TEMPLATES, plural: PLURAL_WHERE_TEMPLATES };
const COLOUR: Granting = { one: COLOUR_TEMPLATES, plural: PLURAL_COLOUR_TEMPLATES };

function missingQuestion(missing: Thing, { one, plural }: Granting, random: Random): Question {
  const { answer, accepted } = refusal(missing);
  return makeQuestion(random, {
    kind: 'refuse',
    templates: missing.use === 'plural' ? plural : one,
    fill: { x: missing.name },
    answer,
    short: answer,
    accepted,
  });
}
