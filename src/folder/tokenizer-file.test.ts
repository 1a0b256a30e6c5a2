import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { convertModel } from './convert.ts';
import { checkTokenizer } from './tokenizer-file.ts';

let dir: string;
let model: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tokenizer-'));
  model = join(dir, 'model');
  await cp('test/golden/models/vicuna-c2', model, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const convert = () => convertModel(model, join(dir, 'out'), { dtype: 'q4' });

test.each([
  ['tokenizer.model', /LlamaTokenizerFast as T; T\.from_pretrained\(dir\)\.save_pretrained\(dir\)/],
  ['vocab.json', /AutoTokenizer as T/],
])('with %s alone a model is refused before it is converted, with what helps', async (name, hint) => {
  await writeFile(join(model, name), '{}');
  const refusal = {
    code: 'bad-model',
    message: `${model} has no tokenizer.json, only ${name}`,
    hint: expect.stringMatching(hint),
  };
  await expect(convert()).rejects.toMatchObject(refusal);
  await expect(checkTokenizer(model, true)).rejects.toMatchObject(refusal);
  expect(await readdir(dir)).toEqual(['model']);
});

test('the other forms are copied beside tokenizer.json', async () => {
  for (const name of ['tokenizer.json', 'tokenizer.model', 'vocab.json', 'merges.txt'])
    await writeFile(join(model, name), '{}');
  await convert();
  expect(await readdir(join(dir, 'out'))).toEqual(
    expect.arrayContaining(['tokenizer.json', 'tokenizer.model', 'vocab.json', 'merges.txt']),
  );
});

test('weights alone can be converted, but not loaded', async () => {
  await checkTokenizer(model, false);
  await expect(checkTokenizer(model, true)).rejects.toMatchObject({
    code: 'bad-model',
    message: `${model} has no tokenizer.json`,
  });
});
