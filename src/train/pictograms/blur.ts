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
  const line = new Float32Array(Math.max(width, height));
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) boxLine(plane, y * width, 1, width, half, line, border);
    for (let x = 0; x < width; x++) boxLine(plane, x, width, height, half, line, border);
  }
}

function boxLine(
  plane: Float32Array,
  start: number,
  step: number,
  count: number,
  half: number,
  line: Float32Array,
  border: 'repeat' | 'zero',
): void {
  for (let i = 0, at = start; i < count; i++, at += step) line[i] = plane[at];
  const before = border === 'repeat' ? line[0] : 0;
  const after = border === 'repeat' ? line[count - 1] : 0;
  const share = 1 / (2 * half + 1);
  let sum = 0;
  for (let i = -half; i <= half; i++) sum += i < 0 ? before : i < count ? line[i] : after;
  for (let i = 0, at = start; i < count; i++, at += step) {
    plane[at] = sum * share;
    sum += (i + half + 1 < count ? line[i + half + 1] : after) - (i - half >= 0 ? line[i - half] : before);
  }
}
