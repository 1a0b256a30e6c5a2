import { blurPlane } from './blur.ts';
import type { Patch } from './patch.ts';
import type { Look } from './plan.ts';
import { TILE, texture } from './texture.ts';

/** Changes a patch in place: colours, lines, shading, texture, rim, blur, in this order. `size` is in pixels. */
export function applyLook(patch: Patch, look: Look, size: number): void {
  recolour(patch, look);
  if (look.lines !== null || look.bleach > 0) drawLines(patch, look, size);
  if (look.relief !== null) shadeRelief(patch, look.relief, size);
  if (look.light.strength > 0) shadeLight(patch, look.light);
  if (look.texture !== null) layTexture(patch, look.texture);
  if (look.rim !== null) addRim(patch, look.rim, size);
  if (look.blur * size >= 0.4) blurPatch(patch, look.blur * size);
}

/** 3×3 matrix that turns hues about the grey axis and scales saturation, keeping brightness. */
export function hueMatrix(hue: number, saturation: number): number[] {
  const weights = [0.299, 0.587, 0.114];
  const cos = Math.cos(hue) * saturation;
  const sin = Math.sin(hue) * saturation;
  // Rotation in the plane of colour differences (ITU-R BT.601 weights).
  const quarter = [0.168, 0.33, -0.497, -0.328, 0.035, 0.292, 1.25, -1.05, -0.203];
  return quarter.map((turn, i) => {
    const grey = weights[i % 3];
    const identity = i % 4 === 0 ? 1 : 0;
    return grey + cos * (identity - grey) + sin * turn;
  });
}

function recolour(patch: Patch, look: Look): void {
  const { red, green, blue } = patch;
  if (look.paint !== null) {
    red.fill(look.paint[0]);
    green.fill(look.paint[1]);
    blue.fill(look.paint[2]);
    return;
  }
  if (look.tint !== null) {
    const [redTint, greenTint, blueTint] = look.tint;
    for (let i = 0; i < red.length; i++) {
      const shade = 0.62 + 0.0019 * (0.299 * red[i] + 0.587 * green[i] + 0.114 * blue[i]);
      red[i] = Math.min(255, redTint * shade);
      green[i] = Math.min(255, greenTint * shade);
      blue[i] = Math.min(255, blueTint * shade);
    }
    return;
  }
  const m = hueMatrix(look.hue, look.saturation);
  const curve = toneCurve(look.contrast, look.brightness, look.gamma);
  for (let i = 0; i < red.length; i++) {
    if (patch.alpha[i] === 0) continue;
    const r = red[i];
    const g = green[i];
    const b = blue[i];
    red[i] = curve[clamp(m[0] * r + m[1] * g + m[2] * b)];
    green[i] = curve[clamp(m[3] * r + m[4] * g + m[5] * b)];
    blue[i] = curve[clamp(m[6] * r + m[7] * g + m[8] * b)];
  }
}

/**
 * A table over the levels 0 to 255, `fine` steps for each: gamma, then contrast about the middle, then a factor.
 */
export function toneCurve(contrast: number, brightness: number, gamma: number, fine = 1): Float32Array {
  const top = 255 * fine;
  const curve = new Float32Array(top + 1);
  for (let level = 0; level <= top; level++) {
    const bent = gamma === 1 ? level / fine : 255 * (level / top) ** gamma;
    curve[level] = Math.min(255, Math.max(0, ((bent - 128) * contrast + 128) * brightness));
  }
  return curve;
}

function clamp(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;
}

function drawLines(patch: Patch, look: Look, size: number): void {
  const { width, height, red, green, blue, alpha } = patch;
  const tone = new Float32Array(alpha.length);
  for (let i = 0; i < tone.length; i++)
    // Outside lies far from every tone inside, so that the outer edge is always a line.
    tone[i] = alpha[i] * (110 + 0.299 * red[i] + 0.587 * green[i] + 0.114 * blue[i]);
  const edge = new Float32Array(alpha.length);
  const strength = look.lines?.strength ?? 0;
  if (look.lines !== null) {
    for (let y = 1; y < height - 1; y++)
      for (let x = 1, i = y * width + 1; x < width - 1; x++, i++) {
        const gx = tone[i + 1] - tone[i - 1];
        const gy = tone[i + width] - tone[i - width];
        const slope = Math.sqrt(gx * gx + gy * gy) - 14;
        edge[i] = slope > 0 ? Math.min(1, slope / 40) : 0;
      }
    const radius = look.lines.width * size;
    blurPlane(edge, width, height, radius, 'zero');
    for (let i = 0; i < edge.length; i++) edge[i] = Math.min(1, edge[i] * (1.2 + radius)) * strength;
  }
  for (let i = 0; i < edge.length; i++) {
    const ink = 1 - edge[i];
    const fade = look.bleach;
    red[i] = (red[i] + (255 - red[i]) * fade) * ink + 18 * edge[i];
    green[i] = (green[i] + (255 - green[i]) * fade) * ink + 18 * edge[i];
    blue[i] = (blue[i] + (255 - blue[i]) * fade) * ink + 20 * edge[i];
    if (edge[i] > alpha[i]) alpha[i] = edge[i];
  }
}

