import { LlavaMiniError } from '../errors.ts';
import type { ModelFolder } from '../folder/model-folder.ts';
import { type Picture, preparePicture, splitTiles } from '../media/index.ts';
import { partsPerImage } from '../model/image-part.ts';

/**
 * Pictures as the vision tower takes them: `[frames·parts, 3, S, S]`; parts are the tiles row by row and then the
 * whole picture, or the whole alone.
 *
 * @param check called between pictures; it may throw
 */
export function preparePictures(folder: ModelFolder, frames: readonly Picture[], check?: () => void): Float32Array {
  if (!frames.length) throw new LlavaMiniError('bad-argument', 'there is no picture to see');
  const { config, processor } = folder;
  const size = 3 * processor.size ** 2;
  const parts = partsPerImage(config);
  const pixels = new Float32Array(frames.length * parts * size);
  frames.forEach((frame, f) => {
    splitTiles(frame, config.resolutionRatio).forEach((part, i) => {
      check?.();
      pixels.set(preparePicture(part, processor), (f * parts + i) * size);
    });
  });
  return pixels;
}
