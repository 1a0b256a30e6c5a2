import type { Random } from '../../util/random.ts';
import { articleOf, withArticle } from './names.ts';
import { rightNames } from './questions-thing.ts';
import type { Question } from './questions-types.ts';
import type { SceneView, ThingGroup } from './questions-view.ts';
import { listOf, makeQuestion, numberWord } from './questions-wording.ts';
import { firstSlotOf, groupsInOrder } from './slots.ts';

export const DESCRIBE_TEMPLATES: readonly string[] = [
  'Describe the picture.',
  'Describe this image.',
  'What can be seen in the picture?',
  'What do you see?',
  'What things are in the picture?',
  'Tell me what is in the image.',
  'List the things in the picture.',
  'What is in this picture?',
  'What does the picture show?',
  'Give a short description.',
  'Which objects are there?',
];

/** Those that ask for a description where there is but one thing: the others ask for its name. */
export const LONE_DESCRIBE_TEMPLATES = DESCRIBE_TEMPLATES.filter((line) => !/^What (can|do|does|is) /.test(line));

/** All things with their number, and the colour of a plain background. */
export function describeQuestion(
  view: SceneView,
  random: Random,
  templates: readonly string[] = DESCRIBE_TEMPLATES,
): Question | null {
  const { scene, askable, groups, allClear } = view;
  if (!allClear || askable.length !== groups.length) return null;
  const ordered = groupsInOrder(view);
  const phrases = ordered.map((group) => phraseOf(group));
  const parts = ordered.map((group) => formsOf(group));
  if (scene.lettering !== null) {
    const { text } = scene.lettering;
    phrases.push(`the text "${text}"`);
    parts.push([`text ${text}`, `word ${text}`, text]);
  }
  if (phrases.length === 0) {
    phrases.push('nothing');
    parts.push(['nothing']);
  }
  const first = ordered[0];
  const plural = first !== undefined && (first.members.length > 1 || first.thing.use === 'plural');
  const { colour } = scene.background;
  const ground = colour === null ? '' : ` on ${articleOf(colour)} ${colour} background`;
  const answer = `There ${plural ? 'are' : 'is'} ${listOf(phrases)}${ground}.`;
  let end = 0;
  const listed = ordered.map((group, i) => {
    end = answer.indexOf(phrases[i], end) + phrases[i].length;
    return { end, slot: firstSlotOf(group) };
  });
  return { ...makeQuestion(random, { kind: 'describe', templates, answer, parts }), listed };
}

/** `a cat`, `three cats`. */
export function phraseOf({ thing, members }: Pick<ThingGroup, 'thing' | 'members'>): string {
  return members.length === 1 ? withArticle(thing) : `${numberWord(members.length)} ${thing.plural}`;
}

function formsOf({ thing, members }: ThingGroup): string[] {
  if (members.length === 1)
    return [...rightNames(thing), ...rightNames(thing).map((name) => `one ${name}`), thing.plural];
  return [thing.plural, ...rightNames(thing)].flatMap((name) => {
    const count = numberWord(members.length);
    return [`${count} ${name}`, `${count} ${name}s`];
  });
}
