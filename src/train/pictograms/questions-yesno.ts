import type { Random } from '../../util/random.ts';
import { isOfKind, kindOf } from './kinds.ts';
import { withArticle } from './names.ts';
import { isClearlyBigger } from './questions-bigger.ts';
import { otherThings } from './questions-name.ts';
import { pickPair, relationOf, relationPhrase, subject } from './questions-relation.ts';
import { CLEAR_KINDS, type Thing } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import type { SceneView, ThingGroup } from './questions-view.ts';
import { makeQuestion, numberWord } from './questions-wording.ts';
import { COLOUR_NAMES } from './types.ts';

interface Asked {
  templates: readonly string[];
  fill: Record<string, string>;
  /** See `Wording`. */
  thing?: Thing;
  /** What follows "Yes, " or "No, ". */
  reason: string;
  /** Other reasons that are as true. */
  others?: readonly string[];
}

type Ask = (view: SceneView, yes: boolean, random: Random, table: readonly Thing[]) => Asked | null;

/** A question to answer with yes or no; which of them is drawn before what is asked, so that both are as frequent. */
export function yesNoQuestion(view: SceneView, table: readonly Thing[], random: Random): Question | null {
  const yes = random.chance(0.5);
  const choices: Ask[] = [presence, presence, presence, presence, colour, colour, count, relation, size, kind, text];
  for (const choose of random.shuffle(choices)) {
    const asked = choose(view, yes, random, table);
    if (asked === null) continue;
    const word = yes ? 'Yes' : 'No';
    return makeQuestion(random, {
      kind: 'yesno',
      templates: asked.templates,
      fill: asked.fill,
      thing: asked.thing,
      answer: random.chance(0.5) ? `${word}, ${asked.reason}.` : `${word}.`,
      short: word,
      accepted: [asked.reason, ...(asked.others ?? [])].map((reason) => `${word}, ${reason}.`),
    });
  }
  return null;
}

export const PRESENCE_TEMPLATES: readonly string[] = [
  'Is there {x} in the picture?',
  'Is there {x}?',
  'Do you see {x}?',
  'Does the image show {x}?',
  'Can you see {x}?',
  'Does the picture contain {x}?',
  'Is {x} in the image?',
  'Is {x} shown here?',
  'Is there {x} anywhere?',
];

export const PLURAL_PRESENCE_TEMPLATES: readonly string[] = PRESENCE_TEMPLATES.map((line) =>
  line.replace(/^Is /, 'Are '),
);

const presence: Ask = (view, yes, random, table) => {
  if (yes) {
    if (view.askable.length === 0) return null;
    const { thing, members } = random.pick(view.askable);
    const several = members.length > 1 || thing.use === 'plural';
    const reason =
      members.length > 1
        ? `there are ${numberWord(members.length)} ${thing.plural}`
        : `there ${several ? 'are' : 'is'} ${withArticle(thing)}`;
    return { ...presenceOf(thing, reason), thing };
  }
  const [missing] = otherThings(
    view.groups.map((group) => group.thing),
    table,
    random,
    1,
  );
  if (missing === undefined) return null;
  return presenceOf(missing, `there ${missing.use === 'plural' ? 'are' : 'is'} no ${missing.name}`);
};

function presenceOf(thing: Thing, reason: string): Asked {
  return {
    templates: thing.use === 'plural' ? PLURAL_PRESENCE_TEMPLATES : PRESENCE_TEMPLATES,
    fill: { x: withArticle(thing) },
    reason,
  };
}

const COLOUR_TEMPLATES: readonly string[] = [
  'Is the {x} {c}?',
  'Is the colour of the {x} {c}?',
  'Does the {x} have the colour {c}?',
  'Is the {x} shown in {c}?',
  'Would you call the {x} {c}?',
  "Is the {x}'s color {c}?",
  'Does the {x} look {c}?',
  'Is the {x} really {c}?',
];

/** Pairs of colours that people may call by one name. */
const LIKE_COLOURS = new Set([
  'red/orange',
  'orange/yellow',
  'pink/red',
  'pink/purple',
  'brown/orange',
  'brown/red',
  'blue/purple',
  'black/grey',
  'white/grey',
  'brown/yellow',
  'green/yellow',
  'green/blue',
  'brown/black',
]);

const colour: Ask = (view, yes, random) => {
  const coloured = view.singles
    .filter((group) => group.colour !== null && group.thing.use !== 'plural')
    .map((group) => ({ name: group.thing.name, colour: group.colour }));
  const ground = view.scene.background.colour;
  if (ground !== null && random.chance(0.25)) coloured.push({ name: 'background', colour: ground });
  if (coloured.length === 0) return null;
  const { name, colour: own } = random.pick(coloured);
  const others = COLOUR_NAMES.filter(
    (other) => other !== own && !LIKE_COLOURS.has(`${other}/${own}`) && !LIKE_COLOURS.has(`${own}/${other}`),
  );
  return {
    templates: COLOUR_TEMPLATES,
    fill: { x: name, c: yes ? (own ?? '') : random.pick(others) },
    reason: `the ${name} is ${own}`,
  };
};

