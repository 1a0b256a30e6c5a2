import sharp from 'sharp';
import type { SpriteOrigin } from './style-sets.ts';

/** Longest side of a stored sprite in pixels. */
export const SPRITE_SIDE = 160;

/** A drawing cut to its ink. */
export interface Sprite {
  width: number;
  height: number;
  /** RGBA, 8 bits, colour multiplied by alpha, row by row. */
  pixels: Uint8Array;
}

/** Side at which vector drawings are rasterised before they are cut and scaled down. */
const RASTER_SIDE = 208;

/** Alpha up to this counts as empty. */
const INK = 10;

/**
 * Draws one sprite: rasterised, cut to its ink, scaled so that the longer side is {@link SPRITE_SIDE}.
 * Null where nothing is drawn.
 */
export async function drawSprite(origin: SpriteOrigin): Promise<Sprite | null> {
  const source =
    'svg' in origin
      ? sharp(Buffer.from(origin.svg), { density: 72 }).resize(RASTER_SIDE, RASTER_SIDE, { fit: 'inside' })
      : sharp(origin.file);
  const raster = await source.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = raster.info;
  const ink = inkBox(raster.data, width, height);
  if (ink === null) return null;
  const scale = SPRITE_SIDE / Math.max(ink.width, ink.height);
  const scaled = await sharp(raster.data, { raw: { width, height, channels: 4 } })
    .extract(ink)
    .resize(Math.max(1, Math.round(ink.width * scale)), Math.max(1, Math.round(ink.height * scale)), { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(scaled.data);
  premultiply(pixels);
  return { width: scaled.info.width, height: scaled.info.height, pixels };
}

function inkBox(pixels: Uint8Array, width: number, height: number) {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (pixels[(y * width + x) * 4 + 3] > INK) {
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < top) top = y;
        bottom = y;
      }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function premultiply(pixels: Uint8Array): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3] / 255;
    for (let c = 0; c < 3; c++) pixels[i + c] = Math.round(pixels[i + c] * alpha);
  }
}
