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
  return value > 0.75 && (hue < 338 || saturation < 0.6) ? 'pink' : null;
}

/**
 * What this colour passes for as a part of an object that is otherwise clearly of that colour: shaded, lit or
 * tinted. Wider than {@link nameColour}, so that shading does not cost an apple its red.
 */
export function looseColour(rgb: Rgb): ColourName | null {
  const [hue, saturation, value] = toHsv(rgb);
  const chroma = saturation * value;
  if (value < 0.25 || (value < 0.3 && chroma < 0.12)) return 'black';
  if (chroma < 0.1) return value > 0.88 ? 'white' : value < 0.84 ? 'grey' : null;
  if (chroma < 0.14) return null;
  if (hue >= 335 || hue < 19) return looseRed(hue, saturation, value);
  if (hue < 42) {
    if (value < 0.75 && saturation > 0.3) return 'brown';
    return value > 0.82 && saturation > 0.55 ? 'orange' : null;
  }
  if (hue < 66) return value > 0.68 && saturation > 0.22 ? 'yellow' : null;
  if (hue < 168) return saturation > 0.22 ? 'green' : null;
  if (hue < 188) return null;
  if (hue < 252) return saturation > 0.25 ? 'blue' : null;
  if (hue < 256) return null;
  if (hue < 308) return 'purple';
  return value > 0.65 ? 'pink' : null;
}

function looseRed(hue: number, saturation: number, value: number): ColourName | null {
  if (saturation > 0.58 && value > 0.33) return hue < 19 && hue > 8 && value < 0.62 ? 'brown' : 'red';
  if (value > 0.8 && saturation < 0.58 && (hue >= 335 || hue < 10)) return 'pink';
  return hue > 4 && hue < 19 && value < 0.62 ? 'brown' : null;
}

/** Hue range, saturation range and value range in which a colour is unmistakable. */
const TYPICAL: Record<ColourName, readonly [number, number, number, number, number, number]> = {
  red: [-8, 6, 0.78, 1, 0.7, 0.95],
  orange: [22, 34, 0.8, 1, 0.93, 1],
  yellow: [49, 58, 0.7, 1, 0.92, 1],
  green: [100, 145, 0.5, 0.95, 0.45, 0.85],
  blue: [204, 238, 0.6, 1, 0.55, 0.97],
  purple: [268, 286, 0.5, 0.9, 0.5, 0.9],
  pink: [318, 337, 0.35, 0.6, 0.94, 1],
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

/** Share of the ink that passes for a colour, and share that plainly has it, for it to be the object's colour. */
const RULING = 0.66;
const PLAIN = 0.15;

/** Share that no other colour may pass for. */
const RIVAL = 0.22;

/** Levels a channel in the tables of names: fine enough, since there is a no man's land between most names. */
const LEVELS = 32;

let tables: { plain: Uint8Array; loose: Uint8Array } | undefined;

/** For each of 32³ colours 1 + the index of its name, or 0. */
function nameTables(): { plain: Uint8Array; loose: Uint8Array } {
  tables ??= { plain: tableOf(nameColour), loose: tableOf(looseColour) };
  return tables;
}

function tableOf(name: (rgb: Rgb) => ColourName | null): Uint8Array {
  const step = 256 / LEVELS;
  const middle = (level: number) => (level === LEVELS - 1 ? 255 : level === 0 ? 0 : (level + 0.5) * step);
  return Uint8Array.from({ length: LEVELS ** 3 }, (_, i) => {
    const found = name([middle(i >> 10), middle((i >> 5) & 31), middle(i & 31)]);
    return found === null ? 0 : 1 + COLOUR_NAMES.indexOf(found);
  });
}

/** Counts named colours over pixels, and tells which one rules. */
export class ColourCount {
  private readonly tables = nameTables();
  private readonly plain = new Float64Array(COLOUR_NAMES.length + 1);
  private readonly loose = new Float64Array(COLOUR_NAMES.length + 1);
  private total = 0;

  /** Counts one pixel, channels 0 to 255. */
  add(red: number, green: number, blue: number): void {
    const at = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
    this.plain[this.tables.plain[at]]++;
    this.loose[this.tables.loose[at]]++;
    this.total++;
  }

  /** The one colour that clearly rules, or null. */
  ruling(): ColourName | null {
    let first = 0;
    let rival = 0;
    let best = 0;
    for (let i = 1; i <= COLOUR_NAMES.length; i++) {
      const count = this.loose[i];
      if (count > first) {
        rival = first;
        first = count;
        best = i;
      } else if (count > rival) rival = count;
    }
    const rules = first >= RULING * this.total && rival <= RIVAL * this.total;
    return best > 0 && rules && this.plain[best] >= PLAIN * this.total ? COLOUR_NAMES[best - 1] : null;
  }
}
