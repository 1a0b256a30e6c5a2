import type { PromptPlace } from '../tokenise.ts';
import { MOST_OBJECTS } from './layout.ts';
import { LETTER_HEADS, type Mention, PART_COUNT_HEADS, PART_HEADS, RELATIONS, type Targets } from './lookup-types.ts';
import { groupsOf, mentionsIn, namesIn } from './mentions.ts';
import { CHARACTERS, colourClass, conceptClass, patchClassCount } from './patch-targets.ts';
import { groupsFromLeft } from './questions-describe.ts';
import { CLEAR_KINDS } from './questions-thing.ts';
import type { Question, QuestionKind } from './questions-types.ts';
import type { SceneView } from './questions-view.ts';
import { numberWord } from './questions-wording.ts';
import { COLOUR_NAMES } from './types.ts';

/** @file What the tokens around a question are to tell of its answer. */

/** What is asked about may be missing. */
const MAY_BE_ABSENT: readonly QuestionKind[] = ['refuse', 'colour', 'where', 'bigger', 'relation'];

/** Each token at most once. */
export function answerMentions(question: Question, view: SceneView): Mention[] {
  const { kind, options = [] } = question;
  const { lettering } = view.scene;
  const last: Targets =
    options.length > 0 ? { rightOption: options.findIndex(({ right }) => right) } : answerTargets(question, view);
  const reads = (kind === 'text' || kind === 'describe') && lettering !== null;
  const all = [
    { end: 'last' as const, targets: last },
    ...(kind === 'describe' ? partMentions(question.question, view) : []),
    ...(reads ? letterMentions(lettering.text) : []),
  ];
  const merged = new Map<PromptPlace, Targets>();
  for (const { end, targets } of all) merged.set(end, { ...merged.get(end), ...targets });
  return [...merged]
    .map(([end, targets]) => ({ end, targets }))
    .filter(({ targets }) => Object.keys(targets).length > 0);
}

/** What the answer says: of the one thing that the question names, and of the first that the answer names. */
function answerTargets({ kind, question, answer }: Question, view: SceneView): Targets {
  if (kind === 'text' || kind === 'describe') return {};
  const absent = MAY_BE_ABSENT.includes(kind) ? { absent: kind === 'refuse' ? 1 : 0 } : {};
  const yes = /^(yes|no)\b/i.exec(answer);
  if (yes) return { ...absent, yes: yes[1].toLowerCase() === 'yes' ? 1 : 0 };
  const mentions = mentionsIn(question, view);
  const asked = mentions.length === 1 ? mentions[0].targets : {};
  if (kind === 'refuse') return { ...asked, ...absent };
  return { ...asked, ...absent, ...namedTargets(answer, view), ...wordTargets(kind, answer) };
}

function namedTargets(answer: string, view: SceneView): Targets {
  const [first] = namesIn(answer);
  if (first === undefined) return {};
  if (first.kind !== null) return { kinds: CLEAR_KINDS.indexOf(first.kind) };
  const groups = groupsOf(first.things, view);
  return groups.length === 1 ? { things: conceptClass(groups[0].thing.id) } : {};
}

function wordTargets(kind: QuestionKind, answer: string): Targets {
  const words = answer.toLowerCase().match(/[a-z]+/g) ?? [];
  const first = (known: readonly string[]): number => {
    const word = words.find((own) => known.includes(own));
    return word === undefined ? -1 : known.indexOf(word);
  };
  if (kind === 'colour') return { colours: colourClass(COLOUR_NAMES[first(COLOUR_NAMES)] ?? null) };
  if (kind === 'count') return { counts: first(NUMBERS) };
  const relation = kind === 'relation' ? first(RELATIONS) : -1;
  return relation < 0 ? {} : { relations: relation };
}

const NUMBERS = Array.from({ length: MOST_OBJECTS + 1 }, (_, count) => numberWord(count));

/** Lettering is spread over the tokens around the question: one alone would have to look at eight places at once. */
const LETTER_TOKENS: readonly PromptPlace[] = ['role', 'newline', 'last'];

function letterMentions(text: string): Mention[] {
  return spread(LETTER_TOKENS, LETTER_HEADS.length).map(({ end, parts }) => ({
    end,
    targets: Object.fromEntries(
      parts.map((i) => [
        LETTER_HEADS[i],
        i < text.length ? CHARACTERS.indexOf(text[i].toLowerCase()) : CHARACTERS.length,
      ]),
    ),
  }));
}

/** Things, as a description lists them, are spread likewise, but not over the role's token, which lettering fills. */
function partMentions(question: string, view: SceneView): Mention[] {
  const groups = groupsFromLeft(view);
  const ends: PromptPlace[] = ['newline', question.trimEnd().length, 'last'];
  return spread(ends, PART_HEADS.length).map(({ end, parts }) => ({
    end,
    targets: Object.fromEntries(
      parts.flatMap((i): [string, number][] => {
        const group = groups[i];
        return [
          [PART_HEADS[i], group === undefined ? patchClassCount() : conceptClass(group.thing.id)],
          [PART_COUNT_HEADS[i], group === undefined ? 0 : group.members.length],
        ];
      }),
    ),
  }));
}

/** Shares out `count` parts to tokens, in order. */
function spread(ends: readonly PromptPlace[], count: number): { end: PromptPlace; parts: number[] }[] {
  const each = Math.ceil(count / ends.length);
  return ends.map((end, token) => ({
    end,
    parts: Array.from({ length: Math.min(each, count - token * each) }, (_, i) => token * each + i),
  }));
}
