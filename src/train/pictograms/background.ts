import { blurPlane } from './blur.ts';
import type { Canvas } from './canvas.ts';
import type { Rgb } from './colour.ts';
import type { BackgroundPlan, TexturePlan } from './plan.ts';
import { TILE, texture } from './texture.ts';

/** Fills the canvas with the ground that the plan describes. */
export function paintBackground(canvas: Canvas, plan: BackgroundPlan): void {
  if (plan.horizon !== null) paintHorizon(canvas, plan, plan.horizon);
  else if (plan.kind === 'noise') paintRamp(canvas, plan);
  else if (plan.kind === 'gradient') paintGradient(canvas, plan);
  else {
    canvas.red.fill(plan.base[0]);
    canvas.green.fill(plan.base[1]);
    canvas.blue.fill(plan.base[2]);
  }
  if (plan.kind !== 'noise' && plan.horizon === null && plan.texture !== null) layFlat(canvas, plan.texture);
  const radius = plan.blur * canvas.side;
  if (radius >= 0.5)
    for (const plane of [canvas.red, canvas.green, canvas.blue]) blurPlane(plane, canvas.side, canvas.side, radius);
}

function setPixel(canvas: Canvas, i: number, from: Rgb, to: Rgb, t: number, factor: number): void {
  canvas.red[i] = Math.min(255, (from[0] + (to[0] - from[0]) * t) * factor);
  canvas.green[i] = Math.min(255, (from[1] + (to[1] - from[1]) * t) * factor);
  canvas.blue[i] = Math.min(255, (from[2] + (to[2] - from[2]) * t) * factor);
}

function paintGradient(canvas: Canvas, plan: BackgroundPlan): void {
  const { side } = canvas;
  const cos = Math.cos(plan.angle);
  const sin = Math.sin(plan.angle);
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const t = 0.5 + (cos * (x / side - 0.5) + sin * (y / side - 0.5)) * 0.9;
      setPixel(canvas, i, plan.base, plan.second, Math.min(1, Math.max(0, t)), 1);
    }
}

/** The texture's value chooses between the two colours. */
function paintRamp(canvas: Canvas, plan: BackgroundPlan): void {
  const { side } = canvas;
  const cos = Math.cos(plan.angle);
  const sin = Math.sin(plan.angle);
  const overlay = plan.texture;
  if (overlay === null) return;
  const tile = texture(overlay.kind, overlay.variant);
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const u = (cos * x - sin * y) * overlay.scale + overlay.offset[0];
      const v = (sin * x + cos * y) * overlay.scale + overlay.offset[1];
      const t = 0.5 + tileAt(tile, u, v) * 0.5 * overlay.strength;
      setPixel(canvas, i, plan.base, plan.second, Math.min(1, Math.max(0, t)), 1);
    }
}

function layFlat(canvas: Canvas, overlay: TexturePlan): void {
  const { side, red, green, blue } = canvas;
  const tile = texture(overlay.kind, overlay.variant);
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const value = tileAt(tile, x * overlay.scale + overlay.offset[0], y * overlay.scale + overlay.offset[1]);
      const factor = Math.max(0, 1 + overlay.strength * value);
      red[i] = Math.min(255, red[i] * factor);
      green[i] = Math.min(255, green[i] * factor);
      blue[i] = Math.min(255, blue[i] * factor);
    }
}

/** Sky or wall (`base` to `second`) above ground or table (`third`), the texture lying on the ground. */
function paintHorizon(canvas: Canvas, plan: BackgroundPlan, horizon: number): void {
  const { side } = canvas;
  const overlay = plan.texture;
  const tile = overlay === null ? null : texture(overlay.kind, overlay.variant);
  const line = horizon * side;
  const ridge = texture('cloud', 0);
  const far: Rgb = [
    plan.third[0] * 0.7 + plan.second[0] * 0.2,
    plan.third[1] * 0.7 + plan.second[1] * 0.2,
    plan.third[2] * 0.7 + plan.second[2] * 0.2,
  ];
  for (let x = 0; x < side; x++) {
    const bump = ridge[((17 + Math.floor(plan.angle * 40)) & (TILE - 1)) * TILE + (Math.floor(x * 0.5) & (TILE - 1))];
    const top = line - plan.hills * side * (1 + bump);
    for (let y = 0; y < side; y++) {
      const i = y * side + x;
      if (y >= line) {
        const depth = (y - line) / side + 0.12;
        const factor =
          tile === null || overlay === null
            ? 1
            : 1 +
              overlay.strength *
                tileAt(
                  tile,
                  ((x - side / 2) * overlay.scale * 0.5) / depth + overlay.offset[0],
                  (side * overlay.scale * 0.16) / depth + overlay.offset[1],
                );
        setPixel(canvas, i, plan.third, plan.third, 0, Math.max(0.1, factor) * (0.88 + 0.2 * depth));
      } else if (plan.hills > 0 && y >= top) setPixel(canvas, i, far, far, 0, 1);
      else setPixel(canvas, i, plan.base, plan.second, Math.min(1, y / Math.max(1, line)), 1);
    }
  }
}

/** Bilinear, so that enlarged textures are smooth. */
function tileAt(tile: Float32Array, u: number, v: number): number {
  const column = Math.floor(u);
  const row = Math.floor(v);
  const fx = u - column;
  const fy = v - row;
  const x0 = column & (TILE - 1);
  const x1 = (column + 1) & (TILE - 1);
  const y0 = (row & (TILE - 1)) * TILE;
  const y1 = ((row + 1) & (TILE - 1)) * TILE;
  const upper = tile[y0 + x0] * (1 - fx) + tile[y0 + x1] * fx;
  const lower = tile[y1 + x0] * (1 - fx) + tile[y1 + x1] * fx;
  return upper * (1 - fy) + lower * fy;
}
