/**
 * @file Questions about a scene and their answers, for training and for testing. Nothing is asked that the picture
 * does not clearly answer.
 */
import type { Random } from '../../util/random.ts';
import type { Scene, SceneObject } from './types.ts';
import { mayBeCalled, type Thing, thingOf, things } from './vocabulary.ts';

export const QUESTION_KINDS = [
  'name',
  'describe',
  'count',
  'colour',
  'where',
  'relation',
  'yesno',
  'bigger',
  'text',
  'compare',
  'category',
  'choice',
  'refuse',
] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

export interface Question {
  kind: QuestionKind;
  question: string;
  answer: string;
  /** Other right answers. */
  accepted: string[];
}

interface Seen {
  thing: Thing;
  object: SceneObject;
  x: number;
  y: number;
  area: number;
}

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];
const SHORT = [
  ' Answer in one word.',
  ' One word.',
  ' Answer the question using a single word or phrase.',
  ' Short answer.',
];

const NAME = [
  'What is it?',
  'What is this?',
  'What is in the picture?',
  'What do you see?',
  'What is shown here?',
  'What does the picture show?',
  'What can you see in this image?',
  'What object is this?',
  'Name this.',
  'What is in the image?',
  'What is this a picture of?',
  'Can you tell me what this is?',
];
const DESCRIBE = [
  'Describe the picture.',
  'Describe the image.',
  'What does the picture show?',
  'Tell me what you see.',
  'What is in the picture?',
  'What do you see?',
  'Describe what you see.',
  'Give a short description.',
  'List the things in the picture.',
];
const CATEGORY = [
  'What kind of thing is it?',
  'What type of thing is this?',
  'What category does it belong to?',
  'What sort of thing is shown?',
  'Is it an animal, a vehicle, food or something else?',
  'Which group does it belong to?',
  'What kind of object is this?',
  'What class of things is it in?',
];
const TEXT = [
  'What does it say?',
  'Read the text.',
  'What is written here?',
  'What text is in the picture?',
  'What word is shown?',
  'What does the text say?',
  'Which letters are in the image?',
  'Read it to me.',
];

