import type { Random } from '../../util/random.ts';
import { fromHsv, nameColour, type Rgb, shadeOf } from './colour.ts';
import type { BackgroundPlan, CameraPlan, Look, ObjectPlan, ShadowPlan, TexturePlan } from './plan.ts';
import { TEXTURE_KINDS, TILE, type TextureKind } from './texture.ts';
import { COLOUR_NAMES, type ColourName } from './types.ts';

/** How freely pictures are changed. */
export interface Freedom {
  /** Colours stay what they are called: no turned hues, no colour casts, no grey pictures. */
  keepColours: boolean;
  /** 0 draws things as they are, 1 is the usual strength. */
  strength: number;
}

const PLAIN_LOOK: Look = {
  hue: 0,
  saturation: 1,
  contrast: 1,
  brightness: 1,
  gamma: 1,
  paint: null,
  lines: null,
  bleach: 0,
  rim: null,
  light: { angle: 0, strength: 0 },
  relief: null,
  texture: null,
  blur: 0,
};

/** How one object's drawing is changed. */
export function randomLook(random: Random, freedom: Freedom): Look {
  const { keepColours, strength } = freedom;
  const look: Look = { ...PLAIN_LOOK };
  if (strength === 0) return look;
  const mode = random.float();
  look.contrast = random.uniform(1 - 0.3 * strength, 1 + 0.3 * strength);
  look.brightness = random.uniform(1 - 0.18 * strength, 1 + 0.12 * strength);
  look.gamma = Math.exp(random.normal() * 0.18 * strength);
  if (keepColours) {
    look.saturation = random.uniform(0.9, 1.15);
    look.contrast = random.uniform(0.92, 1.12);
    look.brightness = random.uniform(0.93, 1.07);
    look.gamma = 1;
  } else if (mode < 0.45) {
    look.hue = random.normal() * 0.12 * strength;
    look.saturation = random.uniform(1 - 0.35 * strength, 1 + 0.35 * strength);
  } else if (mode < 0.72) {
    look.hue = random.normal() * 0.35 * strength;
    look.saturation = random.uniform(0.4, 1.5);
  } else if (mode < 0.82) {
    look.hue = random.uniform(-Math.PI, Math.PI);
    look.saturation = random.uniform(0.5, 1.3);
  } else if (mode < 0.95) look.saturation = random.uniform(0, 0.35);
  else if (mode < 0.975) look.paint = random.chance(0.7) ? greyOf(random, 10, 70) : anyColour(random);
  const drawn = random.float();
  if (!keepColours && look.paint === null && drawn < 0.2 * strength) {
    look.lines = { strength: random.uniform(0.6, 1), width: random.uniform(0.004, 0.011) };
    if (drawn < 0.06 * strength) {
      look.bleach = random.uniform(0.5, 1);
      look.saturation *= 0.6;
    }
  }
  if (random.chance(0.14 * strength))
    look.rim = {
      width: random.uniform(0.008, 0.03),
      colour: random.chance(0.5) ? [255, 255, 255] : random.chance(0.6) ? greyOf(random, 0, 60) : anyColour(random),
    };
  const angle = random.uniform(0, 2 * Math.PI);
  if (random.chance(0.6 * strength)) look.light = { angle, strength: random.uniform(0.05, keepColours ? 0.15 : 0.4) };
  if (random.chance(0.5 * strength))
    look.relief = {
      angle,
      strength: random.uniform(0.15, keepColours ? 0.4 : 0.9),
      gloss: random.chance(0.4) ? random.uniform(0.2, 1) : 0,
      depth: random.uniform(0.02, 0.12),
    };
  if (random.chance(0.4 * strength))
    look.texture = randomTexture(random, TEXTURE_KINDS, keepColours ? 0.12 : 0.4, [0.4, 2]);
  if (random.chance(0.12 * strength)) look.blur = random.uniform(0.003, 0.015);
  return look;
}

/** Overlay of one of these kinds, up to this strong. */
export function randomTexture(
  random: Random,
  kinds: readonly TextureKind[],
  strength: number,
  scale: readonly [number, number],
): TexturePlan {
  return {
    kind: random.pick(kinds),
    variant: random.int(64),
    strength: random.uniform(0.15, 1) * strength,
    scale: Math.exp(random.uniform(Math.log(scale[0]), Math.log(scale[1]))),
    offset: [random.uniform(0, TILE), random.uniform(0, TILE)],
  };
}

