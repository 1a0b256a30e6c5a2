import { LlavaMiniError } from '../../errors.ts';
import type { Random } from '../../util/random.ts';
import { contrasts, randomCamera } from './augment.ts';
import { nameColour, type Rgb, shadeOf } from './colour.ts';
import { FONTS, isCapitalsOnly } from './fonts.ts';
import { namedGround } from './grounds.ts';
import { letteringAspect } from './lettering.ts';
import { sceneGround } from './object-scene.ts';
import type { LetteringPlan, ScenePlan } from './plan.ts';
import { type Drawings, freedomOf, randomObject, type SceneOptions } from './scene.ts';
import { COLOUR_NAMES } from './types.ts';
import { LETTERING_WORDS } from './words.ts';

/** Shortest and longest lettering. */
export const LETTERING_LENGTH: readonly [shortest: number, longest: number] = [2, 8];

/** Without those that look like others in some font. */
const CLEAR_LETTERS = 'ABCDEFGHJKLMNPRTUVWXYZ';
const CLEAR_DIGITS = '2346789';

export interface LetteringSceneOptions extends SceneOptions {
  /** Share of the pictures with an object beside the lettering; default 0.3. */
  withObject?: number;
  /** Shortest and longest lettering; default `LETTERING_LENGTH`. */
  letters?: readonly [shortest: number, longest: number];
}

/** A line of letters and digits, sometimes with an object above or below it. */
export function letteringScene(random: Random, drawings: Drawings, options: LetteringSceneOptions): ScenePlan {
  const freedom = freedomOf(options);
  const letters = checkedLength(options.letters ?? LETTERING_LENGTH);
  const layout = random.fork('layout');
  const companion = layout.chance(options.withObject ?? 0.3);
  const below = layout.chance(0.5);
  const text = random.fork('text');
  const lettering = chooseLettering(text, companion ? 0.3 : 0.42, letters);
  const reach = halfHeight(lettering) + 0.02;
  lettering.y = companion ? (below ? 0.8 : 0.2) + text.uniform(-0.03, 0.03) : text.uniform(0.25, 0.75);
  lettering.y = Math.min(1 - reach, Math.max(reach, lettering.y));
  const background =
    lettering.panel === null
      ? groundFor(random.fork('ground'), lettering.paint)
      : sceneGround(random.fork('ground'), freedom);
  const object = companion
    ? randomObject(
        random.fork('object'),
        drawings.pick(random.fork('what')),
        freedom,
        { x: layout.uniform(0.35, 0.65), y: below ? 0.34 : 0.66, size: layout.uniform(0.35, 0.56) },
        background,
      )
    : null;
  // Neither blur nor lost detail: letters must stay readable.
  const camera = { ...randomCamera(random.fork('camera'), { ...freedom, keepColours: true }), blur: 0, detail: 1 };
  return {
    seed: '',
    size: options.size,
    background,
    objects: object === null ? [] : [object],
    lettering,
    camera,
  };
}

/** @param letters as a plan has it, which may be anything */
function checkedLength(letters: unknown): typeof LETTERING_LENGTH {
  const [least, most] = LETTERING_LENGTH;
  const [shortest, longest] = Array.isArray(letters) ? letters : [];
  if (![shortest, longest].every(Number.isInteger) || shortest < least || longest > most || shortest > longest)
    throw new LlavaMiniError(
      'bad-argument',
      `lettering is ${least} to ${most} letters long, not ${JSON.stringify(letters)}`,
      { hint: 'give letters as [shortest, longest], such as [5, 8]' },
    );
  return [shortest, longest];
}

/** Half the height that the turned line takes, tails of small letters included. */
function halfHeight(plan: LetteringPlan): number {
  const half = (letteringAspect(plan) * plan.size) / 2;
  return Math.abs(Math.sin(plan.angle)) * half + Math.cos(plan.angle) * plan.size * 0.95;
}

function chooseLettering(random: Random, tallest: number, letters: typeof LETTERING_LENGTH): LetteringPlan {
  const font = random.pick(FONTS);
  const paint = shadeOf(random.pick(COLOUR_NAMES), random);
  const plan: LetteringPlan = {
    text: chooseText(random, isCapitalsOnly(font), letters),
    font,
    paint,
    x: 0.5,
    y: 0.5,
    size: 0,
    angle: random.chance(0.6) ? random.normal() * 0.06 : 0,
    spacing: random.chance(0.4) ? random.uniform(0, 0.25) : 0,
    panel: null,
  };
  if (random.chance(0.35)) plan.panel = contrasting(random, paint);
  const most = Math.min(tallest, 0.84 / letteringAspect(plan));
  plan.size = most * random.uniform(0.65, 1);
  const free = Math.max(0, 0.9 - letteringAspect(plan) * plan.size);
  plan.x = 0.5 + random.uniform(-0.5, 0.5) * free;
  return plan;
}

/** Words, numbers and mixtures, in capitals or small letters. */
function chooseText(random: Random, capitals: boolean, [shortest, longest]: typeof LETTERING_LENGTH): string {
  const kind = random.float();
  const length = shortest + random.int(longest - shortest + 1);
  const from = (characters: string) => Array.from({ length }, () => characters[random.int(characters.length)]).join('');
  if (kind < 0.45) {
    const word = random.pick(LETTERING_WORDS.filter((own) => own.length >= shortest && own.length <= longest));
    if (capitals || random.chance(0.5)) return word.toUpperCase();
    return random.chance(0.5) ? word : word[0].toUpperCase() + word.slice(1);
  }
  if (kind < 0.65) return from('0123456789');
  if (kind < 0.88) {
    const letters = from(CLEAR_LETTERS);
    return capitals || random.chance(0.65) ? letters : letters.toLowerCase();
  }
  return from(CLEAR_LETTERS + CLEAR_DIGITS + CLEAR_DIGITS);
}

function contrasting(random: Random, paint: Rgb): Rgb {
  for (let tries = 0; tries < 40; tries++) {
    const other = shadeOf(random.pick(COLOUR_NAMES), random);
    if (contrasts(other, paint)) return other;
  }
  return nameColour(paint) === 'white' ? [20, 20, 20] : [250, 250, 250];
}

function groundFor(random: Random, paint: Rgb) {
  for (let tries = 0; tries < 40; tries++) {
    const ground = namedGround(random);
    if (contrasts(ground.base, paint)) return ground;
  }
  const base = contrasting(random, paint);
  return { ...namedGround(random), base, second: base };
}
