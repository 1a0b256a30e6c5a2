/** IEEE half precision and bfloat16, to and from float32, rounding to nearest even. Node 20 has no Float16Array. */

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

const HALF_TO_FLOAT = new Float32Array(65536);
for (let h = 0; h < 65536; h++) {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  HALF_TO_FLOAT[h] =
    exponent === 31
      ? fraction
        ? Number.NaN
        : sign * Number.POSITIVE_INFINITY
      : exponent === 0
        ? sign * fraction * 2 ** -24
        : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export function halfToFloat(h: number): number {
  return HALF_TO_FLOAT[h];
}

export function floatToHalf(value: number): number {
  f32[0] = value;
  const x = u32[0];
  const sign = (x >>> 16) & 0x8000;
  const a = x & 0x7fffffff;
  if (a > 0x7f800000) return sign | 0x7e00;
  if (a >= 0x477ff000) return sign | 0x7c00;
  if (a < 0x38800000) {
    // Subnormal half: scale so that the float's own rounding does the work.
    if (a < 0x33000000) return sign;
    const shift = 126 - (a >>> 23);
    const m = (a & 0x7fffff) | 0x800000;
    const half = 1 << (shift - 1);
    const q = m >>> shift;
    const rest = m & ((1 << shift) - 1);
    return sign | (rest > half || (rest === half && q & 1) ? q + 1 : q);
  }
  const rounded = a + 0xfff + ((a >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

export function halvesToFloats(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array {
  for (let i = 0; i < halves.length; i++) out[i] = HALF_TO_FLOAT[halves[i]];
  return out;
}

export function floatsToHalves(floats: Float32Array, out = new Uint16Array(floats.length)): Uint16Array {
  for (let i = 0; i < floats.length; i++) out[i] = floatToHalf(floats[i]);
  return out;
}

export function bfloatsToFloats(values: Uint16Array, out = new Float32Array(values.length)): Float32Array {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < values.length; i++) bits[i] = values[i] << 16;
  return out;
}

export function floatsToBfloats(floats: Float32Array, out = new Uint16Array(floats.length)): Uint16Array {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  for (let i = 0; i < floats.length; i++) {
    const x = bits[i];
    out[i] = (x & 0x7fffffff) > 0x7f800000 ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return out;
}
