import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { LlavaMiniError } from '../../errors.ts';
import { decodePicture, type Picture } from '../../media/index.ts';
import { fileError } from '../../util/atomic-file.ts';
import { Random } from '../../util/random.ts';
import { ColourCount, nameColour, type Rgb, shadeOf } from './colour.ts';
import type { RenderedScene } from './render.ts';
import { Drawings } from './scene.ts';
import type { Sprite } from './sprite-drawing.ts';
import type { SpriteSource } from './sprites.ts';
import { type Box, COLOUR_NAMES, type ColourName } from './types.ts';

/**
 * @file Things with the surface of a photograph: a drawing's outline, filled with a piece of some photograph, alone on
 * a plain ground. They show nothing that has a name; they show how photographs of one thing look to the tower, so that
 * the language model can tell these from drawings, and say what colours they have.
 */

/** What {@link drawCutout} gives as the style of its one object, whose concept is what the outline is taken from. */
export const CUTOUT_STYLE = 'cutout';

/** @throws LlavaMiniError `not-found` for a folder that is not there or has no photographs; those of `decodePicture` */
export async function loadPhotographs(folder: string): Promise<Picture[]> {
  const names = await readdir(folder).catch((error) => {
    throw fileError(error, folder);
  });
  const photographs = names.filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).sort();
  if (photographs.length === 0) throw new LlavaMiniError('not-found', `no photographs in ${folder}`);
  return Promise.all(photographs.map((name) => decodePicture(join(folder, name))));
}

/**
 * The same photographs, sprites, side and seed give the same picture. The colours in its scene, of thing and ground, are
 * measured on the result; null where none rules.
 *
 * @param size side in pixels
 */
export async function drawCutout(
  photographs: readonly Picture[],
  sprites: SpriteSource,
  size: number,
  seed: string,
): Promise<RenderedScene> {
  const random = new Random(seed);
  const { concept, style } = new Drawings(sprites, {}).pick(random.fork('drawing'));
  const thing = await fill(sprites.get(concept, style), photographs, size, random.fork('thing'));
  const ground = plainGround(size, random.fork('ground'));
  const place = random.fork('place');
  const at = (length: number): number => Math.round((size - length) * place.uniform(0.3, 0.7));
  const left = at(thing.width);
  const top = at(thing.height);
  const camera = random.fork('camera');
  const taken = sharp(
    await sharp(ground.picture)
      .composite([{ input: thing.png, left, top }])
      .jpeg({ quality: 60 + camera.int(38) })
      .toBuffer(),
  );
  const picture = new Uint8Array(
    await (camera.chance(0.3) ? taken.blur(camera.uniform(0.4, 1)) : taken).raw().toBuffer(),
  );
  const box = [left, top, left + thing.width, top + thing.height].map((edge) => edge / size) as Box;
  const colour = colourWithin(thing, picture, size, left, top);
  return {
    picture,
    scene: {
      seed,
      size,
      background: { kind: 'plain', colour: ground.colour },
      objects: [{ concept, style: CUTOUT_STYLE, box, colour, hidden: 0 }],
      lettering: null,
    },
  };
}

/** What a thing is cut out of: its outline, and the surface within. */
interface Cutout {
  png: Buffer;
  /** How much of each pixel is the thing's, 0 to 255, `[height, width]`. */
  outline: Buffer;
  width: number;
  height: number;
}

/** The colour that rules where a thing lies. */
function colourWithin(
  { outline, width, height }: Cutout,
  picture: Uint8Array,
  size: number,
  left: number,
  top: number,
): ColourName | null {
  const count = new ColourCount();
  for (let y = 0; y < height; y += 2)
    for (let x = 0; x < width; x += 2) {
      if (outline[y * width + x] < 128) continue;
      const at = ((top + y) * size + left + x) * 3;
      count.add(picture[at], picture[at + 1], picture[at + 2]);
    }
  return count.ruling();
}

