import { expect, test } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { DTYPES, type Dtype } from '../folder/manifest.ts';
import { parseModelConfig } from '../model/config.ts';
import { wellKnownTower } from '../model/vision/index.ts';
import { ENGINE_DEFAULTS } from './engine-options.ts';
import { checkMemory, memoryNeed, schemeFormats } from './memory-need.ts';

const GB = 1e9;
const tower = 'openai/clip-vit-large-patch14-336';
const large = {
  vision: wellKnownTower(tower)!,
  config: parseModelConfig({
    model_type: 'llava_mini_llama',
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 128256,
    max_position_embeddings: 131072,
    bos_token_id: 128000,
    eos_token_id: 128009,
    compressor_size: 1,
    prefusion_layer_num: 4,
    mm_hidden_size: 1024,
    mm_projector_type: 'mlp2x_gelu',
    mm_vision_tower: tower,
  }),
};
const sizes = { ...ENGINE_DEFAULTS, maxLength: 4096 };
const need = (dtype: Dtype, maxLength = 4096): number =>
  memoryNeed(large, { ...sizes, maxLength }, schemeFormats(large, dtype));

function refusal(dtype: Dtype, available: number, converted = false, needed = need(dtype)): LlavaMiniError | undefined {
  try {
    checkMemory(large, sizes, needed, dtype, converted, available);
  } catch (error) {
    if (error instanceof LlavaMiniError) return error;
    throw error;
  }
  return undefined;
}

test('the published model’s shape needs what was measured', () => {
  // 7.87 GB were, with 4,096 positions in the cache (docs/log.md).
  expect(need('q4') / GB).toBeGreaterThan(7.2);
  expect(need('q4') / GB).toBeLessThan(8.3);
  const sorted = [...DTYPES].map((dtype) => need(dtype));
  expect(sorted.slice(0, 2)).toEqual(sorted.slice(0, 2).sort((a, b) => a - b));
  expect(need('fp32') / GB).toBeGreaterThan(35);
  // 256 KB of keys and values for each position.
  expect((need('q4', 8192) - need('q4')) / 4096).toBeGreaterThan(256 * 1024);
  expect((need('q4', 8192) - need('q4')) / 4096).toBeLessThan(260 * 1024);
});

test('too little memory is said with both numbers and what would fit', () => {
  expect(refusal('q4', 16 * GB)).toBeUndefined();
  const fits = refusal('fp32', 16 * GB)!;
  expect(fits.code).toBe('out-of-memory');
  expect(fits.message).toMatch(/needs about \d\d\.\d GB of memory as fp32 with 4096 positions, but 16\.0 GB are/);
  expect(fits.hint).toMatch(/^dtype q8 would fit \(1[0-9]\.\d GB\)/);
  expect(refusal('fp32', 9 * GB)!.hint).toMatch(/^dtype q4 would fit \(8\.\d GB\)/);
  const none = refusal('q4', 4 * GB)!;
  expect(none.message).toContain('4.0 GB are available');
  expect(none.hint).toMatch(/^use a smaller model, or a smaller maxLength/);
});

test('the dtype that was refused is never what would fit', () => {
  // Weights handed over in memory need more than the same dtype in a converted folder does.
  const handedOver = memoryNeed(large, sizes, schemeFormats(large, 'fp32'), true);
  expect(handedOver).toBeGreaterThan(need('fp32'));
  const { hint } = refusal('fp32', need('fp32') + 1, false, handedOver)!;
  expect(hint).toMatch(/^dtype (fp16|q8) would fit/);
});

test('of a converted folder it is said that its source has to be converted', () => {
  expect(refusal('fp32', 16 * GB, true)!.hint).toMatch(
    /^dtype q8 would fit \(1\d\.\d GB\), converted from the model that this one was made of; or/,
  );
  expect(refusal('fp32', 16 * GB)!.hint).not.toContain('converted');
});
