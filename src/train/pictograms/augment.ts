import type { Random } from '../../util/random.ts';
import { fromHsv, nameColour, type Rgb, shadeOf } from './colour.ts';
import type { CameraPlan, Look, ObjectPlan, ShadowPlan, TexturePlan } from './plan.ts';
import { TEXTURE_KINDS, type TextureKind, TILE } from './texture.ts';
import type { ColourName } from './types.ts';

/** How freely pictures are changed. */
export interface Freedom {
  /** Colours stay what they are called: no turned hues, no colour casts, no grey pictures. */
  keepColours: boolean;
  /** 0 draws things as they are, 1 is the usual strength. */
  strength: number;
}

/** A drawing as it is. */
export const PLAIN_LOOK: Look = {
  hue: 0,
  saturation: 1,
  contrast: 1,
  brightness: 1,
  gamma: 1,
  paint: null,
  tint: null,
  lines: null,
  bleach: 0,
  rim: null,
  light: { angle: 0, strength: 0 },
  relief: null,
  texture: null,
  blur: 0,
};

/** Share of the objects that are dyed where colours may be asked about, or few would have just one. */
const TINTED = 0.3;

const TINTS: readonly ColourName[] = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'brown', 'grey'];

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
    if (mode < TINTED) look.tint = shadeOf(random.pick(TINTS), random);
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

/** Whether lettering of one colour can be read on the other. */
export function contrasts(a: Rgb, b: Rgb): boolean {
  const [first, second] = [a, b].map(([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue);
  return Math.abs(first - second) > 70 && nameColour(a) !== nameColour(b);
}
