import type { Random } from '../../util/random.ts';
import { anyColour, greyOf, randomTexture } from './augment.ts';
import { fromHsv, type Rgb, shadeOf } from './colour.ts';
import type { BackgroundPlan } from './plan.ts';
import { TEXTURE_KINDS } from './texture.ts';
import { COLOUR_NAMES, type ColourName } from './types.ts';

const NO_GROUND: BackgroundPlan = {
  kind: 'plain',
  base: [255, 255, 255],
  second: [255, 255, 255],
  third: [255, 255, 255],
  angle: 0,
  horizon: null,
  hills: 0,
  texture: null,
  blur: 0,
};

/** One flat colour; its name is drawn first so that each is as frequent. White and near-white with `white`. */
export function plainGround(random: Random, colour: ColourName | null): BackgroundPlan {
  const base: Rgb = colour === null ? anyColour(random) : shadeOf(colour, random);
  return { ...NO_GROUND, base, second: base };
}

/** Grounds by name, for scenes in which the ground may be asked about. */
export function namedGround(random: Random, except: readonly ColourName[] = []): BackgroundPlan {
  const names = COLOUR_NAMES.filter((name) => !except.includes(name));
  return plainGround(random, random.chance(0.35) && names.includes('white') ? 'white' : random.pick(names));
}

/** Paper, studio wall or table top: the plain grounds of photographs. */
export function studioGround(random: Random): BackgroundPlan {
  const base = random.chance(0.55) ? greyOf(random, 205, 255) : anyColour(random);
  const drop = random.uniform(0.72, 1);
  const ground: BackgroundPlan = {
    ...NO_GROUND,
    kind: 'gradient',
    base,
    second: [base[0] * drop, base[1] * drop, base[2] * drop],
    angle: random.uniform(0, 2 * Math.PI),
  };
  if (random.chance(0.35))
    ground.texture = randomTexture(random, ['cloud', 'grain', 'cloth', 'speckle', 'brushed'], 0.14, [0.5, 2]);
  return ground;
}

/** A table or floor with a wall behind. */
export function tableGround(random: Random): BackgroundPlan {
  const wall = random.chance(0.6) ? greyOf(random, 150, 250) : anyColour(random);
  const wood = random.chance(0.55);
  const table: Rgb = wood
    ? fromHsv(random.uniform(18, 38), random.uniform(0.25, 0.7), random.uniform(0.3, 0.9))
    : random.chance(0.5)
      ? greyOf(random, 60, 250)
      : anyColour(random);
  return {
    ...NO_GROUND,
    kind: 'scenery',
    base: wall,
    second: [wall[0] * 0.9, wall[1] * 0.9, wall[2] * 0.9],
    third: table,
    angle: random.uniform(0, 6),
    horizon: random.uniform(0.3, 0.72),
    texture: random.chance(0.75)
      ? randomTexture(
          random,
          wood ? ['wood', 'brushed'] : ['cloth', 'marble', 'speckle', 'tiles', 'grain'],
          0.35,
          [0.5, 1.6],
        )
      : null,
    blur: random.chance(0.6) ? random.uniform(0.004, 0.03) : 0,
  };
}

/** Sky above grass, sand, water, snow or a road. */
export function landscapeGround(random: Random): BackgroundPlan {
  const [hue, saturation, value] = random.pick([
    [random.uniform(80, 125), random.uniform(0.35, 0.8), random.uniform(0.35, 0.75)],
    [random.uniform(36, 48), random.uniform(0.3, 0.5), random.uniform(0.7, 0.95)],
    [random.uniform(195, 225), random.uniform(0.4, 0.8), random.uniform(0.4, 0.8)],
    [210, 0.05, random.uniform(0.85, 1)],
    [220, 0.05, random.uniform(0.3, 0.55)],
  ] as const);
  const dusk = random.chance(0.2);
  return {
    ...NO_GROUND,
    kind: 'scenery',
    base: dusk
      ? fromHsv(random.uniform(230, 280), 0.5, random.uniform(0.2, 0.6))
      : fromHsv(random.uniform(200, 222), random.uniform(0.35, 0.75), random.uniform(0.75, 1)),
    second: dusk
      ? fromHsv(random.uniform(10, 40), 0.6, random.uniform(0.6, 1))
      : fromHsv(205, random.uniform(0.02, 0.3), random.uniform(0.9, 1)),
    third: fromHsv(hue, saturation, value),
    angle: random.uniform(0, 6),
    horizon: random.uniform(0.35, 0.75),
    hills: random.chance(0.5) ? random.uniform(0.02, 0.12) : 0,
    texture: randomTexture(random, ['grain', 'cloud', 'speckle'], 0.3, [0.6, 2]),
    blur: random.chance(0.5) ? random.uniform(0.003, 0.025) : 0,
  };
}

/** A surface seen from above: wood, cloth, stone, or just noise of two colours. */
export function surfaceGround(random: Random): BackgroundPlan {
  const base = anyColour(random);
  const near = random.chance(0.7);
  const factor = random.uniform(0.5, 0.9);
  const second: Rgb = near ? [base[0] * factor, base[1] * factor, base[2] * factor] : anyColour(random);
  const wood = random.chance(0.3);
  const light: Rgb = fromHsv(random.uniform(18, 38), random.uniform(0.3, 0.65), random.uniform(0.5, 0.95));
  return {
    ...NO_GROUND,
    kind: 'noise',
    base: wood ? light : base,
    second: wood ? [light[0] * factor, light[1] * factor, light[2] * factor] : second,
    angle: random.chance(0.5) ? random.uniform(0, 6) : random.int(2) * (Math.PI / 2),
    texture: {
      ...randomTexture(random, wood ? ['wood', 'brushed'] : TEXTURE_KINDS, 1, [0.4, 2]),
      strength: random.uniform(0.4, 1.2),
    },
    blur: random.chance(0.3) ? random.uniform(0.003, 0.02) : 0,
  };
}
