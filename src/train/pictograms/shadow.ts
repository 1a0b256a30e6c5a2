import { blurPlane } from './blur.ts';
import type { Canvas } from './canvas.ts';
import type { Patch } from './patch.ts';
import type { ShadowPlan } from './plan.ts';

/** Shadows are worked out on every fourth pixel: they are soft. */
const COARSE = 4;

/** Darkens the canvas where a patch throws its shadow. `size` is the object's size in pixels. */
export function castShadow(canvas: Canvas, patch: Patch, plan: ShadowPlan, size: number): void {
  const margin = Math.ceil((plan.blur * size * 2.5 + 4) / COARSE);
  const box = shadowBox(patch, plan, size);
  const left = Math.floor(box.left / COARSE) - margin;
  const top = Math.floor(box.top / COARSE) - margin;
  const width = Math.ceil(box.right / COARSE) + margin - left + 1;
  const height = Math.ceil(box.bottom / COARSE) + margin - top + 1;
  const dark = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      dark[i] = source(patch, plan, size, box.base, (left + x + 0.5) * COARSE, (top + y + 0.5) * COARSE);
  blurPlane(dark, width, height, Math.max(0.6, (plan.blur * size) / COARSE), 'zero');
  darken(canvas, dark, left, top, width, height, plan.strength);
}

function shadowBox(patch: Patch, plan: ShadowPlan, size: number) {
  let base = 0;
  let first = patch.height;
  for (let y = 0, i = 0; y < patch.height; y++)
    for (let x = 0; x < patch.width; x++, i++)
      if (patch.alpha[i] > 0.5) {
        base = y;
        if (y < first) first = y;
      }
  const [shiftX, shiftY] = [plan.shift[0] * size, plan.shift[1] * size];
  const ground = patch.top + base;
  if (plan.kind === 'drop')
    return {
      base: ground,
      left: patch.left + shiftX,
      right: patch.left + patch.width + shiftX,
      top: patch.top + shiftY,
      bottom: patch.top + patch.height + shiftY,
    };
  const tall = (base - first) * plan.squash;
  const lean = Math.abs(plan.shear * tall);
  return {
    base: ground,
    left: patch.left - lean,
    right: patch.left + patch.width + lean,
    top: ground - Math.max(tall, 0) - size * 0.05,
    bottom: ground + Math.max(-tall, 0) + size * 0.05,
  };
}

/** Ink that lies between the light and this point of the ground. */
function source(patch: Patch, plan: ShadowPlan, size: number, base: number, x: number, y: number): number {
  if (plan.kind === 'drop') return inkAt(patch, x - plan.shift[0] * size, y - plan.shift[1] * size);
  const behind = base - y;
  const up = behind / plan.squash;
  if (up < -size * 0.02) return 0;
  return inkAt(patch, x - plan.shear * behind, base - Math.max(up, 0.5));
}

function inkAt(patch: Patch, x: number, y: number): number {
  const column = Math.floor(x - patch.left);
  const row = Math.floor(y - patch.top);
  if (column < 0 || row < 0 || column >= patch.width || row >= patch.height) return 0;
  return patch.alpha[row * patch.width + column];
}

function darken(
  canvas: Canvas,
  dark: Float32Array,
  left: number,
  top: number,
  width: number,
  height: number,
  strength: number,
): void {
  const { side, red, green, blue } = canvas;
  const firstX = Math.max(0, (left + 1) * COARSE);
  const lastX = Math.min(side, (left + width - 1) * COARSE);
  const firstY = Math.max(0, (top + 1) * COARSE);
  const lastY = Math.min(side, (top + height - 1) * COARSE);
  for (let y = firstY; y < lastY; y++) {
    const v = (y + 0.5) / COARSE - top - 0.5;
    const row = Math.floor(v);
    const fy = v - row;
    if (row < 0 || row + 1 >= height) continue;
    for (let x = firstX; x < lastX; x++) {
      const u = (x + 0.5) / COARSE - left - 0.5;
      const column = Math.floor(u);
      const fx = u - column;
      if (column < 0 || column + 1 >= width) continue;
      const at = row * width + column;
      const upper = dark[at] * (1 - fx) + dark[at + 1] * fx;
      const lower = dark[at + width] * (1 - fx) + dark[at + width + 1] * fx;
      const factor = 1 - strength * (upper * (1 - fy) + lower * fy);
      const i = y * side + x;
      red[i] *= factor;
      green[i] *= factor;
      blue[i] *= factor;
    }
  }
}
