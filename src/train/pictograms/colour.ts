import type { Random } from '../../util/random.ts';
import { COLOUR_NAMES, type ColourName } from './types.ts';

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Hue in degrees from 0 to 360, saturation and value from 0 to 1. */
export function toHsv([red, green, blue]: Rgb): [hue: number, saturation: number, value: number] {
  const high = Math.max(red, green, blue);
  const low = Math.min(red, green, blue);
  const range = high - low;
  if (range <= 0) return [0, 0, high / 255];
  let hue = 0;
  if (high === red) hue = (green - blue) / range;
  else if (high === green) hue = 2 + (blue - red) / range;
  else hue = 4 + (red - green) / range;
  return [(hue * 60 + 360) % 360, range / high, high / 255];
}

/** The inverse of {@link toHsv}. */
export function fromHsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (n: number) => {
    const k = (n + hue / 60) % 6;
    return 255 * (value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/**
 * What most people would call this colour; null where they would argue (turquoise, olive, beige, very dark or
 * pale tints).
 */
export function nameColour(rgb: Rgb): ColourName | null {
  const [hue, saturation, value] = toHsv(rgb);
  const chroma = saturation * value;
  if (value < 0.2 || (value < 0.28 && chroma < 0.12)) return 'black';
  if (chroma < 0.075) {
    if (value > 0.9) return 'white';
    return value > 0.32 && value < 0.8 ? 'grey' : null;
  }
  if (chroma < 0.16) return null;
  if (hue < 12 || hue >= 348) {
    if (saturation > 0.62) return value > 0.5 ? 'red' : null;
    if (value > 0.85 && saturation < 0.52) return 'pink';
    return value < 0.6 && hue > 4 && hue < 12 ? 'brown' : null;
  }
  if (hue < 42) {
    if (value < 0.7 && saturation > 0.3) return 'brown';
    return hue >= 18 && value > 0.85 && saturation > 0.6 ? 'orange' : null;
  }
  if (hue < 45) return null;
  if (hue < 64) return value > 0.78 && saturation > 0.45 ? 'yellow' : null;
  if (hue < 78) return null;
  if (hue < 165) return saturation > 0.25 ? 'green' : null;
  if (hue < 190) return null;
  if (hue < 250) return saturation > 0.3 ? 'blue' : null;
  if (hue < 262) return null;
  if (hue < 294) return saturation > 0.25 ? 'purple' : null;
  if (hue < 306) return null;
  return value > 0.75 ? 'pink' : null;
}

/** Hue range, saturation range and value range in which a colour is unmistakable. */
const TYPICAL: Record<ColourName, readonly [number, number, number, number, number, number]> = {
  red: [-8, 6, 0.78, 1, 0.7, 0.95],
  orange: [22, 34, 0.8, 1, 0.93, 1],
  yellow: [49, 58, 0.7, 1, 0.92, 1],
  green: [100, 145, 0.5, 0.95, 0.45, 0.85],
  blue: [204, 238, 0.6, 1, 0.55, 0.97],
  purple: [268, 286, 0.5, 0.9, 0.5, 0.9],
  pink: [318, 340, 0.35, 0.7, 0.94, 1],
  brown: [18, 30, 0.55, 0.8, 0.36, 0.55],
  black: [0, 360, 0, 0.25, 0.03, 0.13],
  white: [0, 360, 0, 0.03, 0.95, 1],
  grey: [0, 360, 0, 0.06, 0.45, 0.66],
};

/** A random shade that everyone calls by this name. */
export function shadeOf(name: ColourName, random: Random): Rgb {
  const [hue0, hue1, saturation0, saturation1, value0, value1] = TYPICAL[name];
  return fromHsv(
    (random.uniform(hue0, hue1) + 360) % 360,
    random.uniform(saturation0, saturation1),
    random.uniform(value0, value1),
  );
}

/** Share of the ink that a colour must have to be the object's colour, and that no other may reach. */
const RULING = 0.58;
const RIVAL = 0.2;

/** Levels a channel in the table of names: fine enough, since colours on the border of a name have none. */
const LEVELS = 32;

let nameTable: Uint8Array | undefined;

/** For each of 32³ colours 1 + the index of its name, or 0. */
function namesByLevel(): Uint8Array {
  if (nameTable === undefined) {
    const step = 256 / LEVELS;
    const middle = (level: number) => (level === LEVELS - 1 ? 255 : level === 0 ? 0 : (level + 0.5) * step);
    nameTable = new Uint8Array(LEVELS ** 3);
    for (let i = 0; i < nameTable.length; i++) {
      const name = nameColour([middle(i >> 10), middle((i >> 5) & 31), middle(i & 31)]);
      nameTable[i] = name === null ? 0 : 1 + COLOUR_NAMES.indexOf(name);
    }
  }
  return nameTable;
}

/** Counts named colours over pixels, and tells which one rules. */
export class ColourCount {
  private readonly names = namesByLevel();
  private readonly counts = new Float64Array(COLOUR_NAMES.length + 1);
  private total = 0;

  /** Counts one pixel, channels 0 to 255. */
  add(red: number, green: number, blue: number): void {
    this.counts[this.names[((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3)]]++;
    this.total++;
  }

  /** The one colour that clearly rules, or null. */
  ruling(): ColourName | null {
    let first = 0;
    let rival = 0;
    let name: ColourName | null = null;
    COLOUR_NAMES.forEach((candidate, i) => {
      const count = this.counts[i + 1];
      if (count > first) {
        rival = first;
        first = count;
        name = candidate;
      } else if (count > rival) rival = count;
    });
    return first >= RULING * this.total && rival <= RIVAL * this.total ? name : null;
  }
}
