import { describe, expect, test } from 'vitest';
import { parseModelConfig } from './config.ts';
import { parseVisionConfig } from './vision/index.ts';

const CONFIG = {
  model_type: 'llava_mini_llama',
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: 320,
  mm_hidden_size: 64,
  mm_vision_tower: './vision_tower',
};

describe('parseModelConfig', () => {
  test('fills in what is missing as transformers and the reference do', () => {
    expect(parseModelConfig(CONFIG)).toMatchObject({
      kvHeads: 4,
      headDim: 16,
      rmsNormEps: 1e-6,
      ropeTheta: 10000,
      compressorSize: 2,
      prefusionLayers: 4,
      resolutionRatio: 1,
      projectorDepth: 1,
      visionSelectLayer: -2,
    });
  });

  const refused = (changes: Record<string, unknown>, message: RegExp, code = 'bad-model', hint?: RegExp): void => {
    const expected = { name: 'LlavaMiniError', code, message: expect.stringMatching(message) };
    expect(() => parseModelConfig({ ...CONFIG, ...changes }, 'm/config.json')).toThrow(
      expect.objectContaining(hint ? { ...expected, hint: expect.stringMatching(hint) } : expected),
    );
  };

  test('an unknown architecture: the error lists what is known', () => {
    const known = /llava_mini_llama, llava_mini, llava_llama, llava/;
    refused({ model_type: 'qwen2_vl' }, /m\/config\.json: unknown architecture "qwen2_vl"/, 'unsupported', known);
    refused({ model_type: 'llama' }, /unknown architecture "llama"/, 'unsupported', known);
    refused({ mm_projector_type: 'resampler' }, /mm_projector_type "resampler"/, 'unsupported', /known projectors/);
    refused({ mm_vision_select_feature: 'cls_patch' }, /select_feature "cls_patch"/, 'unsupported', /known is patch/);
    refused({ hidden_size: 72 }, /heads of width 18/, 'unsupported', /multiples of 8/);
    refused({ rope_scaling: { type: 'yarn', factor: 2 } }, /type "yarn"/, 'unsupported', /known types/);
  });

  test('LLaVA-1.5 is LLaVA-Mini once it says how many vision tokens there are', () => {
    for (const model_type of ['llava_llama', 'llava']) {
      refused({ model_type }, /without compressor_size is a plain LLaVA/, 'unsupported', /prefusion_layer_num/);
      expect(parseModelConfig({ ...CONFIG, model_type, compressor_size: 1 }).compressorSize).toBe(1);
    }
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{ hidden_size: undefined }, /hidden_size/],
    [{ hidden_size: '64' }, /hidden_size/],
    [{ hidden_size: 2 ** 40 }, /hidden_size/],
    [{ hidden_size: 66 }, /hidden_size 66 does not divide into 4 heads/],
    [{ num_key_value_heads: 3 }, /num_key_value_heads 3 does not divide num_attention_heads 4/],
    [{ hidden_size: 8192, num_attention_heads: 1 }, /head_dim makes heads of width 8192; at most 4096/],
    [{ hidden_size: 1 << 20 }, /hidden_size/],
    [{ mm_vision_select_layer: 10_000_000 }, /mm_vision_select_layer/],
    [{ mm_hidden_size: 60 }, /mm_hidden_size 60 is no multiple of the compressor's 8 heads/],
    [{ compressor_size: 0 }, /compressor_size/],
    [{ model_type: 3 }, /model_type/],
  ])('%j', (changes, message) => refused(changes, message));

  test('no object at all', () => {
    for (const json of [null, [], 'x', 3])
      expect(() => parseModelConfig(json)).toThrow(expect.objectContaining({ code: 'bad-model' }));
  });
});

test('a tower that would take memory before its weights are looked at', () => {
  const clip = {
    model_type: 'clip_vision_model',
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    image_size: 56,
    patch_size: 14,
  };
  const read = (changes: Record<string, unknown>) => parseVisionConfig({ ...clip, ...changes }, 'tower.json');
  expect(read({})).toMatchObject({ layers: 2 });
  for (const [changes, message] of [
    [{ num_hidden_layers: 1 << 20 }, /num_hidden_layers/],
    [{ hidden_size: 1 << 20 }, /hidden_size/],
    [{ image_size: 129 * 14 }, /129 patches along a side; at most 128/],
  ] as const)
    expect(() => read(changes)).toThrow(
      expect.objectContaining({ code: 'bad-model', message: expect.stringMatching(message) }),
    );
});
