import { MOST_OBJECTS } from './layout.ts';
import { type Lookup, type Mention, RELATIONS, type Targets } from './lookup-types.ts';
import { groupsOf, namesIn } from './mentions.ts';
import { colourClass, conceptClass, placeClass } from './patch-targets.ts';
import { CLEAR_KINDS } from './questions-thing.ts';
import type { Question, QuestionKind } from './questions-types.ts';
import type { SceneView } from './questions-view.ts';
import { numberWord } from './questions-wording.ts';
import { COLOUR_NAMES } from './types.ts';

/** @file What a prompt's last token is to tell of the answer. */

/** What is asked about may be missing. */
const MAY_BE_ABSENT: readonly QuestionKind[] = ['refuse', 'colour', 'where', 'bigger', 'relation', 'text'];

/** The one thing that such a question names, or its kind or place, is what the answer is about. */
const ASKS_OF_NAMED: readonly QuestionKind[] = ['colour', 'where', 'count', 'category'];

/** Such a question may name two things of which one is the answer. */
const OFFERS_TWO: readonly QuestionKind[] = ['bigger', 'compare'];

/**
 * None where the answer is not about one thing.
 *
 * @param mentions what the question names, see `mentionsIn`
 */
export function answerMentions(question: Question, mentions: readonly Mention[], view: SceneView): Mention[] {
  const { options = [] } = question;
  const targets: Targets =
    options.length > 0
      ? { rightOption: options.findIndex(({ right }) => right) }
      : answerTargets(question, mentions, view);
  return Object.keys(targets).length > 0 ? [{ end: 'last', targets }] : [];
}

/** What the answer is about, and what it says of that. */
function answerTargets({ kind, question, answer }: Question, mentions: readonly Mention[], view: SceneView): Targets {
  if (kind === 'refuse') return { absent: 1, counts: 0 };
  const absent = MAY_BE_ABSENT.includes(kind) ? { absent: 0 } : {};
  if (kind === 'text') return absent;
  if (kind === 'describe') return { ground: groundClass(view) };
  const yes = /^(yes|no)\b/i.exec(answer);
  if (yes) return { ...absent, yes: yes[1].toLowerCase() === 'yes' ? 1 : 0 };
  const named = ASKS_OF_NAMED.includes(kind) && mentions.length === 1 ? mentions[0].targets : {};
  return {
    ...absent,
    ...named,
    ...namedTargets(kind, question, answer, view),
    ...wordTargets(kind, question, answer),
    ...textPlace(kind, question, view),
  };
}

/** What the answer names; where the question offers two things, also which of them that is. */
function namedTargets(kind: QuestionKind, question: string, answer: string, view: SceneView): Targets {
  const [first] = namesIn(answer);
  if (first === undefined) return {};
  const offered = OFFERS_TWO.includes(kind) ? namesIn(question) : [];
  const same = offered.map(({ things }) => things.some((id) => first.things.includes(id)));
  const named = offered.length === 2 && same[0] !== same[1] ? { named: same.indexOf(true) } : {};
  if (first.kind !== null) return { kinds: CLEAR_KINDS.indexOf(first.kind) };
  const groups = groupsOf(first.things, view);
  return groups.length === 1 ? { ...named, things: conceptClass(groups[0].thing.id) } : named;
}

/** The colour, number or side that the answer names. */
function wordTargets(kind: QuestionKind, question: string, answer: string): Targets {
  const words = wordsOf(answer);
  const told = (head: Lookup, known: readonly string[]): Targets => {
    const word = words.find((own) => known.includes(own));
    return word === undefined ? {} : { [head]: known.indexOf(word) };
  };
  // Asked by its colour, a thing is the answer, whose name may hold another colour: "The orange is yellow."
  const byColour = wordsOf(question).some((word) => (COLOUR_NAMES as readonly string[]).includes(word));
  if (kind === 'colour') return byColour ? {} : told('colours', COLOUR_NAMES);
  if (kind === 'count') return words.includes('zero') ? { counts: 0 } : told('counts', NUMBERS);
  return kind === 'relation' ? told('relations', RELATIONS) : {};
}

function groundClass({ scene: { background } }: SceneView): number {
  return background.colour === null ? COLOUR_NAMES.length : colourClass(background.colour);
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];

const NUMBERS = Array.from({ length: MOST_OBJECTS + 1 }, (_, count) => numberWord(count));

/** "Where is the text?" names no thing. */
function textPlace(kind: QuestionKind, question: string, { scene: { lettering } }: SceneView): Targets {
  if (kind !== 'where' || lettering === null || !wordsOf(question).includes('text')) return {};
  return { columns: placeClass('columns', lettering.box), rows: placeClass('rows', lettering.box) };
}
