import { z } from 'zod';
import { LlavaMiniError } from '../../errors.ts';

/** CLIP's vision transformer. */
export interface ClipVisionConfig {
  kind: 'clip';
  width: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  imageSize: number;
  patchSize: number;
  activation: 'quick_gelu' | 'gelu';
  layerNormEps: number;
}

export interface LiteBlock {
  kernel: number;
  stride: number;
  expand: number;
  inputs: number;
  outputs: number;
  skip: boolean;
}

/**
 * EfficientNet-Lite, its three feature maps folded into one grid of patches, and its classifier as one patch more
 * (design, section 8).
 */
export interface LiteVisionConfig {
  kind: 'efficientnet_lite';
  /** Width after the trained fold. */
  width: number;
  /** Transformer layers behind the fold, in which patches see each other; trained here, 0 in the first weights. */
  foldLayers: number;
  /** Inner width of the two convolutions that refine the map at stride 8 before the fold; 0 for none. */
  foldRefine: number;
  /** How often patches go through those layers again, with the same weights but for a start and a gate. */
  foldRepeats: number;
  foldHeads: number;
  foldIntermediateSize: number;
  /** Whether a table of places is added behind those layers. */
  foldPlaces: boolean;
  imageSize: number;
  stem: { kernel: number; stride: number; outputs: number };
  blocks: LiteBlock[];
  head: { outputs: number };
  classes: number;
  /**
   * The classifier's logits are divided by this. At a larger picture size than it was trained at it is right as often,
   * but less sure (at a smaller one surer), and what is trained here trusts it by how sure it is.
   */
  classTemperature: number;
  /** Index of the last block of the maps at stride 8 and 16. */
  taps: [number, number];
  layerNormEps: number;
}

export type VisionConfig = ClipVisionConfig | LiteVisionConfig;

const size = z
  .number()
  .int()
  .positive()
  .max(1 << 20);

const layers = z.number().int().min(1).max(1000);

/** Along a side: the tables of places grow with its square. */
const MOST_PATCHES = 128;

const clip = z.object({
  hidden_size: size.max(1 << 15),
  intermediate_size: size,
  num_hidden_layers: layers,
  num_attention_heads: size,
  image_size: size,
  patch_size: size,
  hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
});

const lite = z.object({
  width: size.max(1 << 15),
  fold_layers: z.number().int().min(0).max(64).default(0),
  fold_refine: z
    .number()
    .int()
    .min(0)
    .max(1 << 12)
    .default(0),
  fold_repeats: z.number().int().min(0).max(64).default(0),
  fold_heads: size.default(1),
  fold_intermediate_size: size.default(1),
  fold_places: z.boolean().default(false),
  image_size: size,
  stem: z.object({ kernel: size, stride: size, outputs: size }),
  blocks: z
    .array(z.object({ kernel: size, stride: size, expand: size, inputs: size, outputs: size, skip: z.boolean() }))
    .min(2)
    .max(1000),
  head: z.object({ outputs: size }),
  classes: size,
  class_temperature: z.number().min(0.01).max(100).default(1),
  taps: z.tuple([z.number().int().min(0), z.number().int().min(0)]),
  layer_norm_eps: z.number().positive().default(1e-5),
});

/** Towers that the published checkpoints name without shipping their config. */
const WELL_KNOWN: Record<string, VisionConfig> = {
  'openai/clip-vit-large-patch14-336': {
    kind: 'clip',
    width: 1024,
    intermediateSize: 4096,
    layers: 24,
    heads: 16,
    imageSize: 336,
    patchSize: 14,
    activation: 'quick_gelu',
    layerNormEps: 1e-5,
  },
};
WELL_KNOWN['openai/clip-vit-large-patch14'] = {
  ...WELL_KNOWN['openai/clip-vit-large-patch14-336'],
  imageSize: 224,
} as ClipVisionConfig;

export function wellKnownTower(name: string): VisionConfig | undefined {
  return WELL_KNOWN[name];
}

export const wellKnownTowers = (): string[] => Object.keys(WELL_KNOWN);

/** Reads a tower's own `config.json`. @throws LlavaMiniError `bad-model`, `unsupported` */
export function parseVisionConfig(json: unknown, where: string): VisionConfig {
  const root = json as { model_type?: unknown; vision_config?: unknown } | null;
  const type = root?.model_type;
  const read = <T>(shape: z.ZodType<T>, value: unknown): T => {
    const parsed = shape.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new LlavaMiniError('bad-model', `${where}: ${issue.path.join('.') || 'the file'}: ${issue.message}`);
  };
  if (type === 'clip_vision_model' || type === 'clip') {
    const c = read(clip, type === 'clip' ? root?.vision_config : json);
    if (c.image_size % c.patch_size)
      throw new LlavaMiniError('bad-model', `${where}: image_size ${c.image_size} is no multiple of patch_size`);
    checkSide(c.image_size / c.patch_size, where);
    return {
      kind: 'clip',
      width: c.hidden_size,
      intermediateSize: c.intermediate_size,
      layers: c.num_hidden_layers,
      heads: c.num_attention_heads,
      imageSize: c.image_size,
      patchSize: c.patch_size,
      activation: c.hidden_act,
      layerNormEps: c.layer_norm_eps,
    };
  }
  if (type === 'efficientnet_lite') {
    const c = read(lite, json);
    if (c.width % c.fold_heads)
      throw new LlavaMiniError('bad-model', `${where}: width ${c.width} is no multiple of fold_heads ${c.fold_heads}`);
    if (c.image_size % 32) throw new LlavaMiniError('bad-model', `${where}: image_size must be a multiple of 32`);
    checkSide(c.image_size / 32, where);
    return {
      kind: 'efficientnet_lite',
      width: c.width,
      foldLayers: c.fold_layers,
      foldRefine: c.fold_refine,
      foldRepeats: c.fold_repeats,
      foldHeads: c.fold_heads,
      foldIntermediateSize: c.fold_intermediate_size,
      foldPlaces: c.fold_places,
      imageSize: c.image_size,
      stem: c.stem,
      blocks: c.blocks,
      head: c.head,
      classes: c.classes,
      classTemperature: c.class_temperature,
      taps: c.taps,
      layerNormEps: c.layer_norm_eps,
    };
  }
  throw new LlavaMiniError('unsupported', `${where}: unknown vision tower "${String(type)}"`, {
    hint: 'known towers: clip_vision_model, efficientnet_lite',
  });
}

function checkSide(side: number, where: string): void {
  if (side > MOST_PATCHES)
    throw new LlavaMiniError('bad-model', `${where}: ${side} patches along a side; at most ${MOST_PATCHES} are read`);
}

/** Side of the tower's patch grid, and how many patches without a place on it follow. */
export function patchGrid(config: VisionConfig): { side: number; extra: number; patches: number } {
  const side = config.kind === 'clip' ? config.imageSize / config.patchSize : config.imageSize / 32;
  const extra = config.kind === 'clip' ? 0 : 1;
  return { side, extra, patches: side * side + extra };
}
