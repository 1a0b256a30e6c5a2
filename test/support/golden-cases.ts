import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors } from '../../src/checkpoint/safetensors.ts';

export const GOLDEN_DIR = process.env.GOLDEN_DIR ?? 'test/golden';

/** One run of the reference, as its JSON describes it. */
export interface GoldenCase {
  name: string;
  model: string;
  input_ids: number[] | number[][];
  image_token_index: number;
  images: number[] | null;
  /** Where the pixels come from when they are not stored. */
  pixel_values?: string;
  generated?: number[];
  labels?: number[][];
  attention_mask?: number[][];
  loss?: number;
  no_gradient?: string[];
}

export interface GoldenTensor {
  shape: readonly number[];
  data: Float32Array;
}

export type GoldenTensors = ReadonlyMap<string, GoldenTensor>;

/** Every case of the folder; none when it has no cases. */
export function goldenCases(dir = GOLDEN_DIR): GoldenCase[] {
  const folder = join(dir, 'cases');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as GoldenCase);
}

export async function goldenTensors(name: string, dir = GOLDEN_DIR): Promise<GoldenTensors> {
  const file = await openSafetensors(join(dir, 'cases', `${name}.safetensors`));
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, info] of file.tensors) tensors.set(key, { shape: info.shape, data: await file.readFloat32(key) });
  await file.close();
  return tensors;
}

/** Largest difference in parts of the expected tensor's largest value. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i] - expected[i]);
    if (!(d <= difference)) difference = d;
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference === 0 ? 0 : difference / largest;
}
