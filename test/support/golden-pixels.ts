import { join } from 'node:path';
import type { ModelFolder } from '../../src/folder/model-folder.ts';
import { decodePicture } from '../../src/media/index.ts';
import { preparePictures } from '../../src/runtime/prepare.ts';
import { GOLDEN_DIR, type GoldenCase, type GoldenTensors } from './golden-cases.ts';

/** Normalised pixels of a case: stored, or prepared from the picture that it names. Null without a picture. */
export async function casePixels(
  golden: GoldenCase,
  tensors: GoldenTensors,
  folder: ModelFolder,
): Promise<Float32Array | null> {
  const stored = tensors.get('pixel_values');
  if (stored) return stored.data;
  if (!golden.images) return null;
  const named = /^(\S+), aspect ratio "(pad|crop)"$/.exec(golden.pixel_values ?? '');
  if (!named) throw new Error(`case ${golden.name} has no pixel values`);
  const processor = { ...folder.processor, aspect: named[2] as 'pad' | 'crop' };
  const picture = await decodePicture(join(GOLDEN_DIR, named[1]));
  return preparePictures({ ...folder, processor }, [picture]);
}