/** All questions that can be asked of a scene, a few of each kind, in random order. */
export function askAbout(scene: Scene, random: Random): Question[] {
  const seen = clearObjects(scene);
  const out: Question[] = [];
  const groups = group(seen);
  const add = (
    kind: QuestionKind,
    templates: readonly string[],
    answer: string,
    short: string | null,
    accepted: readonly string[] = [],
  ): void => {
    const asShort = short !== null && random.chance(0.35);
    const question = random.pick(templates) + (asShort ? random.pick(SHORT) : '');
    out.push({
      kind,
      question: roughen(question, random),
      answer: asShort ? short : answer,
      accepted: [...accepted, ...(short ? [short] : [])],
    });
  };
  const all = seen.length === scene.objects.length;

  if (scene.lettering && scene.objects.length === 0) {
    const { text, colour } = scene.lettering;
    add('text', TEXT, `It says ${text}.`, text);
    add(
      'colour',
      ['What colour is the text?', 'What color are the letters?', 'What colour is the writing?'],
      `It is ${colour}.`,
      colour,
    );
  }
  if (scene.background.colour) {
    const colour = scene.background.colour;
    add(
      'colour',
      [
        'What colour is the background?',
        'What color is the background?',
        'What is the colour of the background?',
        'Which colour is behind?',
        'What colour is behind the objects?',
        'Name the background colour.',
        'What color does the background have?',
        'Tell me the background colour.',
      ],
      `It is ${colour}.`,
      colour,
    );
  }
  if (seen.length === 0) return random.shuffle(out);

  if (scene.objects.length === 1 && all) {
    const { thing } = seen[0];
    add('name', NAME, thing.sentence, thing.name, thing.synonyms);
    if (thing.kind.id !== 'symbol')
      add('category', CATEGORY, `It is ${thing.kind.phrase}.`, thing.kind.id, [...thing.kind.accepted]);
    choose(seen[0], random, add);
  }
  if (all) {
    const list = groups.map(({ thing, members }) =>
      members.length === 1 || thing.uncounted ? thing.phrase : `${NUMBERS[members.length]} ${thing.plural}`,
    );
    const ground = scene.background.colour ? ` on a ${scene.background.colour} background` : '';
    if (scene.objects.length > 1 || random.chance(0.5)) {
      const templates = scene.objects.length > 1 ? DESCRIBE : DESCRIBE.slice(0, 2);
      add('describe', templates, `The picture shows ${joined(list)}${ground}.`, null, [
        `The picture shows ${joined([...list].reverse())}${ground}.`,
      ]);
    }
    if (scene.objects.length > 1)
      add(
        'count',
        [
          'How many objects are there?',
          'How many things are in the picture?',
          'How many objects do you see?',
          'Count the objects.',
        ],
        `There are ${NUMBERS[seen.length]} objects.`,
        NUMBERS[seen.length],
      );
  }
  const counted = random.pick(groups);
  if (all && !counted.thing.uncounted) {
    const { plural } = counted.thing;
    const n = counted.members.length;
    add(
      'count',
      [
        `How many ${plural} are there?`,
        `How many ${plural} do you see?`,
        `How many ${plural} are in the picture?`,
        `Count the ${plural}.`,
        `What is the number of ${plural}?`,
        `How many ${plural} can you count?`,
        `How many ${plural} are shown?`,
        `Tell me how many ${plural} there are.`,
      ],
      n === 1 ? `There is one ${counted.thing.name}.` : `There are ${NUMBERS[n]} ${plural}.`,
      NUMBERS[n],
    );
  }
  const alone = groups.filter((g) => g.members.length === 1).map((g) => g.members[0]);
  if (alone.length) aboutOne(random.pick(alone), random, add);
  presence(seen, scene, random, add);
  if (alone.length >= 2) aboutTwo(random.shuffle(alone).slice(0, 2) as [Seen, Seen], random, add);
  if (groups.length >= 2 && all) {
    const [a, b] = random.shuffle(groups);
    if (a.members.length !== b.members.length) {
      const more = a.members.length > b.members.length ? a : b;
      add(
        'compare',
        [
          `Are there more ${a.thing.plural} or ${b.thing.plural}?`,
          `What are there more of, ${a.thing.plural} or ${b.thing.plural}?`,
          `Which are more, the ${a.thing.plural} or the ${b.thing.plural}?`,
          `Do you see more ${a.thing.plural} or more ${b.thing.plural}?`,
        ],
        `There are more ${more.thing.plural}.`,
        more.thing.plural,
      );
    }
  }
  if (seen.length === 2 && all) {
    const same = groups.length === 1;
    add(
      'compare',
      [
        'Are the two things the same?',
        'Are both objects the same kind of thing?',
        'Do the two objects differ?',
        'Are these two the same?',
      ].slice(0, 2),
      same ? 'Yes, they are the same.' : 'No, they are different.',
      same ? 'yes' : 'no',
    );
  }
  refuse(seen, random, add);
  return random.shuffle(out);
}

type Add = (
  kind: QuestionKind,
  templates: readonly string[],
  answer: string,
  short: string | null,
  accepted?: readonly string[],
) => void;

function aboutOne(one: Seen, random: Random, add: Add): void {
  const { thing, object } = one;
  const name = `the ${thing.name}`;
  if (object.colour && object.shape) {
    add(
      'colour',
      [
        `What colour is ${name}?`,
        `What color is ${name}?`,
        `Which colour does ${name} have?`,
        `Tell me the colour of ${name}.`,
        `What is the colour of ${name}?`,
        `Name the colour of ${name}.`,
      ],
      `It is ${object.colour}.`,
      object.colour,
    );
  }
  const place = placeOf(one);
  if (place) {
    add(
      'where',
      [
        `Where is ${name}?`,
        `In which part of the picture is ${name}?`,
        `Where do you see ${name}?`,
        `Where can I find ${name}?`,
        `Where in the picture is ${name}?`,
        `What is the position of ${name}?`,
        `Tell me where ${name} is.`,
        `Which part of the image shows ${name}?`,
      ],
      place === 'middle' ? 'It is in the middle.' : `It is at the ${place}.`,
      place,
      place === 'middle' ? ['center', 'centre'] : [`${place} corner`],
    );
  }
  if (random.chance(0.3))
    add(
      'category',
      [`What kind of thing is ${name}?`, `What type of thing is ${name}?`],
      `It is ${thing.kind.phrase}.`,
      thing.kind.id,
      [...thing.kind.accepted],
    );
}

