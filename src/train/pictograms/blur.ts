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
  const lines = new Float32Array(width + 2 * half + 1);
  // Rows above and below the plane as well, so that the loops need no border checks.
  const rows = new Float32Array((height + 2 * half + 1) * width);
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) boxRow(plane, y * width, width, half, lines, border);
    boxColumns(plane, rows, width, height, half, border);
  }
}

function boxRow(
  plane: Float32Array,
  start: number,
  count: number,
  half: number,
  line: Float32Array,
  border: 'repeat' | 'zero',
): void {
  const size = 2 * half + 1;
  line.fill(border === 'repeat' ? plane[start] : 0, 0, half);
  line.set(plane.subarray(start, start + count), half);
  line.fill(border === 'repeat' ? plane[start + count - 1] : 0, half + count);
  const share = 1 / size;
  let sum = 0;
  for (let i = 0; i < size; i++) sum += line[i];
  for (let i = 0; i < count; i++) {
    plane[start + i] = sum * share;
    sum += line[i + size] - line[i];
  }
}

/** All columns at once, row by row, which memory likes better than column by column. */
function boxColumns(
  plane: Float32Array,
  rows: Float32Array,
  width: number,
  height: number,
  half: number,
  border: 'repeat' | 'zero',
): void {
  const size = 2 * half + 1;
  rows.set(plane, half * width);
  if (border === 'repeat') {
    for (let y = 0; y < half; y++) rows.copyWithin(y * width, half * width, (half + 1) * width);
    const last = half + height - 1;
    for (let y = last + 1; y < height + size; y++) rows.copyWithin(y * width, last * width, (last + 1) * width);
  } else {
    rows.fill(0, 0, half * width);
    rows.fill(0, (half + height) * width);
  }
  const sums = new Float64Array(width);
  for (let y = 0, i = 0; y < size; y++) for (let x = 0; x < width; x++, i++) sums[x] += rows[i];
  const share = 1 / size;
  const ahead = size * width;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const sum = sums[x];
      plane[i] = sum * share;
      sums[x] = sum + rows[i + ahead] - rows[i];
    }
}
