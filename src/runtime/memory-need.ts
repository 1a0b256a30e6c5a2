import { LlavaMiniError } from '../errors.ts';
import { DTYPES, type Dtype } from '../folder/manifest.ts';
import type { ModelFolder } from '../folder/model-folder.ts';
import { EMBEDDINGS, weightFormat } from '../folder/scheme.ts';
import { partBytes, usedParameters, type WeightFormat, weightParts } from '../graph/index.ts';
import { imageLength, partsPerImage } from '../model/image-part.ts';
import { modelGraphs } from '../model/inference.ts';
import { patchGrid } from '../model/vision/index.ts';
import { availableMemory } from '../util/available-memory.ts';
import { keptTableBytes } from './embedding-table.ts';
import type { EngineOptions } from './engine-options.ts';

type Model = Pick<ModelFolder, 'config' | 'vision'>;
type Sizes = Pick<EngineOptions, 'maxLength' | 'layout' | 'prefillChunk'>;

/** How a weight of this shape is stored. */
export type FormatOf = (name: string, shape: readonly number[]) => WeightFormat;

/** The engine's own code and buffers. */
const ENGINE_BYTES = 100 << 20;

/**
 * Bytes that a loaded model takes: its weights as the engine keeps them, one full row of the K/V cache, and what a
 * chunk of a prompt needs on its way.
 *
 * @param handedOver weights are read here and given to the engine, which takes a copy before they are let go
 */
export function memoryNeed(model: Model, sizes: Sizes, formatOf: FormatOf, handedOver = false): number {
  const { config, vision } = model;
  const { maxLength, layout, prefillChunk } = sizes;
  let bytes = ENGINE_BYTES;
  let largest = 0;
  for (const graph of Object.values(modelGraphs(config, vision, { maxLength, layout }))) {
    let weights = 0;
    for (const { name, shape } of usedParameters(graph))
      weights += loadedBytes(shape as number[], formatOf(name, shape as number[]));
    for (const { data } of graph.constants.values()) bytes += data.byteLength;
    bytes += weights;
    largest = Math.max(largest, weights);
  }
  if (handedOver) bytes += 1.25 * largest;
  const table = [config.vocabSize, config.hiddenSize] as const;
  bytes += keptTableBytes(table, formatOf(EMBEDDINGS, table));
  const chunk = Math.min(prefillChunk, maxLength);
  // The cache, and a chunk's part of it twice on its way there: in the engine and as its binding copies it.
  bytes += 4 * 2 * config.layers * config.kvHeads * config.headDim * (maxLength + 2 * chunk);
  return bytes + 4 * activations(model, layout, chunk);
}

/** Numbers on the way through one picture and one chunk of a prompt; each session keeps its own buffers. */
function activations({ config, vision }: Model, layout: Sizes['layout'], tokens: number): number {
  const grid = patchGrid(vision);
  const rows = tokens + (layout === 'mini' && config.prefusionLayers ? imageLength(config, grid) : 0);
  const language = rows * (6 * config.hiddenSize + 3 * config.intermediateSize);
  if (vision.kind !== 'clip') return language + 32 * vision.imageSize ** 2;
  const tower = grid.patches * (6 * vision.width + 2 * vision.intermediateSize + 2 * vision.heads * grid.patches);
  return language + partsPerImage(config) * tower;
}

/** How a weight lies in the CPU engine's memory, as measured: `docs/log.md`. */
function loadedBytes(shape: readonly number[], format: WeightFormat): number {
  const parts = weightParts('', shape, format).map(partBytes);
  // Scales stay, and beside the packed blocks are a copy of them and the blocks' sums.
  if (format.kind === 'blocks') return parts[0] + 3 * parts[1] + (parts[2] ?? 0);
  // Its kernels compute in float32; making these leaves some memory behind.
  return format.kind === 'float16' ? 2.2 * parts[0] : parts[0];
}

/** The format of every weight under the scheme of a dtype, as a conversion stores it by default. */
export function schemeFormats({ config }: Model, dtype: Dtype): FormatOf {
  return (name, shape) => weightFormat(name, shape, config, { dtype, block: 128, symmetric: true, uniform: false });
}

/** @throws LlavaMiniError `out-of-memory` saying what is needed, what there is, and the dtype that would fit */
export function checkMemory(
  model: Model,
  sizes: Sizes,
  need: number,
  dtype: Dtype,
  converted = false,
  available = availableMemory(),
): void {
  if (need <= available) return;
  // From the most exact one on; what is no smaller than the one asked for cannot help.
  const fitting = [...DTYPES].reverse().flatMap((other) => {
    if (other === dtype) return [];
    const bytes = memoryNeed(model, sizes, schemeFormats(model, other));
    return bytes <= available && bytes < need ? [`${other} would fit (${gigabytes(bytes)})`] : [];
  });
  throw new LlavaMiniError(
    'out-of-memory',
    `the model needs about ${gigabytes(need)} of memory as ${dtype} with ${sizes.maxLength} positions, but ${gigabytes(available)} are available`,
    {
      hint: `${fitting[0] ? `dtype ${fitting[0]}${converted ? ', converted from the model that this one was made of' : ''}` : 'use a smaller model, or a smaller maxLength'}; or close other programs. memoryCheck: false (--no-memory-check) loads it all the same`,
    },
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1)} GB`;
