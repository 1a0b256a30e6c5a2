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

  const flip = plan.mirror ? -1 : 1;
  const waves = plan.wave.count * 2 * Math.PI;
  const { pixels } = sprite;
  for (let y = 0, i = 0; y < patch.height; y++) {
    const dy = y + patch.top + 0.5 - centreY;
    for (let x = 0; x < patch.width; x++, i++) {
      const dx = x + patch.left + 0.5 - centreX;
      const depth = 1 + (tiltX * dx + tiltY * dy) / longest;
      let u = (flip * (cos * dx + sin * dy)) / (depth * width);
      let v = (-sin * dx + cos * dy) / (depth * height);
      if (plan.wave.size > 0) {
        const bent = u + plan.wave.size * Math.sin(waves * v + plan.wave.phase);
        v += plan.wave.size * Math.sin(waves * u + plan.wave.phase * 1.7);
        u = bent;
      }
      const px = (u + 0.5) * sprite.width - 0.5;
      const py = (v + 0.5) * sprite.height - 0.5;
      if (!(px > -1 && py > -1 && px < sprite.width && py < sprite.height)) continue;
      const column = Math.floor(px);
      const row = Math.floor(py);
      const fx = px - column;
      const fy = py - row;
      let red = 0;
      let green = 0;
      let blue = 0;
      let alpha = 0;
      for (let corner = 0; corner < 4; corner++) {
        const cx = column + (corner & 1);
        const cy = row + (corner >> 1);
        if (cx < 0 || cy < 0 || cx >= sprite.width || cy >= sprite.height) continue;
        const weight = (corner & 1 ? fx : 1 - fx) * (corner >> 1 ? fy : 1 - fy);
        const at = (cy * sprite.width + cx) * 4;
        red += pixels[at] * weight;
        green += pixels[at + 1] * weight;
        blue += pixels[at + 2] * weight;
        alpha += pixels[at + 3] * weight;
      }
      if (alpha < 1) continue;
      const unmultiply = 255 / alpha;
      patch.red[i] = Math.min(255, red * unmultiply);
      patch.green[i] = Math.min(255, green * unmultiply);
      patch.blue[i] = Math.min(255, blue * unmultiply);
      patch.alpha[i] = alpha / 255;
    }
  }
  return patch;
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
