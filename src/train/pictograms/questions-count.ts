import type { Random } from '../../util/random.ts';
import { isOfKind, kindOf } from './kinds.ts';
import { otherThings } from './questions-name.ts';
import { CLEAR_KINDS, type Thing } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import type { SceneView } from './questions-view.ts';
import { makeQuestion, numberWord } from './questions-wording.ts';

export const COUNT_TEMPLATES: readonly string[] = [
  'How many {x} are there?',
  'How many {x} do you see?',
  'How many {x} are in the picture?',
  'How many {x} can you see?',
  'Count the {x}.',
  'What is the number of {x}?',
  'Can you count the {x}?',
  'How many {x} does the image show?',
  'Number of {x}?',
  'Tell me how many {x} there are.',
];

interface Counted {
  /** What is counted, in the plural. */
  plural: string;
  /** With its article. */
  one: string;
  count: number;
}

/** Counts of one thing, of all things, of a kind or of a colour. */
export function countQuestion(view: SceneView, table: readonly Thing[], random: Random): Question | null {
  const choices = [ofOneThing, ofOneThing, ofOneThing, ofAll, ofKind, ofColour];
  for (const choose of random.shuffle(choices)) {
    const counted = choose(view, random, table);
    if (counted !== null) return countedQuestion(counted, random);
  }
  return null;
}

function countedQuestion({ plural, one, count }: Counted, random: Random): Question {
  const word = numberWord(count);
  const short = count === 0 ? 'zero' : word;
  return makeQuestion(random, {
    kind: 'count',
    templates: COUNT_TEMPLATES,
    fill: { x: plural },
    answer: count === 1 ? `There is one ${one}.` : `There are ${word} ${plural}.`,
    short,
    accepted:
      count === 1
        ? [`one ${one}`, one, 'only one', 'just one']
        : [`${word} ${plural}`, `${short} ${plural}`, word, short, ...(count === 0 ? ['none'] : [])],
  });
}

function ofOneThing(view: SceneView, random: Random, table: readonly Thing[]): Counted | null {
  if (random.chance(0.1) && view.allClear) {
    const [missing] = otherThings(
      view.groups.map((group) => group.thing),
      table,
      random,
      1,
    );
    if (missing !== undefined && missing.use === 'count')
      return { plural: missing.plural, one: missing.name, count: 0 };
  }
  // Several of one thing are what counting is about.
  const countable = view.askable.filter(({ thing }) => thing.use === 'count');
  const several = countable.filter(({ members }) => members.length > 1);
  const from = several.length > 0 && random.chance(0.7) ? several : countable;
  if (from.length === 0) return null;
  const { thing, members } = random.pick(from);
  return { plural: thing.plural, one: thing.name, count: members.length };
}

const ANY_THING: readonly (readonly [plural: string, one: string])[] = [
  ['things', 'thing'],
  ['objects', 'object'],
  ['items', 'item'],
];

function ofAll(view: SceneView, random: Random): Counted | null {
  const { objects, lettering } = view.scene;
  if (!view.allClear || objects.length === 0 || lettering !== null) return null;
  const shapes = objects.every((object) => object.shape);
  const [plural, one] = shapes && random.chance(0.5) ? ['shapes', 'shape'] : random.pick(ANY_THING);
  return { plural, one, count: objects.length };
}

/** Kinds with a plural of their own. */
const COUNTED_KINDS = CLEAR_KINDS.filter((kind) => kindOf(kind).plural === `${kind}s`);

function ofKind(view: SceneView, random: Random): Counted | null {
  if (!view.allClear) return null;
  for (const kind of random.shuffle(COUNTED_KINDS)) {
    const answers = view.groups.map((group) => isOfKind(group.thing, kind));
    if (!answers.includes(true) || answers.includes(null)) continue;
    const count = view.groups.reduce((sum, group, i) => sum + (answers[i] ? group.members.length : 0), 0);
    return { plural: kindOf(kind).plural, one: kind, count };
  }
  return null;
}

function ofColour(view: SceneView, random: Random): Counted | null {
  const { objects } = view.scene;
  if (!view.allClear || view.scene.lettering !== null || objects.some((object) => object.colour === null)) return null;
  if (objects.length < 2) return null;
  const { colour } = random.pick(objects);
  const noun = objects.every((object) => object.shape) ? 'shape' : 'thing';
  const count = objects.filter((object) => object.colour === colour).length;
  return { plural: `${colour} ${noun}s`, one: `${colour} ${noun}`, count };
}
