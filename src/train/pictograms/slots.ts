import { cellAt } from './patch-grid.ts';
import { areaOf, centreOf, type SceneView, type ThingGroup } from './questions-view.ts';
import type { Box } from './types.ts';

/** @file The nine parts of a picture, three rows of three, that tokens before a question look at. */

const ROWS = 3;

export const SLOTS = ROWS * ROWS;

/** In which of the nine parts, row by row, a box's middle lies. */
export function slotOf(box: Box): number {
  const [x, y] = centreOf(box);
  return ROWS * cellAt(y, ROWS) + cellAt(x, ROWS);
}

/** Groups with a member in a part, the largest there first. */
export function groupsAt({ groups }: Pick<SceneView, 'groups'>, slot: number): ThingGroup[] {
  const largest = ({ members }: ThingGroup): number =>
    Math.max(0, ...members.filter(({ box }) => slotOf(box) === slot).map(({ box }) => areaOf(box)));
  return groups
    .map((group) => ({ group, area: largest(group) }))
    .filter(({ area }) => area > 0)
    .sort((a, b) => b.area - a.area)
    .map(({ group }) => group);
}

/** The first part, row by row, that has one of a group. */
export function firstSlotOf({ members }: Pick<ThingGroup, 'members'>): number {
  return Math.min(...members.map(({ box }) => slotOf(box)));
}

/** In the order in which slots, and descriptions, come upon them: row by row, the largest of a part first. */
export function groupsInOrder(view: Pick<SceneView, 'groups'>): ThingGroup[] {
  const slots = Array.from({ length: SLOTS }, (_, slot) => slot);
  return [...new Set(slots.flatMap((slot) => groupsAt(view, slot)))];
}
