import { Random } from '../../util/random.ts';
import { blurPlane } from './blur.ts';
import type { Canvas } from './canvas.ts';
import { compressBlocks } from './compression.ts';
import { toneCurve } from './look.ts';
import type { CameraPlan } from './plan.ts';

/** Ready-made normal numbers: drawing a fresh one for every pixel would cost more than the rest of the picture. */
const NOISE_COUNT = 1 << 16;
let normals: Float32Array | undefined;

/** What light, lens, sensor and file format do to the whole picture; in place. */
export function takePhoto(canvas: Canvas, plan: CameraPlan, random: Random): void {
  light(canvas, plan);
  if (plan.grey) greyOut(canvas);
  const radius = plan.blur * canvas.side;
  if (plan.detail < 1) dropDetail(canvas, plan.detail);
  if (radius >= 0.35)
    for (const plane of [canvas.red, canvas.green, canvas.blue]) blurPlane(plane, canvas.side, canvas.side, radius);
  if (plan.noise[0] > 0 || plan.noise[1] > 0) addNoise(canvas, plan.noise, random);
  if (plan.compression > 0) compressBlocks(canvas, plan.compression);
}

/** Steps of the tone table for each of the 256 levels. */
const FINE = 8;

function light(canvas: Canvas, plan: CameraPlan): void {
  const { side, red, green, blue } = canvas;
  const [redGain, greenGain, blueGain] = plan.balance;
  const tones = toneCurve(plan.contrast, plan.exposure, plan.gamma, FINE);
  const top = 255 * FINE;
  const stepX = (Math.cos(plan.light.angle) * 2 * plan.light.strength) / side;
  const stepY = (Math.sin(plan.light.angle) * 2 * plan.light.strength) / side;
  const middle = side / 2;
  const vignette = plan.vignette / (middle * middle * 2);
  for (let y = 0, i = 0; y < side; y++) {
    const dy = y - middle;
    for (let x = 0; x < side; x++, i++) {
      const dx = x - middle;
      const factor = (1 + stepX * dx + stepY * dy) * (1 - vignette * (dx * dx + dy * dy));
      red[i] = tones[index(red[i], top)] * factor * redGain;
      green[i] = tones[index(green[i], top)] * factor * greenGain;
      blue[i] = tones[index(blue[i], top)] * factor * blueGain;
    }
  }
}

function index(level: number, top: number): number {
  const at = (level * FINE + 0.5) | 0;
  return Math.max(0, Math.min(at, top));
}

function greyOut({ red, green, blue }: Canvas): void {
  for (let i = 0; i < red.length; i++) {
    const grey = 0.299 * red[i] + 0.587 * green[i] + 0.114 * blue[i];
    red[i] = grey;
    green[i] = grey;
    blue[i] = grey;
  }
}

/** As if the picture had been taken with fewer pixels and enlarged. */
function dropDetail(canvas: Canvas, detail: number): void {
  const { side } = canvas;
  const few = Math.max(8, Math.round(side * detail));
  const step = side / few;
  const small = new Float32Array(few * few);
  for (const plane of [canvas.red, canvas.green, canvas.blue]) {
    for (let y = 0; y < few; y++)
      for (let x = 0; x < few; x++) {
        const y1 = Math.max(Math.floor(y * step) + 1, Math.floor((y + 1) * step));
        const x1 = Math.max(Math.floor(x * step) + 1, Math.floor((x + 1) * step));
        let sum = 0;
        let count = 0;
        for (let v = Math.floor(y * step); v < y1; v++)
          for (let u = Math.floor(x * step); u < x1; u++, count++) sum += plane[v * side + u];
        small[y * few + x] = sum / count;
      }
    enlarge(small, few, plane, side);
  }
}

function enlarge(small: Float32Array, few: number, plane: Float32Array, side: number): void {
  const step = few / side;
  for (let y = 0, i = 0; y < side; y++) {
    const v = Math.min(few - 1, Math.max(0, (y + 0.5) * step - 0.5));
    const row = Math.min(few - 2, Math.floor(v));
    const fy = v - row;
    for (let x = 0; x < side; x++, i++) {
      const u = Math.min(few - 1, Math.max(0, (x + 0.5) * step - 0.5));
      const column = Math.min(few - 2, Math.floor(u));
      const fx = u - column;
      const at = row * few + column;
      plane[i] =
        (small[at] * (1 - fx) + small[at + 1] * fx) * (1 - fy) +
        (small[at + few] * (1 - fx) + small[at + few + 1] * fx) * fy;
    }
  }
}

function addNoise(canvas: Canvas, [brightness, colour]: [number, number], random: Random): void {
  if (normals === undefined) {
    const source = new Random('sensor noise');
    normals = Float32Array.from({ length: NOISE_COUNT }, () => source.normal());
  }
  const { red, green, blue } = canvas;
  const mask = NOISE_COUNT - 1;
  const starts = Array.from({ length: 4 }, () => random.int(NOISE_COUNT));
  for (let i = 0; i < red.length; i++) {
    // A new start every 1024 pixels keeps repeats from lining up.
    if ((i & 1023) === 0) for (let s = 0; s < 4; s++) starts[s] = random.int(NOISE_COUNT);
    const common = normals[(starts[0] + i) & mask] * brightness;
    red[i] += common + normals[(starts[1] + i) & mask] * colour;
    green[i] += common + normals[(starts[2] + i) & mask] * colour;
    blue[i] += common + normals[(starts[3] + i) & mask] * colour;
  }
}
