import type { Random } from '../../util/random.ts';
import { type NamedConcept, namedConcepts, shapeConcepts } from './concepts.ts';
import { isOfKind, kindNoun, kindOf } from './kinds.ts';
import { biggerQuestion } from './questions-bigger.ts';
import { askChoice } from './questions-choice.ts';
import { colourQuestion } from './questions-colour.ts';
import { compareQuestion } from './questions-compare.ts';
import { countQuestion } from './questions-count.ts';
import { describeQuestion, LONE_DESCRIBE_TEMPLATES } from './questions-describe.ts';
import { categoryQuestion, isItQuestion, nameQuestion, nothingQuestion, otherThings } from './questions-name.ts';
import { refuseQuestion } from './questions-refuse.ts';
import { relationQuestion } from './questions-relation.ts';
import { noTextQuestion, textQuestion } from './questions-text.ts';
import { CLEAR_KINDS } from './questions-thing.ts';
import { QUESTION_KINDS, type Question, type QuestionKind } from './questions-types.ts';
import { type SceneView, viewScene } from './questions-view.ts';
import { whereQuestion } from './questions-where.ts';
import { makeQuestion } from './questions-wording.ts';
import { yesNoQuestion } from './questions-yesno.ts';
import type { Scene } from './types.ts';

export { QUESTION_KINDS, type Question, type QuestionKind } from './questions-types.ts';

export interface AskOptions {
  /** Kinds to ask; default all. */
  kinds?: readonly QuestionKind[];
  /** Most questions to give; default one of each kind that fits. */
  most?: number;
}

/**
 * Questions about a made-up picture, one of each kind that fits, in random order. What is not plain to see
 * (half hidden, very small, of no clear colour, of a name that fits two things) is never asked about.
 *
 * @param table things to draw wrong options and absent things from
 */
export function askAbout(
  scene: Scene,
  random: Random,
  table: readonly NamedConcept[] = namedConcepts(),
  options: AskOptions = {},
): Question[] {
  const view = viewScene(scene);
  // Among shapes, what is absent should be a shape as well.
  const all = scene.objects.some((object) => object.shape) ? withShapes(table) : table;
  const { kinds = QUESTION_KINDS, most = kinds.length } = options;
  const questions: Question[] = [];
  for (const kind of random.shuffle(kinds)) {
    if (questions.length >= most) break;
    const question = ASKERS[kind](view, random, all);
    if (question !== null) questions.push(question);
  }
  return questions;
}

const widened = new WeakMap<readonly NamedConcept[], readonly NamedConcept[]>();

/** As many shapes as other things. */
function withShapes(table: readonly NamedConcept[]): readonly NamedConcept[] {
  let all = widened.get(table);
  if (all === undefined) {
    const shapes = shapeConcepts();
    all = [...table, ...Array.from(table, (_, i) => shapes[i % shapes.length])];
    widened.set(table, all);
  }
  return all;
}

type Asker = (view: SceneView, random: Random, table: readonly NamedConcept[]) => Question | null;

const ASKERS: Readonly<Record<QuestionKind, Asker>> = {
  name: (view, random) => {
    if (isEmpty(view)) return nothingQuestion(random);
    const thing = onlyThing(view);
    return thing === null ? null : nameQuestion(thing, random);
  },
  describe: (view, random) => {
    if (isEmpty(view)) return describeQuestion(view, random, LONE_DESCRIBE_TEMPLATES);
    return view.scene.objects.length < 2 && view.scene.lettering === null ? null : describeQuestion(view, random);
  },
  count: (view, random, table) => countQuestion(view, table, random),
  colour: (view, random) => colourQuestion(view, random),
  where: (view, random) => whereQuestion(view, random),
  relation: (view, random) => relationQuestion(view, random),
  yesno: (view, random, table) => {
    const thing = onlyThing(view);
    if (thing !== null && random.chance(0.3)) return isItQuestion(thing, table, random);
    return yesNoQuestion(view, table, random);
  },
  bigger: (view, random) => biggerQuestion(view, random),
  text: (view, random) => textQuestion(view, random),
  compare: (view, random) => compareQuestion(view, random),
  category: askCategory,
  choice: askChoice,
  refuse: (view, random, table) => {
    if (view.scene.lettering === null && random.chance(0.2)) return noTextQuestion(random);
    const [missing] = otherThings(
      view.groups.map((group) => group.thing),
      table,
      random,
      1,
    );
    if (missing === undefined) return null;
    const present = view.singles.length > 0 && random.chance(0.25) ? random.pick(view.singles).thing : null;
    return refuseQuestion(missing, random, present);
  },
};

function isEmpty({ scene }: SceneView): boolean {
  return scene.objects.length === 0 && scene.lettering === null;
}

/** The only thing in the picture, if it can be named. */
function onlyThing(view: SceneView): NamedConcept | null {
  const { objects, lettering } = view.scene;
  return objects.length === 1 && lettering === null && view.singles.length === 1 ? view.singles[0].thing : null;
}

export const WHICH_KIND_TEMPLATES: readonly string[] = [
  'Which thing is {k}?',
  'What thing here is {k}?',
  'Which of the things is {k}?',
  'Which object is {k}?',
  'Name the thing that is {k}.',
  'Which one is {k}?',
  'What in the picture is {k}?',
  'Find the thing that is {k}.',
];

/** The kind of the only thing, or which of several things is of a kind. */
function askCategory(view: SceneView, random: Random): Question | null {
  const thing = onlyThing(view);
  if (thing !== null)
    return CLEAR_KINDS.includes(thing.kind) || thing.kind === 'shape' ? categoryQuestion(thing, random) : null;
  for (const group of random.shuffle(view.singles)) {
    const { kind } = group.thing;
    const others = view.groups.filter((other) => other !== group);
    if (!CLEAR_KINDS.includes(kind) || !others.every((other) => isOfKind(other.thing, kind) === false)) continue;
    const { name, use, synonyms } = group.thing;
    return makeQuestion(random, {
      kind: 'category',
      templates: WHICH_KIND_TEMPLATES,
      fill: { k: kindOf(kind).phrase, n: kindNoun(kind) },
      answer: `The ${name}.`,
      short: name,
      accepted: [...synonyms, `the ${name} ${use === 'plural' ? 'are' : 'is'} ${kindOf(kind).phrase}`],
    });
  }
  return null;
}
