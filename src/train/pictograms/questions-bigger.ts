import type { Random } from '../../util/random.ts';
import { pickPair, subject } from './questions-relation.ts';
import type { Question } from './questions-types.ts';
import { areaOf, longSide, type SceneView, type ThingGroup } from './questions-view.ts';
import { makeQuestion } from './questions-wording.ts';
import type { Box } from './types.ts';

/** Whether the first is clearly bigger, in length and in area. */
export function isClearlyBigger(first: Box, second: Box): boolean {
  return longSide(first) >= 1.25 * longSide(second) && areaOf(first) >= 1.7 * areaOf(second);
}

export const BIGGER_TEMPLATES: readonly string[] = [
  'Which is {m}, the {x} or the {y}?',
  'Which one is {m}, the {x} or the {y}?',
  'What is {m}, the {x} or the {y}?',
  'Which looks {m}, the {x} or the {y}?',
  'Which thing is {m}: the {x} or the {y}?',
  'Which of the two is {m}, the {x} or the {y}?',
  'Is the {x} or the {y} {m}?',
  'What is shown {m}, the {x} or the {y}?',
];

const MOST_TEMPLATES: readonly string[] = [
  'What is the {m} thing?',
  'Which thing is the {m}?',
  'Which object is {m}?',
  'What is the {m} object in the picture?',
  'Name the {m} thing.',
  'Which is the {m}?',
  'What thing is the {m}?',
  'Of all things, which is the {m}?',
];

/** Which of two is shown bigger or smaller, or which of all. */
export function biggerQuestion(view: SceneView, random: Random): Question | null {
  const more = random.chance(0.65);
  const ahead = (a: ThingGroup, b: ThingGroup) =>
    more ? isClearlyBigger(a.box, b.box) : isClearlyBigger(b.box, a.box);
  if (view.allClear && view.groups.length > 2 && view.scene.lettering === null && random.chance(0.35)) {
    const objects = view.scene.objects;
    const most = view.singles.find((group) =>
      objects.every(
        (other) =>
          other === group.members[0] ||
          (more ? isClearlyBigger(group.box, other.box) : isClearlyBigger(other.box, group.box)),
      ),
    );
    if (most !== undefined) {
      const word = more ? random.pick(['biggest', 'largest']) : 'smallest';
      return makeQuestion(random, {
        kind: 'bigger',
        templates: MOST_TEMPLATES,
        fill: { m: word },
        answer: `${subject(most.thing)} the ${word}.`,
        short: most.thing.name,
        accepted: [...most.thing.synonyms],
      });
    }
  }
  const pair = pickPair(view, random, ahead);
  if (pair === null) return null;
  const [first, second] = pair;
  const word = more ? random.pick(['bigger', 'bigger', 'larger']) : 'smaller';
  const [x, y] = random.shuffle([first, second]);
  return makeQuestion(random, {
    kind: 'bigger',
    templates: BIGGER_TEMPLATES,
    fill: { m: word, x: x.thing.name, y: y.thing.name },
    answer: `${subject(first.thing)} ${word}.`,
    short: first.thing.name,
    accepted: [`${subject(first.thing)} ${word} than the ${second.thing.name}`, ...first.thing.synonyms],
  });
}
