import { conceptOf, type NamedConcept } from './concepts.ts';
import { confusable } from './questions-thing.ts';
import type { Box, ColourName, Scene, SceneObject } from './types.ts';

/** All objects of a scene that have the same name. */
export interface ThingGroup {
  thing: NamedConcept;
  members: readonly SceneObject[];
  /** Where the first member is. */
  box: Box;
  /** Colour of all members; null where they differ or one has none. */
  colour: ColourName | null;
  /** Whether every member is plain to see and nothing else in the picture may go by the same name. */
  askable: boolean;
}

/** A scene as questions look at it. */
export interface SceneView {
  scene: Scene;
  groups: readonly ThingGroup[];
  /** Groups that may be asked about by name. */
  askable: readonly ThingGroup[];
  /** Askable groups of one member. */
  singles: readonly ThingGroup[];
  /** Whether every object in the picture is plain to see. */
  allClear: boolean;
}

/** Share of an object that may be hidden while it is still plain to see. */
const MOST_HIDDEN = 0.35;

/** Shortest longer side of an object that is plain to see, of the picture's side. */
const SMALLEST = 0.07;

/** Groups the objects of a scene by name. */
export function viewScene(scene: Scene): SceneView {
  const byId = new Map<string, { thing: NamedConcept; members: SceneObject[] }>();
  for (const object of scene.objects) {
    const thing = conceptOf(object);
    const group = byId.get(thing.id);
    if (group === undefined) byId.set(thing.id, { thing, members: [object] });
    else group.members.push(object);
  }
  const found = [...byId.values()];
  const groups = found.map(({ thing, members }): ThingGroup => {
    const colours = new Set(members.map((member) => member.colour));
    return {
      thing,
      members,
      box: members[0].box,
      colour: colours.size === 1 ? members[0].colour : null,
      askable:
        members.every(isClear) && found.every((other) => other.thing === thing || !confusable(other.thing, thing)),
    };
  });
  const askable = groups.filter((group) => group.askable);
  return {
    scene,
    groups,
    askable,
    singles: askable.filter((group) => group.members.length === 1),
    allClear: scene.objects.every(isClear),
  };
}

function isClear(object: SceneObject): boolean {
  return object.hidden <= MOST_HIDDEN && longSide(object.box) >= SMALLEST;
}

export function centreOf([x0, y0, x1, y1]: Box): [x: number, y: number] {
  return [(x0 + x1) / 2, (y0 + y1) / 2];
}

export function areaOf([x0, y0, x1, y1]: Box): number {
  return (x1 - x0) * (y1 - y0);
}

export function longSide([x0, y0, x1, y1]: Box): number {
  return Math.max(x1 - x0, y1 - y0);
}
