import type { BlockSize, WeightFormat } from '../graph/index.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Dtype } from './manifest.ts';

export interface SchemeOptions {
  dtype: Dtype;
  /** Values per block; narrower matrices take smaller blocks. */
  block: BlockSize;
  /** Without symmetry, matrices of 4 bits get a zero point per block. */
  symmetric: boolean;
  /** At `q4`: 4 bits for every matrix of the language model, head and token embedding too. */
  uniform: boolean;
}

export const EMBEDDINGS = 'model.embed_tokens.weight';

/** Below so many elements a weight saves nothing worth a rounding. */
const TINY = 1024;

const LAYER = /^model\.(layers|prefusion_layers)\.(\d+)\.(?:self_attn|mlp)\.(\w+)\.weight$/;
const CLIP_LINEAR =
  /^model\.vision_tower\.vision_tower\.vision_model\.encoder\.layers\.\d+\.(?:self_attn|mlp)\.\w+\.weight$/;
/** Learned vectors that are added, not multiplied with: small, and every answer depends on them. */
const ADDED = /(?:position_embedding|pos_embed|positions|query|class_embedding)(?:\.weight)?$/;

/**
 * How a weight is stored. Norms, biases, positions and tiny weights stay float32 whatever the scheme. Compressor and
 * projector, through which everything seen passes, keep 16 bits as in the reference's own 8-bit mode; convolutions as
 * well, which have no kernel for blocks. Then, by `dtype`:
 *
 * * `q4`: the decoder layers' matrices in 4 bits, but value and down projections of the first and last eighth of the
 *   layers and of every third layer between in 8 bits (llama.cpp's rule for its mixtures); token embedding and head
 *   in 8 bits; a CLIP tower's matrices in 8 bits, which keeps its features at a cosine above 0.999
 *   (`convert.test.ts` measures it)
 * * `q4`, uniform: those in 8 bits, but the tower's, in 4 bits as well: nearer to what other engines call 4 bits,
 *   faster where memory is what limits decoding, and less exact
 * * `q8`: all of these in 8 bits
 * * `fp16`, `fp32`: as they say
 *
 * Blocks of 8 bits are always symmetric: a zero point gains them nothing.
 *
 * @param shape of the weight in the checkpoint
 */
export function weightFormat(
  name: string,
  shape: readonly number[],
  config: ModelConfig,
  options: SchemeOptions,
): WeightFormat {
  const { dtype, uniform } = options;
  const most = uniform && dtype === 'q4' ? 4 : 8;
  const size = shape.reduce((product, side) => product * side, 1);
  if (dtype === 'fp32' || shape.length < 2 || size < TINY || ADDED.test(name)) return { kind: 'float32' };
  if (dtype === 'fp16' || shape.length !== 2) return { kind: 'float16' };
  if (CLIP_LINEAR.test(name)) return blocks(shape[1], 8, options);
  if (name === EMBEDDINGS || name === 'lm_head.weight') return blocks(shape[1], most, options);
  const layer = LAYER.exec(name);
  if (!layer) return { kind: 'float16' };
  const [, kind, index, matrix] = layer;
  const layers = kind === 'layers' ? config.layers : config.prefusionLayers;
  const careful = (matrix === 'v_proj' || matrix === 'down_proj') && isSensitive(Number(index), layers);
  return blocks(shape[1], dtype === 'q8' ? 8 : careful ? most : 4, options);
}

/** The first and the last eighth of the layers, and every third one between. */
export function isSensitive(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

/** The smallest block, and how many a row of 4 bits has at least, if it is not of the smallest. */
const SMALLEST = 16;
const LEAST_BLOCKS = 8;

/**
 * The largest block up to the wanted one that divides the width; a width that no block divides stays float16. In 4
 * bits a narrow row takes smaller ones: with two or three blocks in all, one large value costs half of them their
 * precision, and few inputs leave little to average that out.
 */
function blocks(width: number, bits: 4 | 8, { block, symmetric }: SchemeOptions): WeightFormat {
  const most = bits === 4 ? Math.max(SMALLEST, Math.min(block, width / LEAST_BLOCKS)) : block;
  for (let size: number = block; size >= SMALLEST; size /= 2)
    if (size <= most && width % size === 0)
      return { kind: 'blocks', bits, block: size as BlockSize, symmetric: symmetric || bits === 8 };
  return { kind: 'float16' };
}
