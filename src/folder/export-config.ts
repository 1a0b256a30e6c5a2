import type { DType } from '../checkpoint/tensor-data.ts';
import type { ModelFolder } from './model-folder.ts';

const TORCH_DTYPES: Partial<Record<DType, string>> = { F16: 'float16', BF16: 'bfloat16', F32: 'float32' };

/**
 * A `config.json` with every key of the published one: what the model's own file says, and what it left to defaults.
 *
 * @param json the model's own config.json
 * @param dtype of the language model's weights
 */
export function publishedConfig(json: object, folder: ModelFolder, dtype: DType): Record<string, unknown> {
  const { config, positions } = folder;
  return {
    attention_dropout: 0,
    initializer_range: 0.02,
    mm_patch_merge_type: 'flat',
    mm_use_im_patch_token: false,
    mm_use_im_start_end: false,
    pretraining_tp: 1,
    tokenizer_model_max_length: positions,
    tokenizer_padding_side: 'right',
    transformers_version: '4.43.1',
    use_cache: true,
    use_mm_proj: true,
    ...json,
    architectures: ['LlavaMiniLlamaForCausalLM'],
    attention_bias: config.attentionBias,
    compressor_size: config.compressorSize,
    hidden_act: 'silu',
    max_position_embeddings: config.maxPositions,
    mlp_bias: config.mlpBias,
    mm_projector_type: config.projectorDepth === 1 ? 'linear' : `mlp${config.projectorDepth}x_gelu`,
    mm_vision_select_feature: 'patch',
    mm_vision_select_layer: config.visionSelectLayer,
    model_type: 'llava_mini_llama',
    num_key_value_heads: config.kvHeads,
    prefusion_layer_num: config.prefusionLayers,
    resolution_ratio: config.resolutionRatio,
    rms_norm_eps: config.rmsNormEps,
    rope_scaling: (json as { rope_scaling?: unknown }).rope_scaling ?? null,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tieWordEmbeddings,
    torch_dtype: TORCH_DTYPES[dtype] ?? 'float32',
    // The reference then takes the tower's weights from the checkpoint, not from where the tower's name leads.
    unfreeze_mm_vision_tower: true,
  };
}

/** `generation_config.json` of an exported model: its special tokens and where it stops. */
export function generationConfig(folder: ModelFolder): Record<string, unknown> {
  const { config, stopIds } = folder;
  return {
    _from_model_config: true,
    bos_token_id: config.bosTokenId ?? undefined,
    eos_token_id: stopIds.length > 1 ? stopIds : stopIds[0],
    transformers_version: '4.43.1',
  };
}

/** A CLIP tower's own files, as transformers' CLIPVisionModel and CLIPImageProcessor read them. */
export function towerFiles(folder: ModelFolder): { config: unknown; preprocessor: unknown } {
  const { vision, processor } = folder;
  if (vision.kind !== 'clip') throw new Error('only a CLIP tower has these files');
  return {
    config: {
      architectures: ['CLIPVisionModel'],
      attention_dropout: 0,
      hidden_act: vision.activation,
      hidden_size: vision.width,
      image_size: vision.imageSize,
      intermediate_size: vision.intermediateSize,
      layer_norm_eps: vision.layerNormEps,
      model_type: 'clip_vision_model',
      num_attention_heads: vision.heads,
      num_channels: 3,
      num_hidden_layers: vision.layers,
      patch_size: vision.patchSize,
    },
    preprocessor: {
      crop_size: { height: processor.size, width: processor.size },
      do_center_crop: true,
      do_convert_rgb: true,
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: processor.mean,
      image_processor_type: 'CLIPImageProcessor',
      image_std: processor.std,
      resample: 3,
      rescale_factor: processor.rescaleFactor,
      size: { shortest_edge: processor.size },
    },
  };
}
