import { z } from 'zod';
import { LlavaMiniError } from '../errors.ts';

const int = z.number().int();
const size = int.positive().max(1 << 24);
/** Wider than any model: larger numbers would only take memory before weights are looked at. */
const width = int.positive().max(1 << 17);
const WIDEST_HEAD = 4096;

const ropeScaling = z
  .object({
    rope_type: z.string().optional(),
    type: z.string().optional(),
    factor: z.number().positive(),
    low_freq_factor: z.number().positive().optional(),
    high_freq_factor: z.number().positive().optional(),
    original_max_position_embeddings: size.optional(),
  })
  .nullable();

/** The published `config.json`, with the defaults of transformers 4.43's LlamaConfig for keys that are missing. */
const schema = z.object({
  model_type: z.string(),
  hidden_size: width,
  intermediate_size: size,
  num_hidden_layers: int.min(1).max(1000),
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  vocab_size: size,
  hidden_act: z.literal('silu').default('silu'),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().default(10000),
  rope_scaling: ropeScaling.default(null),
  max_position_embeddings: size.default(2048),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  bos_token_id: int.nullish(),
  eos_token_id: z.union([int, z.array(int)]).nullish(),
  pad_token_id: int.nullish(),
  compressor_size: int.min(1).max(64).default(2),
  prefusion_layer_num: int.min(0).max(100).default(4),
  resolution_ratio: int.min(1).max(8).default(1),
  mm_hidden_size: int.positive().max(1 << 15),
  mm_projector_type: z.string().default('linear'),
  mm_vision_tower: z.string(),
  mm_vision_select_layer: int.min(-1000).max(1000).default(-2),
  mm_vision_select_feature: z.string().default('patch'),
  image_aspect_ratio: z.string().default('square'),
  tokenizer_model_max_length: size.nullish(),
});

export interface RopeScaling {
  kind: 'llama3' | 'linear';
  factor: number;
  lowFreqFactor: number;
  highFreqFactor: number;
  originalMaxPositions: number;
}

/** Every hyper-parameter of a LLaVA-Mini model after its vision tower. */
export interface ModelConfig {
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocabSize: number;
  rmsNormEps: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | null;
  maxPositions: number;
  tieWordEmbeddings: boolean;
  attentionBias: boolean;
  mlpBias: boolean;
  bosTokenId: number | null;
  eosTokenIds: number[];
  /** C: the compressor makes C² tokens per picture. */
  compressorSize: number;
  prefusionLayers: number;
  /** 1, or the side of the tile grid of high resolution. */
  resolutionRatio: number;
  /** Width of the vision tower's output and of the compressor. */
  visionWidth: number;
  /** Linear layers of the projector: 1, or n for `mlp{n}x_gelu`. */
  projectorDepth: number;
  /** A well-known name, or a folder relative to the model's. */
  visionTower: string;
  visionSelectLayer: number;
  imageAspect: 'pad' | 'crop';
}

/** The engine's attention works on heads of such widths. */
const HEAD_STEP = 8;

/** Architectures whose weights have this layout. */
export const ARCHITECTURES = ['llava_mini_llama', 'llava_mini'] as const;

/** LLaVA-1.5's, which become LLaVA-Mini's when their config says how many vision tokens there are. */
const BASE_ARCHITECTURES: readonly string[] = ['llava_llama', 'llava'];

/**
 * Reads a `config.json` in the published format.
 *
 * @throws LlavaMiniError `bad-model` naming the key, `unsupported` for another architecture or kind of features.
 */