function aboutTwo([a, b]: [Seen, Seen], random: Random, add: Add): void {
  const [p, q] = [`the ${a.thing.name}`, `the ${b.thing.name}`];
  const relation = relationOf(a, b);
  if (relation) {
    add(
      'relation',
      [
        `Where is ${p} compared to ${q}?`,
        `Is ${p} left, right, above or below of ${q}?`,
        `Where is ${p} relative to ${q}?`,
        `On which side of ${q} is ${p}?`,
        `How does ${p} lie to ${q}?`,
        `Where is ${p}, seen from ${q}?`,
      ],
      `It is ${relation.phrase} ${q}.`,
      relation.word,
    );
    const truth = random.chance(0.5);
    const asked = truth ? relation.phrase : relation.opposite;
    add('yesno', [`Is ${p} ${asked} ${q}?`], truth ? 'Yes.' : 'No.', truth ? 'yes' : 'no');
  }
  if (Math.max(a.area, b.area) > 1.7 * Math.min(a.area, b.area)) {
    const bigger = random.chance(0.6);
    const winner = a.area > b.area === bigger ? a : b;
    const word = bigger ? 'bigger' : 'smaller';
    add(
      'bigger',
      [
        `Which is ${word}, ${p} or ${q}?`,
        `What is ${word}, ${p} or ${q}?`,
        `Is ${p} or ${q} ${word}?`,
        `Which one is ${word}: ${p} or ${q}?`,
        `Tell me which is ${word}, ${p} or ${q}.`,
        `Of ${p} and ${q}, which is ${word}?`,
      ],
      `The ${winner.thing.name} is ${word}.`,
      winner.thing.name,
      winner.thing.synonyms,
    );
  }
}

function presence(seen: Seen[], scene: Scene, random: Random, add: Add): void {
  const yes = random.chance(0.5);
  const thing = yes ? random.pick(seen).thing : absent(seen, random);
  const what = thing.phrase;
  if (!yes && seen.length !== scene.objects.length) return;
  add(
    'yesno',
    [
      `Is there ${what}?`,
      `Is there ${what} in the picture?`,
      `Can you see ${what}?`,
      `Do you see ${what}?`,
      `Does the picture show ${what}?`,
      `Is ${what} in the image?`,
      `Is this ${what}?`,
      `Does it show ${what}?`,
    ].slice(0, seen.length === 1 ? 8 : 6),
    yes ? `Yes, there is ${what}.` : `No, there is no ${thing.name}.`,
    yes ? 'yes' : 'no',
  );
}

function refuse(seen: Seen[], random: Random, add: Add): void {
  const { name } = absent(seen, random);
  add(
    'refuse',
    [
      `What colour is the ${name}?`,
      `What color is the ${name}?`,
      `Where is the ${name}?`,
      `How big is the ${name}?`,
      `What is the ${name} doing?`,
      `Is the ${name} big or small?`,
      `What is behind the ${name}?`,
      `Tell me about the ${name}.`,
    ],
    `There is no ${name} in the picture.`,
    null,
    [`I see no ${name}.`, `there is no ${name}`],
  );
}

function choose({ thing }: Seen, random: Random, add: Add): void {
  const others: Thing[] = [];
  while (others.length < 3) {
    const other = alike(thing, random, 0.4);
    if (![thing, ...others].some((t) => mayBeCalled(t, other))) others.push(other);
    else if (random.chance(0.2))
      others.push(
        ...things()
          .filter((t) => ![thing, ...others].some((o) => mayBeCalled(o, t)))
          .slice(0, 1),
      );
  }
  const options = random.shuffle([thing, ...others.slice(0, 3)]);
  const list = options.map((t, i) => `${'ABCD'[i]}. ${t.name}`).join(' ');
  const letter = 'ABCD'[options.indexOf(thing)];
  add(
    'choice',
    [
      `What is it? ${list}`,
      `What is in the picture? ${list}`,
      `Choose the right letter. ${list}`,
      `Which one is shown? ${list}`,
      `What do you see? ${list}`,
      `Which is right? ${list}`,
      `Pick one: ${list}`,
      `What is this? ${list}`,
    ],
    letter,
    null,
    [thing.name, `${letter}. ${thing.name}`, ...thing.synonyms],
  );
}

