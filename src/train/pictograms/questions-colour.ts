import type { Random } from '../../util/random.ts';
import type { Question } from './questions-types.ts';
import type { SceneView } from './questions-view.ts';
import { makeQuestion, type Wording } from './questions-wording.ts';
import type { ColourName } from './types.ts';

/** Other names that a colour goes by. */
const COLOUR_SYNONYMS: Readonly<Partial<Record<ColourName, readonly string[]>>> = {
  grey: ['gray', 'silver'],
  purple: ['violet'],
  yellow: ['golden', 'gold'],
  blue: ['light blue', 'dark blue'],
  green: ['light green', 'dark green'],
};

export const COLOUR_TEMPLATES: readonly string[] = [
  'What colour is the {x}?',
  'What color is the {x}?',
  'Which colour does the {x} have?',
  'Which color is the {x}?',
  'What is the colour of the {x}?',
  "What is the {x}'s color?",
  'Tell me the colour of the {x}.',
  'In what colour is the {x} shown?',
];

export const PLURAL_COLOUR_TEMPLATES: readonly string[] = [
  'What colour are the {x}?',
  'What color are the {x}?',
  'Which colour do the {x} have?',
  'Which color are the {x}?',
  'What is the colour of the {x}?',
  'What is the color of the {x}?',
  'Tell me the colour of the {x}.',
  'In what colour are the {x} shown?',
];

const LONE_TEMPLATES: readonly string[] = [
  'What colour is it?',
  'What color is this?',
  'Which colour does it have?',
  'Which color is it?',
  'What is its colour?',
  'What is the colour of this thing?',
  'What color is the object?',
  'Tell me its colour.',
];

const WHICH_TEMPLATES: readonly string[] = [
  'What is {c}?',
  'Which thing is {c}?',
  'What thing is {c}?',
  'Which object is {c}?',
  'What {c} thing do you see?',
  'What is the {c} thing?',
  'What is the {c} object?',
  'Name the {c} thing.',
  'Which one is {c}?',
];

/** The colour of a thing, of the background or of the lettering, or what has a colour. */
export function colourQuestion(view: SceneView, random: Random): Question | null {
  const choices = [ofThing, ofThing, ofThing, ofBackground, ofLettering, whichThing];
  for (const choose of random.shuffle(choices)) {
    const wording = choose(view, random);
    if (wording !== null) return makeQuestion(random, { kind: 'colour', ...wording });
  }
  return null;
}

type Asked = Omit<Wording, 'kind'>;

function ofThing(view: SceneView, random: Random): Asked | null {
  const coloured = view.askable.filter((group) => group.colour !== null);
  if (coloured.length === 0) return null;
  const { thing, members, colour } = random.pick(coloured);
  if (colour === null) return null;
  const several = members.length > 1 || thing.use === 'plural';
  const alone = view.scene.objects.length === 1 && view.scene.lettering === null && random.chance(0.4);
  return {
    templates: alone ? LONE_TEMPLATES : several ? PLURAL_COLOUR_TEMPLATES : COLOUR_TEMPLATES,
    fill: { x: members.length > 1 ? thing.plural : thing.name },
    ...colourAnswer(colour, several && !alone ? 'They are' : 'It is', [
      `the ${thing.name} is`,
      `the ${thing.plural} are`,
    ]),
  };
}

function colourAnswer(colour: ColourName, start: string, otherStarts: readonly string[]) {
  const names = [colour, ...(COLOUR_SYNONYMS[colour] ?? [])];
  return {
    answer: `${start} ${colour}.`,
    short: colour,
    accepted: names.flatMap((name) => [name, ...otherStarts.map((other) => `${other} ${name}`)]),
  };
}

function ofBackground(view: SceneView): Asked | null {
  const { colour } = view.scene.background;
  return colour === null
    ? null
    : {
        templates: COLOUR_TEMPLATES,
        fill: { x: 'background' },
        ...colourAnswer(colour, 'It is', ['the background is']),
      };
}

function ofLettering(view: SceneView, random: Random): Asked | null {
  const { lettering } = view.scene;
  return lettering === null
    ? null
    : {
        templates: COLOUR_TEMPLATES,
        fill: { x: random.pick(['text', 'word', 'lettering']) },
        ...colourAnswer(lettering.colour, 'It is', ['the text is', 'the word is']),
      };
}

/** Only where every other thing is known to be of another colour. */
function whichThing(view: SceneView, random: Random): Asked | null {
  const { objects, lettering, background } = view.scene;
  if (!view.allClear || objects.length < 2 || lettering !== null) return null;
  if (objects.some((object) => object.colour === null)) return null;
  const fitting = view.askable.filter(
    (group) =>
      group.colour !== null &&
      group.colour !== background.colour &&
      objects.filter((object) => object.colour === group.colour).length === group.members.length,
  );
  if (fitting.length === 0) return null;
  const { thing, members, colour } = random.pick(fitting);
  const several = members.length > 1 || thing.use === 'plural';
  const name = members.length > 1 ? thing.plural : thing.name;
  return {
    templates: WHICH_TEMPLATES,
    fill: { c: colour ?? '' },
    answer: `The ${name} ${several ? 'are' : 'is'} ${colour}.`,
    short: name,
    accepted: [thing.name, thing.plural, ...thing.synonyms],
  };
}
