import type { Mention, Targets } from './lookup-types.ts';
import { CHARACTERS } from './patch-letters.ts';
import { colourClass, conceptClass, nothingClass } from './patch-targets.ts';
import type { SceneView } from './questions-view.ts';
import { firstSlotOf, groupsAt, groupsInOrder, SLOTS } from './slots.ts';
import type { Lettering } from './types.ts';

/**
 * @file What the tokens before a question tell. They are the same in every prompt (`TOKENIZER_CONFIG`), and pre-fusion
 * gives each a place to look at: one of nine parts of the picture, row by row, and one letter of its lettering. Asked
 * to describe or to read, the few tokens of the question would have to hold everything.
 */

/** What each slot has to tell of a picture. */
export function slotMentions(view: SceneView): Mention[] {
  return Array.from({ length: SLOTS }, (_, slot) => ({
    end: `slot${slot}` as const,
    targets: { ...thingTargets(view, slot), ...letterTargets(view.scene.lettering, slot) },
  }));
}

function thingTargets(view: SceneView, slot: number): Targets {
  const there = groupsAt(view, slot);
  if (there.some((group) => !group.askable)) return {};
  const [first] = there;
  return {
    slotThings: first ? conceptClass(first.thing.id) : nothingClass(),
    slotNew: first ? Number(firstSlotOf(first) === slot) : -1,
    slotNth: first && firstSlotOf(first) === slot ? 1 + groupsInOrder(view).indexOf(first) : 0,
    slotCounts: first?.members.length ?? 0,
    slotColours: first ? colourClass(first.colour) : -1,
  };
}

/** The last class where the lettering, if any, has ended. */
function letterTargets(lettering: Lettering | null, slot: number): Targets {
  const character = lettering?.text[slot];
  return { slotLetters: character === undefined ? CHARACTERS.length : CHARACTERS.indexOf(character.toLowerCase()) };
}