function shadeRelief(patch: Patch, relief: NonNullable<Look['relief']>, size: number): void {
  const { width, height, alpha } = patch;
  const bulge = Float32Array.from(alpha);
  const radius = Math.max(1, relief.depth * size);
  blurPlane(bulge, width, height, radius, 'zero');
  const cos = Math.cos(relief.angle);
  const sin = Math.sin(relief.angle);
  for (let y = 1; y < height - 1; y++)
    for (let x = 1, i = y * width + 1; x < width - 1; x++, i++) {
      if (alpha[i] === 0) continue;
      const slope = (cos * (bulge[i + 1] - bulge[i - 1]) + sin * (bulge[i + width] - bulge[i - width])) * radius;
      const shade = 1 - relief.strength * slope;
      const shine = relief.gloss * Math.max(0, -slope - 0.25) * 220;
      patch.red[i] = Math.max(0, Math.min(255, patch.red[i] * shade + shine));
      patch.green[i] = Math.max(0, Math.min(255, patch.green[i] * shade + shine));
      patch.blue[i] = Math.max(0, Math.min(255, patch.blue[i] * shade + shine));
    }
}

function shadeLight(patch: Patch, light: Look['light']): void {
  const { width, height } = patch;
  const stepX = (Math.cos(light.angle) * 2 * light.strength) / width;
  const stepY = (Math.sin(light.angle) * 2 * light.strength) / height;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const factor = 1 + stepX * (x - width / 2) + stepY * (y - height / 2);
      patch.red[i] = Math.min(255, patch.red[i] * factor);
      patch.green[i] = Math.min(255, patch.green[i] * factor);
      patch.blue[i] = Math.min(255, patch.blue[i] * factor);
    }
}

function layTexture(patch: Patch, plan: NonNullable<Look['texture']>): void {
  const tile = texture(plan.kind, plan.variant);
  for (let y = 0, i = 0; y < patch.height; y++) {
    const row = (Math.floor(y * plan.scale + plan.offset[1]) & (TILE - 1)) * TILE;
    for (let x = 0; x < patch.width; x++, i++) {
      if (patch.alpha[i] === 0) continue;
      const value = tile[row + (Math.floor(x * plan.scale + plan.offset[0]) & (TILE - 1))];
      const factor = Math.max(0, 1 + plan.strength * value);
      patch.red[i] = Math.min(255, patch.red[i] * factor);
      patch.green[i] = Math.min(255, patch.green[i] * factor);
      patch.blue[i] = Math.min(255, patch.blue[i] * factor);
    }
  }
}

function addRim(patch: Patch, rim: NonNullable<Look['rim']>, size: number): void {
  const { width, height, alpha } = patch;
  const radius = Math.max(0.7, rim.width * size);
  const near = Float32Array.from(alpha);
  blurPlane(near, width, height, radius, 'zero');
  for (let i = 0; i < near.length; i++) {
    // Blurred ink falls to about a tenth one radius and a bit outside the edge.
    const cover = Math.min(1, Math.max(0, (near[i] - 0.08) * 12));
    const own = alpha[i];
    if (cover <= own) continue;
    patch.red[i] = patch.red[i] * own + rim.colour[0] * (1 - own);
    patch.green[i] = patch.green[i] * own + rim.colour[1] * (1 - own);
    patch.blue[i] = patch.blue[i] * own + rim.colour[2] * (1 - own);
    alpha[i] = cover;
  }
}

function blurPatch(patch: Patch, radius: number): void {
  const { width, height, alpha } = patch;
  const planes = [patch.red, patch.green, patch.blue];
  for (const plane of planes) {
    for (let i = 0; i < plane.length; i++) plane[i] *= alpha[i];
    blurPlane(plane, width, height, radius, 'zero');
  }
  blurPlane(alpha, width, height, radius, 'zero');
  for (const plane of planes)
    for (let i = 0; i < plane.length; i++) plane[i] = alpha[i] > 1e-3 ? Math.min(255, plane[i] / alpha[i]) : 0;
}