export function parseModelConfig(json: unknown, where = 'config.json'): ModelConfig {
  const { model_type: type, compressor_size: compressor } = (json ?? {}) as Record<string, unknown>;
  const isBase = BASE_ARCHITECTURES.includes(type as string);
  if (isBase && compressor === undefined)
    throw new LlavaMiniError(
      'unsupported',
      `${where}: architecture "${type}" without compressor_size is a plain LLaVA`,
      {
        hint: 'with the separate files of a LLaVA-Mini beside it, add its compressor_size and prefusion_layer_num to config.json',
      },
    );
  if (typeof type === 'string' && !isBase && !(ARCHITECTURES as readonly string[]).includes(type))
    throw new LlavaMiniError('unsupported', `${where}: unknown architecture "${type}"`, {
      hint: `known architectures: ${[...ARCHITECTURES, ...BASE_ARCHITECTURES].join(', ')}`,
    });
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new LlavaMiniError('bad-model', `${where}: ${issue.path.join('.') || 'the file'}: ${issue.message}`, {
      hint: 'the folder must hold the config.json of a LLaVA-Mini model',
    });
  }
  const c = parsed.data;
  const bad = (key: string, why: string): never => {
    throw new LlavaMiniError('bad-model', `${where}: ${key} ${why}`);
  };
  const kvHeads = c.num_key_value_heads ?? c.num_attention_heads;
  const headDim = c.head_dim ?? c.hidden_size / c.num_attention_heads;
  if (!Number.isInteger(headDim) || headDim % 2)
    bad('hidden_size', `${c.hidden_size} does not divide into ${c.num_attention_heads} heads of an even width`);
  if (headDim > WIDEST_HEAD) bad('head_dim', `makes heads of width ${headDim}; at most ${WIDEST_HEAD} are read`);
  if (headDim % HEAD_STEP)
    throw new LlavaMiniError('unsupported', `${where}: heads of width ${headDim} (hidden_size, head_dim)`, {
      hint: `known are widths that are multiples of ${HEAD_STEP}`,
    });
  if (c.mm_vision_select_feature !== 'patch')
    throw new LlavaMiniError('unsupported', `${where}: mm_vision_select_feature "${c.mm_vision_select_feature}"`, {
      hint: 'known is patch: the class token is left out, as in the published model',
    });
  if (c.num_attention_heads % kvHeads)
    bad('num_key_value_heads', `${kvHeads} does not divide num_attention_heads ${c.num_attention_heads}`);
  if (c.mm_hidden_size % COMPRESSOR_HEADS)
    bad('mm_hidden_size', `${c.mm_hidden_size} is no multiple of the compressor's ${COMPRESSOR_HEADS} heads`);
  return {
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads,
    headDim,
    vocabSize: c.vocab_size,
    rmsNormEps: c.rms_norm_eps,
    ropeTheta: c.rope_theta,
    ropeScaling: parseRopeScaling(c.rope_scaling, where),
    maxPositions: c.max_position_embeddings,
    tieWordEmbeddings: c.tie_word_embeddings,
    attentionBias: c.attention_bias,
    mlpBias: c.mlp_bias,
    bosTokenId: c.bos_token_id ?? null,
    eosTokenIds: c.eos_token_id == null ? [] : [c.eos_token_id].flat(),
    compressorSize: c.compressor_size,
    prefusionLayers: c.prefusion_layer_num,
    resolutionRatio: c.resolution_ratio,
    visionWidth: c.mm_hidden_size,
    projectorDepth: projectorDepth(c.mm_projector_type, where),
    visionTower: c.mm_vision_tower,
    visionSelectLayer: c.mm_vision_select_layer,
    imageAspect: c.image_aspect_ratio === 'pad' ? 'pad' : 'crop',
  };
}

/** The compressor's attention has eight heads whatever its width (reference: llavamini_arch.py). */
export const COMPRESSOR_HEADS = 8;

function projectorDepth(type: string, where: string): number {
  if (type === 'linear') return 1;
  const match = /^mlp(\d)x_gelu$/.exec(type);
  if (match && Number(match[1]) >= 1) return Number(match[1]);
  throw new LlavaMiniError('unsupported', `${where}: unknown mm_projector_type "${type}"`, {
    hint: 'known projectors: linear, mlp2x_gelu, mlp3x_gelu, …',
  });
}

function parseRopeScaling(scaling: z.infer<typeof ropeScaling>, where: string): RopeScaling | null {
  if (!scaling) return null;
  const kind = scaling.rope_type ?? scaling.type ?? 'default';
  if (kind === 'default') return null;
  if (kind !== 'llama3' && kind !== 'linear')
    throw new LlavaMiniError('unsupported', `${where}: unknown rope_scaling type "${kind}"`, {
      hint: 'known types: llama3, linear',
    });
  return {
    kind,
    factor: scaling.factor,
    lowFreqFactor: scaling.low_freq_factor ?? 1,
    highFreqFactor: scaling.high_freq_factor ?? 4,
    originalMaxPositions: scaling.original_max_position_embeddings ?? 8192,
  };
}