const COUNT_TEMPLATES: readonly string[] = [
  'Are there {n} {x}?',
  'Are there exactly {n} {x}?',
  'Do you see {n} {x}?',
  'Does the picture show {n} {x}?',
  'Are {n} {x} in the image?',
  'Is the number of {x} {n}?',
  'Can you count {n} {x}?',
  'Is it right that there are {n} {x}?',
];

const count: Ask = (view, yes, random) => {
  const countable = view.askable.filter((group) => group.thing.use === 'count' && group.members.length > 1);
  if (countable.length === 0) return null;
  const { thing, members } = random.pick(countable);
  const own = members.length;
  const wrong = [2, 3, 4, 5, 6].filter((other) => other !== own && Math.abs(other - own) <= 2);
  return {
    templates: COUNT_TEMPLATES,
    fill: { n: numberWord(yes ? own : random.pick(wrong)), x: thing.plural },
    reason: `there are ${numberWord(own)} ${thing.plural}`,
  };
};

const RELATION_TEMPLATES: readonly string[] = [
  'Is the {x} {r} the {y}?',
  'Does the {x} lie {r} the {y}?',
  'Is it right that the {x} is {r} the {y}?',
  'Do you see the {x} {r} the {y}?',
  'Can you see the {x} {r} the {y}?',
  'Is the {x} placed {r} the {y}?',
  'Would you say the {x} is {r} the {y}?',
  'Is the {x} really {r} the {y}?',
];

const OPPOSITE = { left: 'right', right: 'left', above: 'below', below: 'above' } as const;

const relation: Ask = (view, yes, random) => {
  const pair = pickPair(
    view,
    random,
    (a, b) => a.thing.use !== 'plural' && b.thing.use !== 'plural' && relationOf(a.box, b.box) !== null,
  );
  if (pair === null) return null;
  const [first, second] = pair;
  const own = relationOf(first.box, second.box);
  if (own === null) return null;
  return {
    templates: RELATION_TEMPLATES,
    fill: { x: first.thing.name, y: second.thing.name, r: relationPhrase(yes ? own : OPPOSITE[own]) },
    reason: `it is ${relationPhrase(own)} the ${second.thing.name}`,
  };
};

const SIZE_TEMPLATES: readonly string[] = [
  'Is the {x} {m} than the {y}?',
  'Is the {x} shown {m} than the {y}?',
  'Does the {x} look {m} than the {y}?',
  'Would you say the {x} is {m} than the {y}?',
  'Is it right that the {x} is {m} than the {y}?',
  'In the picture, is the {x} {m} than the {y}?',
  'Does the picture show the {x} {m} than the {y}?',
  'Is the {x} drawn {m} than the {y}?',
];

const size: Ask = (view, yes, random) => {
  const pair = pickPair(
    view,
    random,
    (a, b) => a.thing.use !== 'plural' && b.thing.use !== 'plural' && isClearlyBigger(a.box, b.box),
  );
  if (pair === null) return null;
  const [bigger, smaller] = pair;
  const asksBigger = random.chance(0.6);
  const [x, y] = asksBigger === yes ? [bigger, smaller] : [smaller, bigger];
  return {
    templates: SIZE_TEMPLATES,
    fill: { m: asksBigger ? 'bigger' : 'smaller', x: x.thing.name, y: y.thing.name },
    reason: `${subject(bigger.thing).replace('The', 'the')} bigger`,
  };
};

const kind: Ask = (view, yes, random) => {
  const things = view.groups.map((group) => group.thing);
  const fitting = CLEAR_KINDS.filter((id) => {
    const answers = things.map((thing) => isOfKind(thing, id));
    return yes ? view.askable.some(({ thing }) => isOfKind(thing, id)) : answers.every((answer) => answer === false);
  });
  if (fitting.length === 0 || (things.length === 0 && yes)) return null;
  const id = random.pick(fitting);
  const { phrase } = kindOf(id);
  const [reason, ...others] = yes
    ? view.askable.filter(({ thing }) => isOfKind(thing, id)).map(thereIs)
    : [`there is no ${phrase.replace(/^an? /, '')}`];
  return { templates: PRESENCE_TEMPLATES, fill: { x: phrase }, reason, others };
};

function thereIs({ thing, members }: ThingGroup): string {
  if (members.length > 1) return `there are ${thing.plural}`;
  return `there ${thing.use === 'plural' ? 'are' : 'is'} ${withArticle(thing)}`;
}

const TEXT_TEMPLATES: readonly string[] = [
  'Is there any text in the picture?',
  'Is there text?',
  'Do you see any text?',
  'Is something written here?',
  'Are there letters in the image?',
  'Can you see any writing?',
  'Does the picture contain text?',
  'Is any word written in the picture?',
];

const text: Ask = (view, yes) => {
  const { lettering } = view.scene;
  if ((lettering !== null) !== yes) return null;
  return {
    templates: TEXT_TEMPLATES,
    fill: {},
    reason: lettering === null ? 'there is no text' : `it says "${lettering.text}"`,
  };
};
