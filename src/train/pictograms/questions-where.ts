import type { Random } from '../../util/random.ts';
import { namingSentence } from './names.ts';
import type { Question } from './questions-types.ts';
import { centreOf, type SceneView, type ThingGroup } from './questions-view.ts';
import { makeQuestion } from './questions-wording.ts';
import type { Box } from './types.ts';

interface Cell {
  name: string;
  /** Completes "It is …". */
  phrase: string;
  accepted: readonly string[];
}

function corner(row: string, column: string): Cell {
  const name = `${row} ${column}`;
  return {
    name,
    phrase: `in the ${name}`,
    accepted: [`${name} corner`, `at the ${name}`, `${column} ${row}`, `on the ${name}`],
  };
}

function side(name: string): Cell {
  const phrase = name === 'left' || name === 'right' ? `on the ${name}` : `at the ${name}`;
  const accepted = [`${name} center`, `center ${name}`, `${name} side`, `in the ${name}`, `on the ${name} side`];
  return { name, phrase, accepted };
}

const CENTER: Cell = {
  name: 'center',
  phrase: 'in the center',
  accepted: ['at the center', 'center center', 'central'],
};

/** Row by row. */
const CELLS: readonly Cell[] = [
  corner('top', 'left'),
  side('top'),
  corner('top', 'right'),
  side('left'),
  CENTER,
  side('right'),
  corner('bottom', 'left'),
  side('bottom'),
  corner('bottom', 'right'),
];

/** How far from the lines between thirds a centre must be. */
const MARGIN = 0.03;

/** The third of the grid that holds a box's centre; null when it is near a line. */
export function cellOf(box: Box): Cell | null {
  const [column, row] = centreOf(box).map((value) => {
    const third = Math.min(2, Math.max(0, Math.floor(value * 3)));
    return [1 / 3, 2 / 3].some((line) => Math.abs(value - line) < MARGIN) ? null : third;
  });
  return column === null || row === null ? null : CELLS[row * 3 + column];
}

export const WHERE_TEMPLATES: readonly string[] = [
  'Where is the {x}?',
  'Where in the picture is the {x}?',
  'In which part of the image is the {x}?',
  'What is the position of the {x}?',
  'Where can I find the {x}?',
  'Where do you see the {x}?',
  'In what place is the {x}?',
  'Tell me where the {x} is.',
  'Which part of the picture shows the {x}?',
];

/** The same about what is always plural. */
export const PLURAL_WHERE_TEMPLATES = WHERE_TEMPLATES.map((template) =>
  template.replace(/\bis the \{x\}/, 'are the {x}').replace('the {x} is', 'the {x} are'),
);

export const WHAT_TEMPLATES: readonly string[] = [
  'What is {p}?',
  'What do you see {p}?',
  'Which thing is {p}?',
  'What can you see {p}?',
  'What thing is {p}?',
  'Which object is {p}?',
  'What is shown {p}?',
  'Name the thing {p}.',
  'What is there {p}?',
];

/** Where a thing or the lettering is, or what is at a place. */
export function whereQuestion(view: SceneView, random: Random): Question | null {
  if (random.chance(0.35)) {
    const what = whatIsThere(view, random);
    if (what !== null) return what;
  }
  const { lettering } = view.scene;
  const placed = view.singles.flatMap((group) => toPlaced(group.box, group.thing.name, group.thing.use === 'plural'));
  if (lettering !== null) placed.push(...toPlaced(lettering.box, 'text', false));
  if (placed.length === 0) return null;
  const { name, cell, plural } = random.pick(placed);
  return makeQuestion(random, {
    kind: 'where',
    templates: plural ? PLURAL_WHERE_TEMPLATES : WHERE_TEMPLATES,
    fill: { x: name },
    answer: `${plural ? 'They are' : 'It is'} ${cell.phrase}.`,
    short: cell.name,
    accepted: [cell.phrase, cell.name, ...cell.accepted].flatMap((place) => [
      place,
      `the ${name} ${plural ? 'are' : 'is'} ${place}`,
      `${place} of the picture`,
    ]),
  });
}

function toPlaced(box: Box, name: string, plural: boolean) {
  const cell = cellOf(box);
  return cell === null ? [] : [{ name, cell, plural }];
}

/** Only where no other thing reaches into the place. */
function whatIsThere(view: SceneView, random: Random): Question | null {
  const { objects, lettering } = view.scene;
  if (objects.length < 2) return null;
  const cells = objects.map((object) => cellOf(object.box));
  if (cells.includes(null) || !view.allClear) return null;
  const alone = (group: ThingGroup) => {
    const cell = cellOf(group.box);
    const taken = cells.filter((other) => other === cell).length > 1;
    return cell !== null && !taken && (lettering === null || cellOf(lettering.box) !== cell);
  };
  const fitting = view.singles.filter(alone);
  if (fitting.length === 0) return null;
  const { thing, box } = random.pick(fitting);
  return makeQuestion(random, {
    kind: 'where',
    templates: WHAT_TEMPLATES,
    fill: { p: cellOf(box)?.phrase ?? '' },
    answer: namingSentence(thing),
    short: thing.name,
    accepted: [...thing.synonyms, thing.plural],
  });
}
