/** Shapes of well-known models, for full-size measurements without their weights. */
export const SYNTH_MODELS = ['llama-3.1-8b', 'vicuna-7b', 'llava-1.5-7b', 'llama-1b', 'tiny'] as const;
export type SynthName = (typeof SYNTH_MODELS)[number];

export interface SynthModel {
  /** A `config.json`. */
  config: Record<string, unknown>;
  layout: 'mini' | 'llava';
  /** A tower of the model's own, in the folder `vision_tower`: its `config.json` and `preprocessor_config.json`. */
  tower?: { config: Record<string, unknown>; preprocessor: Record<string, unknown> };
}

const CLIP_LARGE = {
  mm_vision_tower: 'openai/clip-vit-large-patch14-336',
  mm_hidden_size: 1024,
  mm_projector_type: 'mlp2x_gelu',
  mm_vision_select_layer: -2,
};

const MINI = {
  ...CLIP_LARGE,
  architectures: ['LlavaMiniLlamaForCausalLM'],
  model_type: 'llava_mini_llama',
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  compressor_size: 1,
  prefusion_layer_num: 4,
  resolution_ratio: 1,
};

const llama3Scaling = (factor: number) => ({
  rope_type: 'llama3',
  factor,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
});

const LLAMA_8B = {
  ...MINI,
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  rope_theta: 500000,
  rope_scaling: llama3Scaling(8),
  max_position_embeddings: 131072,
};

const VICUNA_7B = {
  ...MINI,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  vocab_size: 32000,
  rope_theta: 10000,
  rope_scaling: null,
  max_position_embeddings: 4096,
};

const TINY_TOWER = {
  model_type: 'clip_vision_model',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  image_size: 56,
  patch_size: 14,
};

const MODELS: Record<SynthName, SynthModel> = {
  'llama-3.1-8b': { config: LLAMA_8B, layout: 'mini' },
  'vicuna-7b': { config: VICUNA_7B, layout: 'mini' },
  // No compressor and no pre-fusion: the language model reads all 576 patches.
  'llava-1.5-7b': { config: { ...VICUNA_7B, prefusion_layer_num: 0 }, layout: 'llava' },
  'llama-1b': {
    config: {
      ...LLAMA_8B,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 16,
      rope_scaling: llama3Scaling(32),
      tie_word_embeddings: true,
    },
    layout: 'mini',
  },
  tiny: {
    config: {
      ...LLAMA_8B,
      hidden_size: 128,
      intermediate_size: 256,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      vocab_size: 1024,
      max_position_embeddings: 2048,
      mm_vision_tower: './vision_tower',
      mm_hidden_size: 64,
      prefusion_layer_num: 2,
    },
    layout: 'mini',
    tower: {
      config: TINY_TOWER,
      preprocessor: {
        size: { shortest_edge: 56 },
        image_mean: [0.48145466, 0.4578275, 0.40821073],
        image_std: [0.26862954, 0.26130258, 0.27577711],
      },
    },
  },
};

/** A shape for random weights, by its name on the command line. */
export const synthModelOf = (name: SynthName): SynthModel => MODELS[name];
