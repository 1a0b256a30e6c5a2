/** The published models whose shapes the benchmarks use, as LLaVA-Mini models would have them. */
import { LlavaMiniError } from '../src/errors.ts';
import { type ModelConfig, parseModelConfig } from '../src/model/config.ts';

const LLAVA_MINI = {
  model_type: 'llava_mini_llama',
  rms_norm_eps: 1e-5,
  compressor_size: 1,
  prefusion_layer_num: 4,
  mm_hidden_size: 1024,
  mm_projector_type: 'mlp2x_gelu',
  mm_vision_tower: 'openai/clip-vit-large-patch14-336',
};

const llama3 = (factor: number): Record<string, unknown> => ({
  vocab_size: 128256,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  rope_theta: 500000,
  max_position_embeddings: 131072,
  rope_scaling: {
    rope_type: 'llama3',
    factor,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  },
});

const SHAPES: Record<string, Record<string, unknown>> = {
  'llama-3.1-8b': { ...llama3(8), hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32 },
  'llama-3.2-1b': {
    ...llama3(32),
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    tie_word_embeddings: true,
  },
  'vicuna-7b': {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    max_position_embeddings: 4096,
  },
  /** Nobody's: small enough for a check of the tools. */
  tiny: {
    vocab_size: 512,
    hidden_size: 256,
    intermediate_size: 512,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 2048,
  },
};

export const isShape = (name: string): boolean => Object.hasOwn(SHAPES, name);

/** @throws LlavaMiniError `bad-argument` naming the shapes that are known */
export function shape(name: string): ModelConfig {
  if (!isShape(name))
    throw new LlavaMiniError('bad-argument', `unknown shape "${name}"`, {
      hint: `known shapes: ${Object.keys(SHAPES).join(', ')}`,
    });
  return parseModelConfig({ ...LLAVA_MINI, ...SHAPES[name] }, name);
}

/** For the heading of a table. */
export function describe(config: ModelConfig): string {
  const { hiddenSize, intermediateSize, layers, heads, kvHeads, vocabSize } = config;
  return `width ${hiddenSize}, MLP ${intermediateSize}, ${layers} layers, heads ${heads}/${kvHeads}, vocabulary ${vocabSize}`;
}
