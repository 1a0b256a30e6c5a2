/**
 * @file A llama.cpp model of a given shape with random weights, quantised as `llama-quantize` does for Q4_0 (matrices
 * in Q4_0, the output, or the embedding where it is the output, in Q6_K, norms in float32) or Q4_K_M (matrices in Q4_K,
 * the values' and half of the down projections too in Q6_K): the smallest that is common, and the one most people pick.
 */
import { LlavaMiniError } from '../../src/errors.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { scaleFrequency } from '../../src/model/rotary.ts';
import { writeFileAtomic } from '../../src/util/atomic-file.ts';
import { Random } from '../../src/util/random.ts';
import { randomBlocks } from './gguf-blocks.ts';
import {
  GGML_TYPES,
  type GgmlType,
  type GgufTensor,
  type GgufValue,
  ggufHeader,
  padded,
  tensorBytes,
} from './gguf-header.ts';

/** What of a model's configuration its GGUF file needs. */
export type LlamaShape = Pick<
  ModelConfig,
  | 'hiddenSize'
  | 'intermediateSize'
  | 'layers'
  | 'heads'
  | 'kvHeads'
  | 'headDim'
  | 'vocabSize'
  | 'rmsNormEps'
  | 'ropeTheta'
  | 'ropeScaling'
  | 'maxPositions'
  | 'tieWordEmbeddings'
> & { /** Default `q4_0`. */ quant?: GgufQuant };

export const GGUF_QUANTS = ['q4_0', 'q4_k_m'] as const;
export type GgufQuant = (typeof GGUF_QUANTS)[number];

/** llama.cpp's number for the whole file's quantisation. */
const FILE_TYPES: Record<GgufQuant, number> = { q4_0: 2, q4_k_m: 15 };

/** Layers that Q4_K_M gives more bits: the first and last eighth, and every third between (llama-quant.cpp). */
const getsMoreBits = (layer: number, layers: number): boolean => {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
};

/** Ids below this are special tokens and bytes; those from here on stand for pieces of text. */
export const FIRST_TEXT_TOKEN = 3 + 256;

/**
 * Every tensor, in the order of the file.
 *
 * @throws LlavaMiniError `unsupported` when a width does not divide into blocks
 */
export function llamaTensors(shape: LlamaShape): GgufTensor[] {
  const { quant = 'q4_0', hiddenSize: d, intermediateSize: mlp, heads, kvHeads, headDim, vocabSize } = shape;
  const main: GgmlType = quant === 'q4_0' ? 'Q4_0' : 'Q4_K';
  const block = GGML_TYPES[main].values;
  for (const [name, width] of Object.entries({ 'hidden size': d, 'intermediate size': mlp, heads: heads * headDim }))
    if (width % block)
      throw new LlavaMiniError('unsupported', `the ${name} ${width} does not divide into ${main}'s blocks of ${block}`);
  const matrix = (name: string, rows: number, columns: number, type: GgmlType = main): GgufTensor => ({
    name: `${name}.weight`,
    shape: [rows, columns],
    type,
  });
  const norm = (name: string): GgufTensor => ({ name: `${name}.weight`, shape: [d], type: 'F32' });
  const output: GgmlType = d % 256 ? 'Q8_0' : 'Q6_K';
  const tensors = [matrix('token_embd', vocabSize, d, shape.tieWordEmbeddings ? output : main)];
  if (shape.ropeScaling?.kind === 'llama3')
    tensors.push({ name: 'rope_freqs.weight', shape: [headDim / 2], type: 'F32' });
  for (let i = 0; i < shape.layers; i++) {
    const more = quant === 'q4_k_m' && getsMoreBits(i, shape.layers) ? 'Q6_K' : main;
    tensors.push(
      norm(`blk.${i}.attn_norm`),
      matrix(`blk.${i}.attn_q`, heads * headDim, d),
      matrix(`blk.${i}.attn_k`, kvHeads * headDim, d),
      matrix(`blk.${i}.attn_v`, kvHeads * headDim, d, more),
      matrix(`blk.${i}.attn_output`, d, heads * headDim),
      norm(`blk.${i}.ffn_norm`),
      matrix(`blk.${i}.ffn_gate`, mlp, d),
      matrix(`blk.${i}.ffn_up`, mlp, d),
      matrix(`blk.${i}.ffn_down`, d, mlp, more),
    );
  }
  tensors.push(norm('output_norm'));
  if (!shape.tieWordEmbeddings) tensors.push(matrix('output', vocabSize, d, output));
  return tensors;
}