/** What one object does beside its place and size: turned, bent, tilted, squeezed. */
export function randomPose(
  random: Random,
  concept: string,
  strength: number,
): Pick<ObjectPlan, 'angle' | 'mirror' | 'stretch' | 'tilt' | 'wave'> {
  const mirror = !isHanded(concept) && random.chance(0.5);
  if (strength === 0) return { angle: 0, mirror, stretch: 1, tilt: [0, 0], wave: { size: 0, count: 1, phase: 0 } };
  const turned = random.chance(isUpright(concept) ? 0 : 0.14 * strength);
  return {
    angle: turned ? random.uniform(-1.6, 1.6) : random.normal() * 0.16 * strength,
    mirror,
    stretch: Math.exp(random.normal() * 0.13 * strength),
    tilt: random.chance(0.5)
      ? [random.normal() * 0.16 * strength, random.normal() * 0.16 * strength]
      : ([0, 0] as [number, number]),
    wave: {
      size: random.chance(0.45) ? random.uniform(0.003, 0.022) * strength : 0,
      count: random.uniform(0.6, 2.2),
      phase: random.uniform(0, 2 * Math.PI),
    },
  };
}

const HANDED = /left|right|quarter|waxing|waning|crescent|o-clock|oclock|thirty|globe|chart|letter|abc|12/;
const UPRIGHT = /o-clock|oclock|thirty|chart|moon|arrow/;

/** Things that a mirror turns into something else. */
export function isHanded(concept: string): boolean {
  return HANDED.test(concept);
}

/** Things that a turn makes into something else. */
export function isUpright(concept: string): boolean {
  return UPRIGHT.test(concept);
}

/** A shadow that fits something lying (`drop`) or standing (`ground`). */
export function randomShadow(random: Random, kind: ShadowPlan['kind'], lightAngle: number): ShadowPlan {
  const far = random.uniform(0.01, 0.06);
  return {
    kind,
    strength: random.uniform(0.15, 0.6),
    blur: kind === 'drop' ? random.uniform(0.008, 0.05) : random.uniform(0.01, 0.035),
    shift: [Math.cos(lightAngle) * far, Math.abs(Math.sin(lightAngle)) * far],
    squash: random.chance(0.75) ? random.uniform(0.06, 0.4) : -random.uniform(0.06, 0.25),
    shear: random.uniform(-1.2, 1.2),
  };
}

/** No effect at all. */
export function plainCamera(): CameraPlan {
  return {
    exposure: 1,
    contrast: 1,
    gamma: 1,
    balance: [1, 1, 1],
    light: { angle: 0, strength: 0 },
    vignette: 0,
    grey: false,
    blur: 0,
    noise: [0, 0],
    compression: 0,
    detail: 1,
  };
}

/** What the camera does to a picture. */
export function randomCamera(random: Random, { keepColours, strength }: Freedom): CameraPlan {
  const camera = plainCamera();
  if (strength === 0) return camera;
  const cast = keepColours ? 0.015 : random.chance(0.4) ? 0.09 : 0.03;
  camera.exposure = random.uniform(keepColours ? 0.95 : 0.75, keepColours ? 1.04 : 1.15);
  camera.contrast = random.uniform(keepColours ? 0.95 : 0.75, keepColours ? 1.06 : 1.2);
  camera.gamma = keepColours ? 1 : Math.exp(random.normal() * 0.15);
  const warm = random.normal() * cast * strength;
  camera.balance = [1 + warm, 1 + random.normal() * cast * 0.3, 1 - warm];
  if (random.chance(0.55))
    camera.light = { angle: random.uniform(0, 2 * Math.PI), strength: random.uniform(0.03, keepColours ? 0.1 : 0.3) };
  if (random.chance(0.4)) camera.vignette = random.uniform(0.05, keepColours ? 0.12 : 0.45);
  camera.grey = !keepColours && random.chance(0.04 * strength);
  if (random.chance(0.25 * strength)) camera.blur = random.uniform(0.0015, 0.007);
  if (random.chance(0.5 * strength)) camera.noise = [random.uniform(1, 10), random.uniform(0, 6)];
  if (random.chance(0.25 * strength)) camera.compression = Math.exp(random.uniform(0, 1.8));
  if (random.chance(0.15 * strength)) camera.detail = random.uniform(0.3, 0.8);
  return camera;
}

/** A grey between two levels, with a trace of colour. */
export function greyOf(random: Random, low: number, high: number): Rgb {
  const level = random.uniform(low, high);
  return [level + random.uniform(-4, 4), level, level + random.uniform(-4, 4)];
}

export function anyColour(random: Random): Rgb {
  return fromHsv(random.uniform(0, 360), random.float() ** 0.7, 1 - 0.85 * random.float() ** 1.6);
}

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
      ? randomTexture(random, wood ? ['wood', 'brushed'] : ['cloth', 'marble', 'speckle', 'tiles', 'grain'], 0.35, [
          0.5, 1.6,
        ])
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

/** Whether two colours would be told apart at a glance. */
export function contrasts(a: Rgb, b: Rgb): boolean {
  const distance = Math.abs(a[0] - b[0]) * 0.6 + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]) * 0.5;
  return distance > 70 && nameColour(a) !== nameColour(b);
}
