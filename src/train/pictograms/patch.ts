import type { ObjectPlan } from './plan.ts';
import type { Sprite } from './sprite-drawing.ts';

/** A part of the picture with its own transparency, in picture coordinates; may stick out over the border. */
export interface Patch {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Colour 0 to 255, not multiplied by alpha, three planes. */
  red: Float32Array;
  green: Float32Array;
  blue: Float32Array;
  /** 0 to 1. */
  alpha: Float32Array;
}

/** Free room around the drawing for rims and blur, as a fraction of its size. */
const MARGIN = 0.1;

/** Halves a sprite in both directions by averaging. */
export function halve(sprite: Sprite): Sprite {
  const width = Math.max(1, (sprite.width + 1) >> 1);
  const height = Math.max(1, (sprite.height + 1) >> 1);
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const y0 = y * 2;
    const y1 = Math.min(y0 + 1, sprite.height - 1);
    for (let x = 0; x < width; x++) {
      const x0 = x * 2;
      const x1 = Math.min(x0 + 1, sprite.width - 1);
      const a = (y0 * sprite.width + x0) * 4;
      const b = (y0 * sprite.width + x1) * 4;
      const c = (y1 * sprite.width + x0) * 4;
      const d = (y1 * sprite.width + x1) * 4;
      const out = (y * width + x) * 4;
      for (let channel = 0; channel < 4; channel++)
        pixels[out + channel] =
          (sprite.pixels[a + channel] +
            sprite.pixels[b + channel] +
            sprite.pixels[c + channel] +
            sprite.pixels[d + channel] +
            2) >>
          2;
    }
  }
  return { width, height, pixels };
}

/** Width and height in pixels of a drawing on the picture before it is turned. */
export function drawnSize(
  plan: Pick<ObjectPlan, 'size' | 'stretch'>,
  sprite: Sprite,
  side: number,
): [width: number, height: number] {
  const stretch = Math.sqrt(plan.stretch);
  const longest = Math.max(sprite.width * stretch, sprite.height / stretch);
  const scale = (plan.size * side) / longest;
  return [sprite.width * stretch * scale, (sprite.height / stretch) * scale];
}

/**
 * Puts a drawing in its place: turned, mirrored, stretched, tilted and bent, sampled bilinearly from the level of
 * detail that fits.
 */
export function samplePatch(plan: ObjectPlan, drawing: Sprite, side: number): Patch {
  const [width, height] = drawnSize(plan, drawing, side);
  let sprite = drawing;
  while (sprite.width > width * 1.6 && sprite.height > height * 1.6) sprite = halve(sprite);

  const cos = Math.cos(plan.angle);
  const sin = Math.sin(plan.angle);
  const [tiltX, tiltY] = plan.tilt;
  const longest = Math.max(width, height);
  const room =
    1 + 2 * MARGIN + 2 * plan.wave.size + 0.6 * (Math.abs(tiltX) + Math.abs(tiltY)) + (plan.look.rim?.width ?? 0);
  const halfWidth = Math.ceil(((Math.abs(cos) * width + Math.abs(sin) * height) / 2) * room + 2);
  const halfHeight = Math.ceil(((Math.abs(sin) * width + Math.abs(cos) * height) / 2) * room + 2);
  const centreX = plan.x * side;
  const centreY = plan.y * side;
  const patch = emptyPatch(
    Math.floor(centreX) - halfWidth,
    Math.floor(centreY) - halfHeight,
    2 * halfWidth + 1,
    2 * halfHeight + 1,
  );

  const { pixels, stride } = padded(sprite);
  const { red, green, blue, alpha } = patch;
  const flip = plan.mirror ? -1 : 1;
  const wave = plan.wave.size;
  const turns = plan.wave.count * WAVE_STEPS;
  const start = (plan.wave.phase / (2 * Math.PI)) * WAVE_STEPS + 64 * WAVE_STEPS;
  const right = sprite.width;
  const bottom = sprite.height;
  const toU = 1 / width;
  const toV = 1 / height;
  for (let y = 0, i = 0; y < patch.height; y++) {
    const dy = y + patch.top + 0.5 - centreY;
    for (let x = 0; x < patch.width; x++, i++) {
      const dx = x + patch.left + 0.5 - centreX;
      const near = 1 / (1 + (tiltX * dx + tiltY * dy) / longest);
      let u = flip * (cos * dx + sin * dy) * near * toU;
      let v = (-sin * dx + cos * dy) * near * toV;
      if (wave > 0) {
        const bent = u + wave * sines[(turns * v + start) & (WAVE_STEPS - 1)];
        v += wave * sines[(turns * u + start * 1.7) & (WAVE_STEPS - 1)];
        u = bent;
      }
      // Half a pixel back to pixel centres, one on for the empty rim.
      const px = (u + 0.5) * right + 0.5;
      const py = (v + 0.5) * bottom + 0.5;
      if (!(px > 0 && py > 0 && px < right + 1 && py < bottom + 1)) continue;
      const column = px | 0;
      const row = py | 0;
      const fx = px - column;
      const fy = py - row;
      const a = (row * stride + column) * 4;
      const b = a + 4;
      const c = a + stride * 4;
      const d = c + 4;
      const wa = (1 - fx) * (1 - fy);
      const wb = fx * (1 - fy);
      const wc = (1 - fx) * fy;
      const wd = fx * fy;
      const cover = pixels[a + 3] * wa + pixels[b + 3] * wb + pixels[c + 3] * wc + pixels[d + 3] * wd;
      if (cover < 1) continue;
      const unmultiply = 255 / cover;
      red[i] = (pixels[a] * wa + pixels[b] * wb + pixels[c] * wc + pixels[d] * wd) * unmultiply;
      green[i] = (pixels[a + 1] * wa + pixels[b + 1] * wb + pixels[c + 1] * wc + pixels[d + 1] * wd) * unmultiply;
      blue[i] = (pixels[a + 2] * wa + pixels[b + 2] * wb + pixels[c + 2] * wc + pixels[d + 2] * wd) * unmultiply;
      alpha[i] = cover / 255;
    }
  }
  return patch;
}

/** Steps of a full wave in the table of sines; a power of two. */
const WAVE_STEPS = 4096;

const sines = Float32Array.from({ length: WAVE_STEPS }, (_, i) => Math.sin((2 * Math.PI * i) / WAVE_STEPS));

/** The sprite with one empty pixel all around, so that sampling needs no border checks. */
function padded(sprite: Sprite): { pixels: Uint8Array; stride: number } {
  const stride = sprite.width + 2;
  const pixels = new Uint8Array(stride * (sprite.height + 2) * 4);
  for (let y = 0; y < sprite.height; y++)
    pixels.set(sprite.pixels.subarray(y * sprite.width * 4, (y + 1) * sprite.width * 4), ((y + 1) * stride + 1) * 4);
  return { pixels, stride };
}

/** A fully transparent patch. */
export function emptyPatch(left: number, top: number, width: number, height: number): Patch {
  const count = width * height;
  return {
    left,
    top,
    width,
    height,
    red: new Float32Array(count),
    green: new Float32Array(count),
    blue: new Float32Array(count),
    alpha: new Float32Array(count),
  };
}