/** @throws LlavaMiniError `unsupported` when the vocabulary has no room for a token per byte */
export function llamaMetadata(shape: LlamaShape, name: string): Record<string, GgufValue> {
  const { quant = 'q4_0', vocabSize, ropeScaling } = shape;
  if (vocabSize <= FIRST_TEXT_TOKEN)
    throw new LlavaMiniError('unsupported', `a vocabulary of ${vocabSize} has no room for bytes and text`);
  const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
  const float32 = (value: number): GgufValue => ({ type: 'float32', value });
  const string = (value: string): GgufValue => ({ type: 'string', value });
  const of = <T>(item: (id: number) => T): T[] => Array.from({ length: vocabSize }, (_, id) => item(id));
  return {
    'general.architecture': string('llama'),
    'general.name': string(name),
    'general.file_type': uint32(FILE_TYPES[quant]),
    'general.quantization_version': uint32(2),
    'llama.vocab_size': uint32(vocabSize),
    'llama.context_length': uint32(shape.maxPositions),
    'llama.embedding_length': uint32(shape.hiddenSize),
    'llama.block_count': uint32(shape.layers),
    'llama.feed_forward_length': uint32(shape.intermediateSize),
    'llama.attention.head_count': uint32(shape.heads),
    'llama.attention.head_count_kv': uint32(shape.kvHeads),
    'llama.attention.key_length': uint32(shape.headDim),
    'llama.attention.value_length': uint32(shape.headDim),
    'llama.attention.layer_norm_rms_epsilon': float32(shape.rmsNormEps),
    'llama.rope.dimension_count': uint32(shape.headDim),
    'llama.rope.freq_base': float32(shape.ropeTheta),
    ...(ropeScaling?.kind === 'linear'
      ? { 'llama.rope.scaling.type': string('linear'), 'llama.rope.scaling.factor': float32(ropeScaling.factor) }
      : {}),
    // SentencePiece: kinds are 1 text, 2 unknown, 3 control, 6 byte.
    'tokenizer.ggml.model': string('llama'),
    'tokenizer.ggml.tokens': {
      type: 'string',
      value: of((id) => ['<unk>', '<s>', '</s>'][id] ?? (id < FIRST_TEXT_TOKEN ? byteToken(id - 3) : `▁${id}`)),
    },
    'tokenizer.ggml.scores': { type: 'float32', value: of((id) => (id < FIRST_TEXT_TOKEN ? 0 : -id)) },
    'tokenizer.ggml.token_type': {
      type: 'int32',
      value: of((id) => [2, 3, 3][id] ?? (id < FIRST_TEXT_TOKEN ? 6 : 1)),
    },
    'tokenizer.ggml.unknown_token_id': uint32(0),
    'tokenizer.ggml.bos_token_id': uint32(1),
    'tokenizer.ggml.eos_token_id': uint32(2),
  };
}

const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** The file, slice by slice. */
export function* ggufBytes(
  shape: LlamaShape,
  name: string,
  seed: string,
  onTensor?: (done: number, all: number) => void,
): Generator<Uint8Array> {
  const tensors = llamaTensors(shape);
  yield ggufHeader(llamaMetadata(shape, name), tensors);
  for (const [i, tensor] of tensors.entries()) {
    const random = new Random(`${seed}/${tensor.name}`);
    const { type } = tensor;
    if (type === 'F32') yield new Uint8Array(vector(shape, tensor, random).buffer);
    else yield* randomBlocks(type, tensor.shape[0], tensor.shape[1], random);
    const bytes = tensorBytes(tensor);
    if (padded(bytes) > bytes) yield new Uint8Array(padded(bytes) - bytes);
    onTensor?.(i + 1, tensors.length);
  }
}

/** A norm's weights, near 1; or what Llama 3 divides its frequencies by. */
function vector(shape: LlamaShape, { name, shape: [size] }: GgufTensor, random: Random): Float32Array {
  if (name !== 'rope_freqs.weight') return Float32Array.from({ length: size }, () => random.uniform(0.9, 1.1));
  return Float32Array.from({ length: size }, (_, i) => {
    const frequency = 1 / shape.ropeTheta ** (i / size);
    return frequency / scaleFrequency(frequency, shape.ropeScaling);
  });
}

/** Bytes of the file that `writeGguf` makes with the default name. */
export function ggufSize(shape: LlamaShape): number {
  const tensors = llamaTensors(shape);
  const data = tensors.reduce((sum, tensor) => sum + padded(tensorBytes(tensor)), 0);
  return ggufHeader(llamaMetadata(shape, NAME), tensors).length + data;
}

const NAME = 'random';

/**
 * Writes the file, never holding more than 8 MiB of it.
 *
 * @throws LlavaMiniError `unsupported`, `no-space`, `io`; the signal's reason
 */
export async function writeGguf(
  path: string,
  shape: LlamaShape,
  options: {
    name?: string;
    seed?: string;
    signal?: AbortSignal;
    onTensor?: (done: number, all: number) => void;
  } = {},
): Promise<void> {
  const { name = NAME, seed = 'gguf', signal, onTensor } = options;
  signal?.throwIfAborted();
  const bytes = ggufBytes(shape, name, seed, (done, all) => {
    signal?.throwIfAborted();
    onTensor?.(done, all);
  });
  try {
    await writeFileAtomic(path, bytes);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