/** Another thing of the same kind where there is one; any other now and then. */
function alike(thing: Thing, random: Random, share: number): Thing {
  const same = random.chance(share) ? things().filter((t) => t.kind === thing.kind) : [];
  return random.pick(same.length ? same : things());
}

function absent(seen: Seen[], random: Random): Thing {
  for (;;) {
    const thing = alike(seen[0].thing, random, 0.3);
    if (!thing.uncounted && !seen.some((s) => mayBeCalled(s.thing, thing))) return thing;
    if (random.chance(0.05)) {
      const free = things().find((t) => !t.uncounted && !seen.some((s) => mayBeCalled(s.thing, t)));
      if (free) return free;
    }
  }
}

function clearObjects(scene: Scene): Seen[] {
  return scene.objects.flatMap((object) => {
    const thing = thingOf(object);
    const [x0, y0, x1, y1] = object.box;
    const area = (x1 - x0) * (y1 - y0);
    return object.hidden < 0.4 && area > 0.006 ? [{ thing, object, x: (x0 + x1) / 2, y: (y0 + y1) / 2, area }] : [];
  });
}

function group(seen: Seen[]): { thing: Thing; members: Seen[] }[] {
  const groups = new Map<Thing, Seen[]>();
  for (const s of seen) groups.set(s.thing, [...(groups.get(s.thing) ?? []), s]);
  return [...groups].map(([thing, members]) => ({ thing, members }));
}

/** Where something is, in thirds; null near a border between them. */
function placeOf({ x, y }: Seen): string | null {
  const third = (v: number): number | null => (v < 0.3 ? 0 : v > 0.38 && v < 0.62 ? 1 : v > 0.7 ? 2 : null);
  const [column, row] = [third(x), third(y)];
  if (column === null || row === null) return null;
  const vertical = ['top', '', 'bottom'][row];
  const horizontal = ['left', '', 'right'][column];
  return `${vertical} ${horizontal}`.trim() || 'middle';
}

function relationOf(a: Seen, b: Seen): { phrase: string; word: string; opposite: string } | null {
  const [dx, dy] = [a.x - b.x, a.y - b.y];
  if (Math.abs(dx) > 2 * Math.abs(dy) && Math.abs(dx) > 0.15) {
    const [side, other] = dx < 0 ? ['left', 'right'] : ['right', 'left'];
    return { phrase: `to the ${side} of`, word: side, opposite: `to the ${other} of` };
  }
  if (Math.abs(dy) > 2 * Math.abs(dx) && Math.abs(dy) > 0.15) {
    const [side, other] = dy < 0 ? ['above', 'below'] : ['below', 'above'];
    return { phrase: side, word: side, opposite: other };
  }
  return null;
}

function joined(list: readonly string[]): string {
  return list.length === 1 ? list[0] : `${list.slice(0, -1).join(', ')} and ${list[list.length - 1]}`;
}

/** People type without capitals, without question marks. */
function roughen(question: string, random: Random): string {
  let q = question;
  if (random.chance(0.12)) q = q[0].toLowerCase() + q.slice(1);
  if (random.chance(0.08)) q = q.replace(/[?.]$/, '');
  return q;
}

/** The naming question alone, for a picture of one thing called `phrase` (`a cat`) or, in one word, `name`. */
export function nameQuestion(phrase: string, name: string, random: Random): Question {
  const short = random.chance(0.35);
  const question = roughen(random.pick(NAME) + (short ? random.pick(SHORT) : ''), random);
  return { kind: 'name', question, answer: short ? name : `It is ${phrase}.`, accepted: [name] };
}
