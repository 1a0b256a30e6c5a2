import type { Random } from '../../util/random.ts';
import type { Question } from './questions-types.ts';
import type { SceneView, ThingGroup } from './questions-view.ts';
import { makeQuestion } from './questions-wording.ts';

const MORE_TEMPLATES: readonly string[] = [
  'Are there more {x} or more {y}?',
  'Which are there more of, {x} or {y}?',
  'What is there more of, {x} or {y}?',
  'Do you see more {x} or more {y}?',
  'Of which are there more, {x} or {y}?',
  'Does the picture show more {x} or more {y}?',
  'Which is more often in the picture, {x} or {y}?',
  'More {x} or more {y}?',
];

const FEWER_TEMPLATES: readonly string[] = MORE_TEMPLATES.filter((line) => line.includes('more {x}')).map((line) =>
  line.replaceAll('more', 'fewer').replace('More', 'Fewer'),
);

const SAME_COLOUR_TEMPLATES: readonly string[] = [
  'Do the {x} and the {y} have the same colour?',
  'Are the {x} and the {y} the same color?',
  'Are the {x} and the {y} of the same colour?',
  'Do the {x} and the {y} have one colour?',
  'Is the colour of the {x} and the {y} the same?',
  'Have the {x} and the {y} the same color?',
  'Do the {x} and the {y} share a colour?',
  'Is the {x} of the same colour as the {y}?',
];

/** Which of two things is there more of, or whether two have the same colour. */
export function compareQuestion(view: SceneView, random: Random): Question | null {
  const choices = random.shuffle([moreQuestion, moreQuestion, sameColourQuestion]);
  for (const choose of choices) {
    const question = choose(view, random);
    if (question !== null) return question;
  }
  return null;
}

function moreQuestion(view: SceneView, random: Random): Question | null {
  const countable = view.askable.filter(({ thing }) => thing.use === 'count');
  const { alike, unlike } = pairsBy(countable, ({ members }) => members.length);
  const differ = unlike.length > 0 && (alike.length === 0 || random.chance(0.8));
  // Most things come alone: asked about as often as others, "as many of both" would be a safe guess.
  if (!differ && (alike.length === 0 || !random.chance(0.06))) return null;
  const [first, second] = random.shuffle(random.pick(differ ? unlike : alike));
  const fewer = random.chance(0.25);
  const wording = {
    kind: 'compare' as const,
    templates: fewer ? FEWER_TEMPLATES : MORE_TEMPLATES,
    fill: { x: first.thing.plural, y: second.thing.plural },
  };
  if (!differ)
    return makeQuestion(random, {
      ...wording,
      answer: 'There are as many of both.',
      short: 'equal',
      accepted: ['the same', 'same', 'as many', 'both', 'neither', 'same number', 'they are equal', 'equally many'],
    });
  const { thing } = first.members.length > second.members.length === fewer ? second : first;
  const word = fewer ? 'fewer' : 'more';
  return makeQuestion(random, {
    ...wording,
    answer: `There are ${word} ${thing.plural}.`,
    short: thing.plural,
    accepted: [thing.plural, thing.name, `${word} ${thing.plural}`, `${thing.plural} are ${word}`],
  });
}

/** All pairs of things, in either order: those that are alike in something, and the others. */
function pairsBy(groups: readonly ThingGroup[], something: (group: ThingGroup) => unknown) {
  const pairs = groups.flatMap((first) => groups.map((second): [ThingGroup, ThingGroup] => [first, second]));
  const distinct = pairs.filter(([first, second]) => first !== second);
  const isAlike = ([first, second]: [ThingGroup, ThingGroup]): boolean => something(first) === something(second);
  return { alike: distinct.filter(isAlike), unlike: distinct.filter((pair) => !isAlike(pair)) };
}

function sameColourQuestion(view: SceneView, random: Random): Question | null {
  const coloured = view.singles.filter((group) => group.colour !== null && group.thing.use !== 'plural');
  const { alike, unlike } = pairsBy(coloured, ({ colour }) => colour);
  const same = alike.length > 0 && (unlike.length === 0 || random.chance(0.5));
  // Few pictures hold two things of one colour: asked about all the others as often, "no" would be a safe guess.
  if (!same && (unlike.length === 0 || !random.chance(0.4))) return null;
  const [first, second] = random.pick(same ? alike : unlike);
  const answer = same
    ? `Yes, both are ${first.colour}.`
    : `No, the ${first.thing.name} is ${first.colour} and the ${second.thing.name} is ${second.colour}.`;
  return makeQuestion(random, {
    kind: 'compare',
    templates: SAME_COLOUR_TEMPLATES,
    fill: { x: first.thing.name, y: second.thing.name },
    answer: random.chance(0.7) ? (same ? 'Yes.' : 'No.') : answer,
    short: same ? 'Yes' : 'No',
    accepted: [answer],
  });
}
