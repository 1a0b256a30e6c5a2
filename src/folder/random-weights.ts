import type { WeightFormat } from '../graph/index.ts';
import { floatToHalf } from '../util/float16.ts';
import { Random } from '../util/random.ts';

/** Bytes that are made at a time. */
const STEP = 8 << 20;

/**
 * Random content of a weight's part, piece by piece: matrices of a size that neither grows nor shrinks what goes
 * through them, norms of ones, biases of zeros.
 *
 * @param part index among the weight's parts (see `weightParts`)
 * @param bytes of the part
 */
export function* randomPart(
  name: string,
  shape: readonly number[],
  format: WeightFormat,
  part: number,
  bytes: number,
): Generator<Uint8Array> {
  const random = new Random(`synth/${name}/${part}`);
  const inputs = shape.slice(1).reduce((product, side) => product * side, 1);
  const spread = 1 / Math.sqrt(inputs);
  const fill = fillerOf(name, shape, format, part, spread, random);
  const buffer = new Uint32Array(Math.min(STEP, Math.ceil(bytes / 4) * 4) / 4);
  for (let done = 0; done < bytes; done += buffer.byteLength) {
    fill(buffer);
    yield new Uint8Array(buffer.buffer, 0, Math.min(buffer.byteLength, bytes - done));
  }
}

type Fill = (words: Uint32Array) => void;

function fillerOf(
  name: string,
  shape: readonly number[],
  format: WeightFormat,
  part: number,
  spread: number,
  random: Random,
): Fill {
  if (format.kind === 'blocks' && part === 0) {
    const bits = randomBits(random);
    return format.bits === 8 ? bits : (words) => centre(words, bits);
  }
  if (format.kind === 'blocks') {
    // Codes are spread evenly over −7…7 or −128…127.
    const scale = spread / (format.bits === 4 ? 4.2 : 73.9);
    return floats(() => scale * random.uniform(0.8, 1.2));
  }
  if (shape.length < 2) {
    const value = /norm.*weight$|ln_.*weight$/.test(name) ? 1 : 0;
    return format.kind === 'float32' ? floats(() => value) : halves(random, () => value);
  }
  const width = spread * Math.sqrt(12);
  const one = (): number => random.uniform(-0.5, 0.5) * width;
  return format.kind === 'float32' ? floats(one) : halves(random, one);
}

/** A code of zero stands for −8, which has no counterpart: without it the mean is zero. It becomes 8, a zero. */
function centre(words: Uint32Array, bits: Fill): void {
  bits(words);
  for (let i = 0; i < words.length; i++) {
    const x = words[i];
    const some = (x | (x >>> 1) | (x >>> 2) | (x >>> 3)) & 0x11111111;
    words[i] = x | ((some ^ 0x11111111) << 3);
  }
}

function floats(next: () => number): Fill {
  return (words) => {
    const values = new Float32Array(words.buffer);
    for (let i = 0; i < values.length; i++) values[i] = next();
  };
}

/** Half-precision numbers picked from a table of so many. */
function halves(random: Random, next: () => number): Fill {
  const table = Uint16Array.from({ length: 1 << 14 }, () => floatToHalf(next()));
  const bits = randomBits(random);
  return (words) => {
    bits(words);
    const values = new Uint16Array(words.buffer);
    for (let i = 0; i < values.length; i++) values[i] = table[values[i] & (table.length - 1)];
  };
}

/** Marsaglia's xorshift128: not good enough for statistics, but as fast as a disk. */
function randomBits(random: Random): Fill {
  let [x, y, z, w] = [random.bits() | 1, random.bits(), random.bits(), random.bits()];
  return (words) => {
    for (let i = 0; i < words.length; i++) {
      const t = x ^ (x << 11);
      x = y;
      y = z;
      z = w;
      w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
      words[i] = w;
    }
  };
}
