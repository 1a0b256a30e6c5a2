import { expect, test } from 'vitest';
import { chooseFiles } from './listing.ts';

const file = (name: string) => ({ name, size: 1, sha256: undefined, gitHash: undefined });
const chosen = (...names: string[]): string[] =>
  chooseFiles(names.map(file), 'a/b')
    .map(({ name }) => name)
    .sort();

test('the published model’s kind of repository', () => {
  expect(
    chosen(
      '.gitattributes',
      'README.md',
      'config.json',
      'generation_config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'trainer_state.json',
      'training_args.bin',
      'optimizer.pt',
      'assets/picture.png',
    ),
  ).toEqual([
    'config.json',
    'generation_config.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
});

test('a LLaVA-1.5 kind with pickles, a SentencePiece tokenizer and parts of its own', () => {
  expect(
    chosen(
      'config.json',
      'pytorch_model-00001-of-00002.bin',
      'pytorch_model-00002-of-00002.bin',
      'pytorch_model.bin.index.json',
      'tokenizer.model',
      'mm_projector.bin',
      'flax_model.msgpack',
      'tf_model.h5',
      'script.py',
    ),
  ).toEqual([
    'config.json',
    'mm_projector.bin',
    'pytorch_model-00001-of-00002.bin',
    'pytorch_model-00002-of-00002.bin',
    'pytorch_model.bin.index.json',
    'tokenizer.model',
  ]);
});

test('other copies of the weights are left alone', () => {
  expect(
    chosen(
      'config.json',
      'model.safetensors',
      'consolidated.safetensors',
      'original/model.safetensors',
      'checkpoint-100/model.safetensors',
      'onnx/config.json',
    ),
  ).toEqual(['config.json', 'model.safetensors']);
});

test('refuses the unusable and the hostile', () => {
  expect(() => chosen('config.json')).toThrow(expect.objectContaining({ code: 'bad-model' }));
  expect(() => chosen('model.safetensors')).toThrow(expect.objectContaining({ code: 'bad-model' }));
  expect(() => chosen('config.json', 'model.safetensors', '../x.json')).toThrow(
    expect.objectContaining({ code: 'download' }),
  );
  expect(() => chosen('config.json', 'config.json', 'model.safetensors')).toThrow(/twice/);
  // A name that is never used as a path does no harm.
  expect(chosen('config.json', 'model.safetensors', '../run.sh')).toHaveLength(2);
});

test('a converted model, and nothing else of that look', () => {
  const files = ['config.json', 'decoder.onnx', 'llava-mini.json', 'tokenizer.json', 'weights-00001.bin'];
  expect(chosen(...files, 'onnx/model.onnx', 'other.bin')).toEqual(files);
  expect(() => chosen('config.json', 'decoder.onnx', 'weights-00001.bin')).toThrow(
    expect.objectContaining({ code: 'bad-model' }),
  );
});

test('parts in safetensors do not stand in for the model itself', () => {
  const files = ['compressor.safetensors', 'config.json', 'pytorch_model.bin'];
  expect(chosen(...files)).toEqual(files);
});

test('nor does a tower or an adapter', () => {
  const files = ['config.json', 'pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];
  const tower = 'vision_tower/model.safetensors';
  expect(chosen(...files, tower)).toEqual([...files, tower]);
  expect(chosen(...files, 'adapter_model.safetensors')).toEqual(files);
  expect(() => chosen('config.json', tower)).toThrow(expect.objectContaining({ code: 'bad-model' }));
});

test('an adapter alone is refused as what it is', () => {
  expect(() => chosen('config.json', 'adapter_config.json', 'adapter_model.safetensors')).toThrow(
    expect.objectContaining({ code: 'unsupported', message: expect.stringMatching(/LoRA adapter/) }),
  );
});
