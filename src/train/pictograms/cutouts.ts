import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { LlavaMiniError } from '../../errors.ts';
import { decodePicture, type Picture } from '../../media/index.ts';
import { fileError } from '../../util/atomic-file.ts';
import { Random } from '../../util/random.ts';
import type { RenderedScene } from './render.ts';
import { Drawings } from './scene.ts';
import type { Sprite } from './sprite-drawing.ts';
import type { SpriteSource } from './sprites.ts';

/**
 * @file Things with the surface of a photograph: a drawing's outline, filled with a piece of some photograph, alone on
 * a plain ground. They show nothing that has a name; they show how photographs of one thing look to the tower, so that
 * the language model can tell these from drawings.
 */

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
 * The same photographs, sprites, side and seed give the same picture.
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
    await sharp(ground)
      .composite([{ input: thing.png, left, top }])
      .jpeg({ quality: 60 + camera.int(38) })
      .toBuffer(),
  );
  const picture = await (camera.chance(0.3) ? taken.blur(camera.uniform(0.4, 1)) : taken).raw().toBuffer();
  return {
    picture: new Uint8Array(picture),
    scene: { seed, size, background: { kind: 'plain', colour: null }, objects: [], lettering: null },
  };
}

/** A sprite's outline around a piece of a photograph, in other colours and lit from one side. */
async function fill(sprite: Sprite, photographs: readonly Picture[], size: number, random: Random) {
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
  const png = await sharp(lit, { raw: { width: w, height: h, channels: 3 } })
    .joinChannel(outline, { raw: { width: w, height: h, channels: 1 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return { png, width: w, height: h };
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

/** White or grey mostly, often a little darker at one end. */
function plainGround(size: number, random: Random): Buffer {
  const level = random.chance(0.6) ? random.uniform(225, 255) : random.uniform(20, 225);
  const tint = random.chance(0.3) ? 40 : 4;
  const base = [0, 1, 2].map(() => Math.max(0, Math.min(255, level + random.uniform(-tint, tint))));
  const drop = random.chance(0.5) ? random.uniform(0.75, 1) : 1;
  const rgb = (factor: number): string => `rgb(${base.map((value) => Math.round(value * factor)).join(',')})`;
  return filled(
    size,
    size,
    `<linearGradient id="fill" gradientTransform="rotate(${random.int(360)} .5 .5)">` +
      `<stop offset="0" stop-color="${rgb(1)}"/><stop offset="1" stop-color="${rgb(drop)}"/></linearGradient>`,
  );
}

function filled(width: number, height: number, gradient: string): Buffer {
  const rect = '<rect width="100%" height="100%" fill="url(#fill)"/>';
  return Buffer.from(
    `<svg width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">${gradient}${rect}</svg>`,
  );
}
