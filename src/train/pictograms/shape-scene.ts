import type { Random } from '../../util/random.ts';
import { type Freedom, PLAIN_LOOK, randomCamera, randomShadow } from './augment.ts';
import { shadeOf } from './colour.ts';
import { namedGround } from './grounds.ts';
import { gridPlaces, MOST_OBJECTS, type Place, sizedPlaces } from './layout.ts';
import type { ObjectPlan, ScenePlan } from './plan.ts';
import { freedomOf, type SceneOptions } from './scene.ts';
import { SHAPE_NAMES } from './shapes.ts';
import { COLOUR_NAMES, type ColourName } from './types.ts';

export interface ShapeSceneOptions extends Pick<SceneOptions, 'size' | 'strength'> {
  /** Fewest and most shapes, within 1 to 6; default 1 and 6. */
  count?: readonly [fewest: number, most: number];
}

/** The style that plain shapes are said to be drawn in. */
export const SHAPE_STYLE = 'shape';

/** Plain coloured shapes on a ground of another colour. Colours always stay what they are called. */
export function shapeScene(random: Random, options: ShapeSceneOptions): ScenePlan {
  const freedom: Freedom = { ...freedomOf(options), keepColours: true };
  const [fewest, most] = options.count ?? [1, MOST_OBJECTS];
  const count = fewest + random.int(Math.max(1, Math.min(MOST_OBJECTS, most) - fewest + 1));
  const kinds = chooseShapes(random.fork('shapes'), count);
  const background = namedGround(
    random.fork('ground'),
    kinds.map((kind) => kind.colour),
  );
  const layout = random.fork('layout');
  const places = count > 1 && count < 4 && layout.chance(0.4) ? sizedPlaces(layout, count) : gridPlaces(layout, count);
  return {
    seed: '',
    size: options.size,
    background,
    objects: places.map((place, i) => shapeObject(random.fork(`shape ${i}`), kinds[i], place, freedom)),
    lettering: null,
    camera: randomCamera(random.fork('camera'), freedom),
  };
}

interface ShapeKind {
  shape: string;
  colour: ColourName;
}

/** All different, or all of one shape, or all of one colour. */
function chooseShapes(random: Random, count: number): ShapeKind[] {
  const shapes = random.shuffle(SHAPE_NAMES);
  const colours = random.shuffle(COLOUR_NAMES);
  const oneShape = random.chance(0.25);
  const oneColour = !oneShape && random.chance(0.2);
  const repeats = random.chance(0.4) ? 1 + random.int(count) : 1;
  const kinds = Array.from(
    { length: count },
    (_, i): ShapeKind => ({
      shape: shapes[oneShape || i < repeats ? 0 : i],
      colour: colours[oneColour || (i < repeats && !oneShape) ? 0 : i],
    }),
  );
  return random.shuffle(kinds);
}

function shapeObject(random: Random, kind: ShapeKind, place: Place, freedom: Freedom): ObjectPlan {
  const changed = freedom.strength > 0;
  const angle = random.uniform(0, 2 * Math.PI);
  return {
    concept: kind.shape,
    style: SHAPE_STYLE,
    shape: true,
    ...place,
    // A diamond that is turned is a square, an arrow points elsewhere: only a little.
    angle: changed ? random.normal() * 0.1 : 0,
    mirror: false,
    stretch: changed ? Math.exp(random.normal() * 0.04) : 1,
    tilt: [0, 0],
    wave: { size: 0, count: 1, phase: 0 },
    look: {
      ...PLAIN_LOOK,
      paint: shadeOf(kind.colour, random),
      light: { angle, strength: changed && random.chance(0.4) ? random.uniform(0.02, 0.1) : 0 },
    },
    shadow: changed && random.chance(0.3) ? randomShadow(random.fork('shadow'), 'drop', angle) : null,
  };
}
