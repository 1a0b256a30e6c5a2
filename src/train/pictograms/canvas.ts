import type { Patch } from './patch.ts';

/** A square picture while it is being made: three planes, 0 to 255. */
export interface Canvas {
  side: number;
  red: Float32Array;
  green: Float32Array;
  blue: Float32Array;
}

export function emptyCanvas(side: number): Canvas {
  const count = side * side;
  return { side, red: new Float32Array(count), green: new Float32Array(count), blue: new Float32Array(count) };
}

/** Whose ink lies on top at each pixel: 0 for the ground, else 1 + the index of the thing drawn. */
export type Owners = Uint8Array;

/** Alpha above which a pixel belongs to a thing. */
const OWNED = 0.5;

/** Puts a patch on the canvas and notes its pixels as `owner`'s. Returns how many pixels of ink it has in all. */
export function composite(canvas: Canvas, patch: Patch, owners: Owners, owner: number): number {
  const { side } = canvas;
  let ink = 0;
  for (let y = 0, i = 0; y < patch.height; y++) {
    const row = y + patch.top;
    for (let x = 0; x < patch.width; x++, i++) {
      const alpha = patch.alpha[i];
      if (alpha < 0.004) continue;
      if (alpha > OWNED) ink++;
      const column = x + patch.left;
      if (row < 0 || column < 0 || row >= side || column >= side) continue;
      const at = row * side + column;
      canvas.red[at] += (patch.red[i] - canvas.red[at]) * alpha;
      canvas.green[at] += (patch.green[i] - canvas.green[at]) * alpha;
      canvas.blue[at] += (patch.blue[i] - canvas.blue[at]) * alpha;
      if (alpha > OWNED) owners[at] = owner;
    }
  }
  return ink;
}
