import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import { partsPerImage } from '../model/image-part.ts';
import { patchGrid } from '../model/vision/index.ts';
import type { LoadedModel } from './loaded-model.ts';
import { type MemoryData, memorySizes, sharedFloats } from './memory-data.ts';
import { prefuse } from './prefuse.ts';

export interface SeenPixels {
  memory: MemoryData;
  /** Milliseconds in the vision tower, and in compressor, projector and pre-fusion. */
  vision: number;
  prefusion: number;
}

/**
 * Sees one picture or the frames of one video.
 *
 * @param pixels `[frames·parts, 3, S, S]`, normalised; parts = tiles row by row, then the whole picture
 * @param check called between chunks of frames; it may throw
 */
export async function seePixels(
  model: LoadedModel,
  pixels: Float32Array,
  frames: number,
  id: string,
  check?: () => void,
): Promise<SeenPixels> {
  const { config, vision } = model.folder;
  const parts = partsPerImage(config);
  const { patches } = patchGrid(vision);
  const pictureSize = 3 * vision.imageSize ** 2;
  if (frames < 1 || pixels.length !== frames * parts * pictureSize)
    throw new LlavaMiniError(
      'bad-argument',
      `${frames} pictures of ${parts} parts of ${vision.imageSize}×${vision.imageSize} need ${frames * parts * pictureSize} values, got ${pixels.length}`,
    );
  const llava = model.options.layout === 'llava';
  const sizes = memorySizes(config, vision, model.options.layout);
  const memory = {
    id,
    frames,
    tokens: sharedFloats(frames * sizes.tokens),
    prefix: Array.from({ length: sizes.layers }, () => ({
      key: sharedFloats(frames * sizes.keys),
      value: sharedFloats(frames * sizes.keys),
    })),
    attention: sharedFloats(frames * sizes.attention),
  };
  const times = { vision: 0, prefusion: 0 };
  for (let f = 0; f < frames; f += model.options.frameChunk) {
    check?.();
    const n = Math.min(model.options.frameChunk, frames - f);
    const part = pixels.subarray(f * parts * pictureSize, (f + n) * parts * pictureSize);
    const size = vision.imageSize;
    const start = performance.now();
    const seen = await model.run('vision', { pixels: new ort.Tensor('float32', part, [n * parts, 3, size, size]) });
    const middle = performance.now();
    // In the LLaVA layout only the whole picture, the last part, is looked at.
    const features =
      llava && parts > 1
        ? new ort.Tensor('float32', lastParts(seen.features, n, parts), [n, patches, config.visionWidth])
        : seen.features;
    const image = await model.run('image', { features });
    const fused = model.fuses ? await prefuse(model, image.prefusion_input, config.compressorSize ** 2, null) : null;
    const put = (to: Float32Array, from: ort.Tensor, each: number): void => to.set(from.data as Float32Array, f * each);
    put(memory.tokens, fused ? fused.fused : image.tokens, sizes.tokens);
    if (image.attention) put(memory.attention, image.attention, sizes.attention);
    memory.prefix.forEach(({ key, value }, i) => {
      put(key, fused![`key.${i}`], sizes.keys);
      put(value, fused![`value.${i}`], sizes.keys);
    });
    times.vision += middle - start;
    times.prefusion += performance.now() - middle;
  }
  return { memory, ...times };
}

function lastParts(features: ort.Tensor, frames: number, parts: number): Float32Array {
  const data = features.data as Float32Array;
  const each = data.length / (frames * parts);
  const out = new Float32Array(frames * each);
  for (let f = 0; f < frames; f++) {
    const from = (f * parts + parts - 1) * each;
    out.set(data.subarray(from, from + each), f * each);
  }
  return out;
}
