import { describe, expect, it } from 'vitest';
import type { WeightFormat } from '../graph/index.ts';
import type { ModelConfig } from '../model/config.ts';
import { isSensitive, type SchemeOptions, weightFormat } from './scheme.ts';

const CONFIG = { layers: 32, prefusionLayers: 4 } as ModelConfig;
const Q4: SchemeOptions = { dtype: 'q4', block: 128, symmetric: true, uniform: false };

function short(format: WeightFormat): string {
  if (format.kind !== 'blocks') return format.kind;
  return `${format.bits}/${format.block}${format.symmetric ? '' : ' zeros'}`;
}
const formatOf = (name: string, shape: number[], options = Q4): string =>
  short(weightFormat(name, shape, CONFIG, options));

describe('weightFormat', () => {
  const layer = 'model.layers.5';
  const clip = 'model.vision_tower.vision_tower.vision_model';
  it.each([
    // name, shape, q4, q8, fp16
    [`${layer}.self_attn.q_proj.weight`, [4096, 4096], '4/128', '8/128', 'float16'],
    [`${layer}.mlp.up_proj.weight`, [14336, 4096], '4/128', '8/128', 'float16'],
    [`${layer}.mlp.down_proj.weight`, [4096, 14336], '4/128', '8/128', 'float16'],
    ['model.layers.0.mlp.down_proj.weight', [4096, 14336], '8/128', '8/128', 'float16'],
    ['model.layers.6.self_attn.v_proj.weight', [1024, 4096], '8/128', '8/128', 'float16'],
    ['model.prefusion_layers.1.self_attn.v_proj.weight', [1024, 4096], '4/128', '8/128', 'float16'],
    ['model.prefusion_layers.3.self_attn.v_proj.weight', [1024, 4096], '8/128', '8/128', 'float16'],
    ['model.embed_tokens.weight', [128256, 4096], '8/128', '8/128', 'float16'],
    ['lm_head.weight', [128256, 4096], '8/128', '8/128', 'float16'],
    ['model.compressor.attn.in_proj_weight', [3072, 1024], 'float16', 'float16', 'float16'],
    ['model.compressor.query', [4, 1024], 'float32', 'float32', 'float32'],
    ['model.compressor.pos_embed', [4, 1024], 'float32', 'float32', 'float32'],
    ['model.mm_projector.0.weight', [4096, 1024], 'float16', 'float16', 'float16'],
    [`${clip}.encoder.layers.3.mlp.fc2.weight`, [1024, 4096], '8/128', '8/128', 'float16'],
    [`${clip}.encoder.layers.3.self_attn.out_proj.weight`, [1024, 1024], '8/128', '8/128', 'float16'],
    [`${clip}.embeddings.patch_embedding.weight`, [1024, 3, 14, 14], 'float16', 'float16', 'float16'],
    [`${clip}.embeddings.position_embedding.weight`, [577, 1024], 'float32', 'float32', 'float32'],
    [`${clip}.encoder.layers.3.layer_norm1.weight`, [1024], 'float32', 'float32', 'float32'],
    ['model.vision_tower.vision_tower.blocks.3.expand.weight', [144, 24, 1, 1], 'float16', 'float16', 'float16'],
    ['model.vision_tower.vision_tower.fold.linear.weight', [384, 2528], 'float16', 'float16', 'float16'],
    ['model.norm.weight', [4096], 'float32', 'float32', 'float32'],
    [`${layer}.self_attn.q_proj.bias`, [4096], 'float32', 'float32', 'float32'],
  ] as const)('%s', (name, shape, q4, q8, fp16) => {
    expect(formatOf(name, [...shape])).toBe(q4);
    expect(formatOf(name, [...shape], { ...Q4, dtype: 'q8' })).toBe(q8);
    expect(formatOf(name, [...shape], { ...Q4, dtype: 'fp16' })).toBe(fp16);
    expect(formatOf(name, [...shape], { ...Q4, dtype: 'fp32' })).toBe('float32');
  });

  it('uniform: 4 bits wherever the language model multiplies, and only at q4', () => {
    const uniform = { ...Q4, uniform: true };
    for (const name of ['model.layers.0.mlp.down_proj.weight', 'model.embed_tokens.weight', 'lm_head.weight']) {
      expect(formatOf(name, [4096, 4096], uniform)).toBe('4/128');
      expect(formatOf(name, [4096, 4096], { ...uniform, dtype: 'q8' })).toBe('8/128');
    }
    expect(formatOf(`${clip}.encoder.layers.3.mlp.fc2.weight`, [1024, 4096], uniform)).toBe('8/128');
    expect(formatOf('model.mm_projector.0.weight', [4096, 1024], uniform)).toBe('float16');
  });

  it('takes smaller blocks for narrower matrices, and 16 bits where no block divides the width', () => {
    const name = `${layer}.self_attn.q_proj.weight`;
    for (const [width, format] of [
      [11008, '4/128'],
      [1024, '4/128'],
      [768, '4/64'],
      [320, '4/32'],
      [256, '4/32'],
      [96, '4/16'],
      [48, '4/16'],
      [72, 'float16'],
      [100, 'float16'],
    ] as const)
      expect(formatOf(name, [256, width])).toBe(format);
    expect(formatOf(name, [256, 4096], { ...Q4, block: 32 })).toBe('4/32');
    expect(formatOf(name, [256, 320], { ...Q4, dtype: 'q8' }), 'of 8 bits as large as they come').toBe('8/64');
    expect(formatOf(name, [8, 64]), 'tiny').toBe('float32');
  });

  it('gives zero points to blocks of 4 bits only', () => {
    const options = { ...Q4, symmetric: false };
    expect(formatOf(`${layer}.self_attn.q_proj.weight`, [256, 256], options)).toBe('4/32 zeros');
    expect(formatOf('lm_head.weight', [256, 256], options)).toBe('8/128');
  });
});

describe('isSensitive', () => {
  it('is the first and last eighth of the layers and every third between', () => {
    const of = (layers: number): number[] =>
      Array.from({ length: layers }, (_, i) => i).filter((i) => isSensitive(i, layers));
    expect(of(32)).toEqual([0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]);
    expect(of(4)).toEqual([2, 3]);
    expect(of(1)).toEqual([0]);
  });
});
