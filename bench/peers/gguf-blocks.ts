/** @file Random weights in llama.cpp's block formats (ggml-common.h), made block by block. */
import { floatToHalf } from '../../src/util/float16.ts';
import type { Random } from '../../src/util/random.ts';
import { GGML_TYPES, type GgmlType } from './gguf-header.ts';

/** Largest slice that is made at once. */
const SLICE_BYTES = 8 << 20;

/**
 * The data of a random matrix, slice by slice. Its values have mean 0 and standard deviation 1/√columns, so that
 * activations keep their size from layer to layer. The whole numbers in a block lie around −½ (but for Q4_K, which has
 * offsets); scales of either sign make up for that, or activations would grow along one direction and every prompt
 * would be answered by one token.
 *
 * @param columns a multiple of the type's block
 */
export function* randomBlocks(
  type: Exclude<GgmlType, 'F32'>,
  rows: number,
  columns: number,
  random: Random,
): Generator<Uint8Array> {
  const { values, bytes } = GGML_TYPES[type];
  const fill = { Q4_0: fillQ4, Q8_0: fillQ8, Q4_K: fillQ4K, Q6_K: fillQ6 }[type];
  const spread = 1 / Math.sqrt(columns);
  const perSlice = Math.floor(SLICE_BYTES / bytes);
  for (let left = (rows * columns) / values; left > 0; left -= perSlice) {
    // 32 bits at a time; the last word may reach beyond the last block.
    const size = Math.min(left, perSlice) * bytes;
    const words = new Uint32Array(Math.ceil(size / 4));
    for (let i = 0; i < words.length; i++) words[i] = random.bits();
    const slice = new Uint8Array(words.buffer, 0, size);
    fill(slice, spread);
    yield slice;
  }
}

/** Root mean square of the whole numbers from −n/2 to n/2 − 1, all equally likely. */
const deviation = (n: number): number => Math.sqrt((n * n + 2) / 12);

/** Puts a positive half, keeping the random sign that is there. */
function putHalf(slice: Uint8Array, at: number, half: number): void {
  slice[at] = half & 255;
  slice[at + 1] = (slice[at + 1] & 128) | (half >> 8);
}

/** 32 values: scale as half, then 16 bytes of two values each; value = scale · (q − 8). */
function fillQ4(slice: Uint8Array, spread: number): void {
  const scale = floatToHalf(spread / deviation(16));
  for (let at = 0; at < slice.length; at += 18) putHalf(slice, at, scale);
}

/** 32 values: scale as half, then 32 signed bytes; value = scale · q. */
function fillQ8(slice: Uint8Array, spread: number): void {
  const scale = floatToHalf(spread / deviation(256));
  for (let at = 0; at < slice.length; at += 34) putHalf(slice, at, scale);
}

/**
 * 256 values: two halves, then 12 bytes of eight scales and eight offsets of 6 bits each, then 128 bytes of two values
 * each; value = half 1 · scale of 32 · q − half 2 · offset of 32.
 */
function fillQ4K(slice: Uint8Array, spread: number): void {
  // Offset and scale of a group are the same whole number of 32 to 63 (mean square 2341.5), so that 7.5 is nought.
  const scale = spread / Math.sqrt(255 / 12) / Math.sqrt(2341.5);
  const [step, offset] = [floatToHalf(scale), floatToHalf(7.5 * scale)];
  for (let at = 0; at < slice.length; at += 144) {
    slice.set([step & 255, step >> 8, offset & 255, offset >> 8], at);
    for (let i = at + 4; i < at + 8; i++) {
      const [low, high] = [32 + (slice[i] & 31), 32 + (slice[i + 4] & 31)];
      slice[i] = low | ((high >> 4) << 6);
      slice[i + 4] = slice[i];
      slice[i + 8] = (high & 15) | ((high & 15) << 4);
    }
  }
}

/**
 * 256 values: 128 bytes with the low four bits, 64 with the high two, 16 signed scales, one scale of these as half;
 * value = scale · scale of 16 · (q − 32).
 */
function fillQ6(slice: Uint8Array, spread: number): void {
  // Small scales of 8 to 15: their mean square is 137.5.
  const scale = floatToHalf(spread / deviation(64) / Math.sqrt(137.5));
  for (let at = 0; at < slice.length; at += 210) {
    for (let i = 192; i < 208; i++) slice[at + i] = 8 + (slice[at + i] & 7);
    putHalf(slice, at + 208, scale);
  }
}
