/** @file The fixed-point weights of one pass of PIL's bicubic resizing, laid out for pixels.wat. */

/** One, with 22 bits after the point. */
const ONE = 1 << 22;
/** Bits of the low half of a weight. */
const LOW_BITS = 15;
const LOW = (1 << LOW_BITS) - 1;

export interface Axis {
  /** Samples before and after resizing. */
  from: number;
  to: number;
  /** The outputs wanted: `count` from `first` on. */
  first: number;
  count: number;
  /** Of the `from` samples, those of the picture: `length` from `before` on; the others have one colour. */
  before: number;
  length: number;
}

export interface AxisWeights {
  /** For each output, the picture's first sample in its window (0 is the picture's first) and how many there are. */
  start: Int32Array;
  count: Int32Array;
  /** `stride` bytes for each output: pairs of taps, the two high halves and then the two low ones; zero after `count`. */
  pairs: Int16Array;
  stride: number;
  /** For each output, the sum of the weights that fall beside the picture. */
  outside: Int32Array;
  /** Samples that any output reads: `low` up to and without `high`. */
  low: number;
  high: number;
}

/** The cubic convolution kernel with a = −0.5, in PIL's order of operations. */
function cubic(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

export function axisWeights({ from, to, first, count: outputs, before, length }: Axis): AxisWeights {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = 2 * stretch;
  const narrow = 1 / stretch;
  const taps = Math.min(Math.ceil(support) * 2 + 1, from);
  const start = new Int32Array(outputs);
  const count = new Int32Array(outputs);
  const outside = new Int32Array(outputs);
  // Whole blocks of four taps.
  const each = Math.ceil(Math.min(taps, length) / 4) * 8;
  const pairs = new Int16Array(outputs * each);
  const line = new Float64Array(taps);
  let low = length;
  let high = 0;
  for (let i = 0; i < outputs; i++) {
    const centre = (first + i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let k = 0; k < end - begin; k++) {
      line[k] = cubic((k + begin - centre + 0.5) * narrow);
      sum += line[k];
    }
    const inside = Math.min(Math.max(begin - before, 0), length);
    start[i] = inside;
    for (let k = 0; k < end - begin; k++) {
      const real = (line[k] / (sum || 1)) * ONE;
      const weight = (real < 0 ? real - 0.5 : real + 0.5) | 0;
      const sample = begin + k - before;
      if (sample < 0 || sample >= length) outside[i] += weight;
      else {
        const tap = count[i]++;
        const at = i * each + (tap >> 1) * 4 + (tap & 1);
        pairs[at] = weight >> LOW_BITS;
        pairs[at + 2] = weight & LOW;
      }
    }
    if (count[i] > 0) {
      low = Math.min(low, inside);
      high = Math.max(high, inside + count[i]);
    }
  }
  return { start, count, pairs, stride: each * 2, outside, low: Math.min(low, high), high };
}
