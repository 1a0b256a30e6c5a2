/**
 * Blurs a plane in place with two passes of a box in each direction, close to a Gaussian of standard deviation
 * `radius`. The border repeats outwards, or counts as 0.
 */
export function blurPlane(
  plane: Float32Array,
  width: number,
  height: number,
  radius: number,
  border: 'repeat' | 'zero' = 'repeat',
): void {
  // Two boxes of half width r have variance 2·((2r+1)²−1)/12.
  const half = Math.round((Math.sqrt(6 * radius * radius + 1) - 1) / 2);
  if (half < 1) return;
  const line = new Float32Array(width);
  const copy = new Float32Array(plane.length);
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) boxLine(plane, y * width, width, half, line, border);
    boxColumns(plane, copy, width, height, half, border);
  }
}

/** All columns at once, row by row, which memory likes better than column by column. */
function boxColumns(
  plane: Float32Array,
  copy: Float32Array,
  width: number,
  height: number,
  half: number,
  border: 'repeat' | 'zero',
): void {
  copy.set(plane);
  const sums = new Float32Array(width);
  const share = 1 / (2 * half + 1);
  const rowAt = (y: number) => (border === 'repeat' ? Math.min(height - 1, Math.max(0, y)) : y) * width;
  const inside = (y: number) => border === 'repeat' || (y >= 0 && y < height);
  for (let y = -half; y <= half; y++) {
    if (!inside(y)) continue;
    const row = rowAt(y);
    for (let x = 0; x < width; x++) sums[x] += copy[row + x];
  }
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) plane[row + x] = sums[x] * share;
    if (inside(y + half + 1)) {
      const add = rowAt(y + half + 1);
      for (let x = 0; x < width; x++) sums[x] += copy[add + x];
    }
    if (inside(y - half)) {
      const take = rowAt(y - half);
      for (let x = 0; x < width; x++) sums[x] -= copy[take + x];
    }
  }
}

function boxLine(
  plane: Float32Array,
  start: number,
  count: number,
  half: number,
  line: Float32Array,
  border: 'repeat' | 'zero',
): void {
  for (let i = 0; i < count; i++) line[i] = plane[start + i];
  const before = border === 'repeat' ? line[0] : 0;
  const after = border === 'repeat' ? line[count - 1] : 0;
  const share = 1 / (2 * half + 1);
  let sum = 0;
  for (let i = -half; i <= half; i++) sum += i < 0 ? before : i < count ? line[i] : after;
  for (let i = 0; i < count; i++) {
    plane[start + i] = sum * share;
    sum += (i + half + 1 < count ? line[i + half + 1] : after) - (i - half >= 0 ? line[i - half] : before);
  }
}
