import type { Random } from '../../util/random.ts';
import { namingSentence } from './names.ts';
import type { Thing } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import { centreOf, type SceneView, type ThingGroup } from './questions-view.ts';
import { makeQuestion } from './questions-wording.ts';
import type { Box } from './types.ts';

export type Relation = 'left' | 'right' | 'above' | 'below';

const PHRASES: Readonly<Record<Relation, string>> = {
  left: 'to the left of',
  right: 'to the right of',
  above: 'above',
  below: 'below',
};

const SHORT: Readonly<Record<Relation, readonly string[]>> = {
  left: ['left', 'to the left', 'left of', 'on the left', 'on the left of'],
  right: ['right', 'to the right', 'right of', 'on the right', 'on the right of'],
  above: ['above', 'over', 'on top', 'on top of', 'higher'],
  below: ['below', 'under', 'beneath', 'underneath', 'lower'],
};

/** How much further apart than across two centres must lie, and how far at least, in sides of the picture. */
const CLEARLY = 1.6;
const LEAST_APART = 0.18;

/** How the first lies to the second, where that is clear. */
export function relationOf(first: Box, second: Box): Relation | null {
  const [x1, y1] = centreOf(first);
  const [x2, y2] = centreOf(second);
  const dx = x1 - x2;
  const dy = y1 - y2;
  if (Math.abs(dx) >= LEAST_APART && Math.abs(dx) > CLEARLY * Math.abs(dy)) return dx < 0 ? 'left' : 'right';
  if (Math.abs(dy) >= LEAST_APART && Math.abs(dy) > CLEARLY * Math.abs(dx)) return dy < 0 ? 'above' : 'below';
  return null;
}

/** Two different things of which there is one each, in random order, that fit. */
export function pickPair(
  view: SceneView,
  random: Random,
  fits: (first: ThingGroup, second: ThingGroup) => boolean,
): [ThingGroup, ThingGroup] | null {
  const pairs = view.singles.flatMap((first) =>
    view.singles.flatMap((second): [ThingGroup, ThingGroup][] =>
      first !== second && fits(first, second) ? [[first, second]] : [],
    ),
  );
  return pairs.length === 0 ? null : random.pick(pairs);
}

export const RELATION_TEMPLATES: readonly string[] = [
  'Where is the {x} relative to the {y}?',
  'How is the {x} placed relative to the {y}?',
  'On which side of the {y} is the {x}?',
  'Where is the {x} as seen from the {y}?',
  'Where is the {x} compared to the {y}?',
  'What is the position of the {x} relative to the {y}?',
  'In which direction from the {y} is the {x}?',
  'Where does the {x} lie from the {y}?',
];

const SIDEWAYS: readonly string[] = [
  'Is the {x} left or right of the {y}?',
  'Is the {x} to the left or to the right of the {y}?',
];

const UPRIGHT: readonly string[] = ['Is the {x} above or below the {y}?', 'Is the {x} over or under the {y}?'];

const WHAT_TEMPLATES: readonly string[] = [
  'What is {r} the {y}?',
  'Which thing is {r} the {y}?',
  'What do you see {r} the {y}?',
  'Which object is {r} the {y}?',
  'What can you see {r} the {y}?',
  'What thing is {r} the {y}?',
  'Name the thing {r} the {y}.',
  'What is there {r} the {y}?',
];

/** How one thing lies to another, or what lies so. */
export function relationQuestion(view: SceneView, random: Random): Question | null {
  const pair = pickPair(view, random, (first, second) => relationOf(first.box, second.box) !== null);
  if (pair === null) return null;
  const [first, second] = pair;
  const relation = relationOf(first.box, second.box);
  if (relation === null) return null;
  // With two things only one can be meant.
  const inverse = view.scene.objects.length === 2 && view.scene.lettering === null && random.chance(0.35);
  if (inverse)
    return makeQuestion(random, {
      kind: 'relation',
      templates: WHAT_TEMPLATES,
      fill: { r: PHRASES[relation], y: second.thing.name },
      answer: namingSentence(first.thing),
      short: first.thing.name,
      accepted: [...first.thing.synonyms, first.thing.plural],
    });
  const asked = random.chance(0.4)
    ? relation === 'left' || relation === 'right'
      ? SIDEWAYS
      : UPRIGHT
    : RELATION_TEMPLATES;
  const plural = first.thing.use === 'plural';
  const [short] = SHORT[relation];
  return makeQuestion(random, {
    kind: 'relation',
    templates: plural ? asked.map(pluralSubject) : asked,
    fill: { x: first.thing.name, y: second.thing.name },
    answer: `${subject(first.thing)} ${PHRASES[relation]} the ${second.thing.name}.`,
    short,
    accepted: SHORT[relation].flatMap((word) => [
      word,
      `${word} the ${second.thing.name}`,
      `${subject(first.thing)} ${word}`,
      `${subject(first.thing)} ${word} the ${second.thing.name}`,
      `${subject(first.thing)} ${word} of the ${second.thing.name}`,
      `${word} of the ${second.thing.name}`,
      `${PHRASES[relation]} the ${second.thing.name}`,
    ]),
  });
}

/** `The cat is`, `The scissors are`. */
export function subject(thing: Thing): string {
  return `The ${thing.name} ${thing.use === 'plural' ? 'are' : 'is'}`;
}

/** The same question about what is always plural. */
export function pluralSubject(template: string): string {
  return template
    .replace(/\bis the \{x\}/, 'are the {x}')
    .replace(/^Is the \{x\}/, 'Are the {x}')
    .replace('does the {x}', 'do the {x}');
}

/** How the first lies to the second, with the word between two names. */
export function relationPhrase(relation: Relation): string {
  return PHRASES[relation];
}
