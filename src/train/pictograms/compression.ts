import type { Canvas } from './canvas.ts';

const BLOCK = 8;

/** cosines[k * 8 + n]: orthonormal discrete cosine transform of eight values. */
const cosines = Float32Array.from({ length: BLOCK * BLOCK }, (_, i) => {
  const k = Math.floor(i / BLOCK);
  const n = i % BLOCK;
  return Math.sqrt((k === 0 ? 1 : 2) / BLOCK) * Math.cos(((2 * n + 1) * k * Math.PI) / (2 * BLOCK));
});

const backward = cosines.map((_, i) => cosines[(i % BLOCK) * BLOCK + Math.floor(i / BLOCK)]);

/**
 * What saving as a JPEG of poor quality does: brightness and half-size colour differences are cut into 8×8 blocks
 * whose frequencies are rounded, the more coarsely the higher. `strength` of 1 is barely seen, 10 is ugly.
 */
export function compressBlocks(canvas: Canvas, strength: number): void {
  const { side, red, green, blue } = canvas;
  const half = Math.ceil(side / 2);
  const luma = new Float32Array(side * side);
  const blueness = new Float32Array(half * half);
  const redness = new Float32Array(half * half);
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      luma[i] = 0.299 * red[i] + 0.587 * green[i] + 0.114 * blue[i];
      const at = (y >> 1) * half + (x >> 1);
      blueness[at] += (blue[i] - luma[i]) * 0.25;
      redness[at] += (red[i] - luma[i]) * 0.25;
    }
  roundBlocks(luma, side, strength);
  roundBlocks(blueness, half, strength * 1.5);
  roundBlocks(redness, half, strength * 1.5);
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const at = (y >> 1) * half + (x >> 1);
      red[i] = luma[i] + redness[at];
      blue[i] = luma[i] + blueness[at];
      green[i] = (luma[i] - 0.299 * red[i] - 0.114 * blue[i]) / 0.587;
    }
}

function roundBlocks(plane: Float32Array, side: number, strength: number): void {
  const block = new Float32Array(BLOCK * BLOCK);
  const turned = new Float32Array(BLOCK * BLOCK);
  // A last incomplete block stays as it is.
  for (let top = 0; top + BLOCK <= side; top += BLOCK)
    for (let left = 0; left + BLOCK <= side; left += BLOCK) {
      for (let y = 0; y < BLOCK; y++)
        for (let x = 0; x < BLOCK; x++) block[y * BLOCK + x] = plane[(top + y) * side + left + x];
      transform(block, turned, cosines);
      transform(turned, block, cosines);
      for (let v = 0, i = 0; v < BLOCK; v++)
        for (let u = 0; u < BLOCK; u++, i++) {
          const step = strength * (2 + u + v) + 1;
          block[i] = Math.floor(block[i] / step + 0.5) * step;
        }
      transform(block, turned, backward);
      transform(turned, block, backward);
      for (let y = 0; y < BLOCK; y++)
        for (let x = 0; x < BLOCK; x++) plane[(top + y) * side + left + x] = block[y * BLOCK + x];
    }
}

/** One-dimensional transform of the rows, written as columns; twice makes both directions. */
function transform(from: Float32Array, to: Float32Array, table: Float32Array): void {
  for (let y = 0; y < BLOCK; y++) {
    const row = y * BLOCK;
    const a = from[row];
    const b = from[row + 1];
    const c = from[row + 2];
    const d = from[row + 3];
    const e = from[row + 4];
    const f = from[row + 5];
    const g = from[row + 6];
    const h = from[row + 7];
    for (let k = 0, at = 0; k < BLOCK; k++, at += BLOCK)
      to[k * BLOCK + y] =
        a * table[at] +
        b * table[at + 1] +
        c * table[at + 2] +
        d * table[at + 3] +
        e * table[at + 4] +
        f * table[at + 5] +
        g * table[at + 6] +
        h * table[at + 7];
  }
}