/** A sprite's outline around a piece of a photograph, in other colours and lit from one side. */
async function fill(sprite: Sprite, photographs: readonly Picture[], size: number, random: Random): Promise<Cutout> {
  const { data, width, height } = random.pick(photographs);
  const scale = (size * random.uniform(0.45, 0.96)) / Math.max(sprite.width, sprite.height);
  const [w, h] = [sprite.width, sprite.height].map((side) => Math.max(8, Math.round(side * scale)));
  const zoom = Math.exp(random.uniform(Math.log(0.15), 0)) * Math.min(width / w, height / h);
  const [cutWidth, cutHeight] = [w, h].map((side) => Math.max(4, Math.floor(side * zoom)));
  const surface = sharp(data, { raw: { width, height, channels: 3 } })
    .extract({
      left: random.int(width - cutWidth + 1),
      top: random.int(height - cutHeight + 1),
      width: cutWidth,
      height: cutHeight,
    })
    .resize(w, h, { fit: 'fill' })
    .flop(random.chance(0.5))
    .modulate({
      brightness: random.uniform(0.7, 1.35),
      saturation: random.uniform(0.4, 1.6),
      hue: random.chance(0.5) ? random.int(360) : 0,
    });
  const outline = await sharp(sprite.pixels, { raw: { width: sprite.width, height: sprite.height, channels: 4 } })
    .extractChannel(3)
    .resize(w, h, { fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const lit = await surface
    .composite([{ input: light(w, h, random), blend: 'multiply' }])
    .removeAlpha()
    .raw()
    .toBuffer();
  if (random.chance(DYED)) dye(lit, random);
  const png = await sharp(lit, { raw: { width: w, height: h, channels: 3 } })
    .joinChannel(outline, { raw: { width: w, height: h, channels: 1 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return { png, outline, width: w, height: h };
}

/** How many things are all of one colour: few photographs are, and colours are to be told. */
const DYED = 0.5;

/** How strongly light and shade of a surface show in its dye: less than 1, for much of a photograph is dark. */
const RELIEF = 0.7;

/** A surface's light and shade in one of the named colours; what comes out may still go by no name. */
function dye(surface: Buffer, random: Random): void {
  const shade = shadeOf(random.pick(COLOUR_NAMES), random);
  const luma = Float64Array.from({ length: surface.length / 3 }, (_, i) => {
    const [red, green, blue] = surface.subarray(i * 3, i * 3 + 3);
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  });
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
  for (let i = 0; i < surface.length; i++) {
    const lit = ((luma[Math.floor(i / 3)] + 1) / (mean + 1)) ** RELIEF;
    surface[i] = Math.min(255, Math.round(shade[i % 3] * lit));
  }
}

/** Darker away from the light. */
function light(width: number, height: number, random: Random): Buffer {
  const [x, y] = [random.uniform(0.2, 0.8), random.uniform(0.1, 0.6)];
  const dark = Math.round(255 * random.uniform(0.25, 0.95));
  return filled(
    width,
    height,
    `<radialGradient id="fill" cx="${x}" cy="${y}" r="0.9"><stop offset="0.1" stop-color="#fff"/>` +
      `<stop offset="1" stop-color="rgb(${dark},${dark},${dark})"/></radialGradient>`,
  );
}

/** White or grey mostly, often a little darker at one end; it has a colour where both ends go by the same name. */
function plainGround(size: number, random: Random): { picture: Buffer; colour: ColourName | null } {
  const base = random.chance(0.2) ? shadeOf(random.pick(COLOUR_NAMES), random) : paleOrGrey(random);
  const drop = random.chance(0.5) ? random.uniform(0.75, 1) : 1;
  const ends = [1, drop].map((factor) => base.map((value) => Math.round(value * factor)) as unknown as Rgb);
  const [first, last] = ends.map(nameColour);
  const [from, to] = ends.map((rgb) => `rgb(${rgb.join(',')})`);
  const picture = filled(
    size,
    size,
    `<linearGradient id="fill" gradientTransform="rotate(${random.int(360)} .5 .5)">` +
      `<stop offset="0" stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient>`,
  );
  return { picture, colour: first === last ? first : null };
}

function paleOrGrey(random: Random): number[] {
  const level = random.chance(0.6) ? random.uniform(225, 255) : random.uniform(20, 225);
  const tint = random.chance(0.3) ? 40 : 4;
  return [0, 1, 2].map(() => Math.max(0, Math.min(255, level + random.uniform(-tint, tint))));
}

function filled(width: number, height: number, gradient: string): Buffer {
  const rect = '<rect width="100%" height="100%" fill="url(#fill)"/>';
  return Buffer.from(
    `<svg width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">${gradient}${rect}</svg>`,
  );
}
