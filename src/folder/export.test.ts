import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goldenCases } from '../../test/support/golden-cases.ts';
import { greedy } from '../../test/support/greedy.ts';
import { writeTinyModel } from '../../test/support/tiny-model.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { LlavaMini } from '../runtime/llava-mini.ts';
import { bfloatsToFloats, floatsToBfloats, floatsToHalves, halvesToFloats } from '../util/float16.ts';
import { convertModel } from './convert.ts';
import { exportModel } from './export.ts';
import { readModelFolder } from './model-folder.ts';

const MODELS = new URL('../../test/golden/models/', import.meta.url).pathname;
const NANO = new URL('../../models/nano', import.meta.url).pathname;
const cases = goldenCases('test/golden').filter(({ generated, images }) => generated && images?.length === 5);

let top: string;
let made = 0;
const place = (): string => join(top, `out-${made++}`);
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'export-'));
});
afterAll(() => rm(top, { recursive: true, force: true }));

const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.compare(
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

const json = async (path: string): Promise<Record<string, unknown>> => JSON.parse(await readFile(path, 'utf8'));

async function tensorsOf(
  dir: string,
): Promise<Map<string, { dtype: string; shape: readonly number[]; values: Float32Array }>> {
  const checkpoint = await openCheckpoint(dir);
  const out = new Map();
  for (const name of checkpoint.names()) {
    const { dtype, shape } = checkpoint.info(name);
    out.set(name, { dtype, shape, values: await checkpoint.readFloat32(name) });
  }
  await checkpoint.close();
  return out;
}

describe.each(['llama31-c1', 'vicuna-c2', 'hd-c4-tied', 'mixed-dtypes'])('%s', (model) => {
  const dir = join(MODELS, model);

  test('in fp32: the same tensors bit for bit, the same model, the same greedy tokens', async () => {
    const out = place();
    const report = await exportModel(dir, out, { dtype: 'fp32' });
    const before = await tensorsOf(dir);
    const after = await tensorsOf(out);
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [name, { values, shape }] of before) {
      expect(after.get(name)).toMatchObject({ dtype: 'F32', shape });
      expect(sameBits(after.get(name)!.values, values), name).toBe(true);
    }
    const [was, is] = [await readModelFolder(dir), await readModelFolder(out)];
    expect({ ...is, dir }).toEqual(was);
    expect(report).toMatchObject({ tensors: before.size, files: ['model.safetensors'] });
    expect(report.parameters * 4).toBe(report.bytes);
    const golden = cases.find((c) => c.model === model)!;
    expect((await greedy(out, golden)).ids).toEqual(golden.generated);
  });

  test('as stored: the bytes of every tensor', async () => {
    const out = place();
    await exportModel(dir, out);
    const [before, after] = [await openCheckpoint(dir), await openCheckpoint(out)];
    for (const name of before.names()) {
      expect(after.info(name).dtype).toBe(before.info(name).dtype);
      expect(Buffer.compare(await after.readRaw(name), await before.readRaw(name)), name).toBe(0);
    }
    await before.close();
    await after.close();
  });
});

describe('the folder', () => {
  test('has the published keys and files', async () => {
    const tiny = await writeTinyModel();
    const out = place();
    const report = await exportModel(tiny.dir, out, { dtype: 'bf16' });
    const golden = await json(join(MODELS, 'llama31-c1', 'config.json'));
    const config = await json(join(out, 'config.json'));
    expect(Object.keys(golden).filter((key) => !(key in config))).toEqual(
      ['pad_token_id'].filter((k) => k in golden && !(k in config)),
    );
    expect(config).toMatchObject({
      architectures: ['LlavaMiniLlamaForCausalLM'],
      model_type: 'llava_mini_llama',
      torch_dtype: 'bfloat16',
      mm_vision_tower: './vision_tower',
      mm_hidden_size: 32,
      unfreeze_mm_vision_tower: true,
      compressor_size: 1,
      prefusion_layer_num: 2,
    });
    expect((await readdir(out, { recursive: true })).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
      'vision_tower',
      'vision_tower/config.json',
      'vision_tower/model.safetensors',
      'vision_tower/preprocessor_config.json',
    ]);
    expect((await json(join(out, 'tokenizer_config.json'))).tokenizer_class).toBe('PreTrainedTokenizerFast');
    expect(await json(join(out, 'generation_config.json'))).toMatchObject({ bos_token_id: 1, eos_token_id: 2 });
    const weights = await openSafetensors(join(out, 'model.safetensors'));
    expect(weights.metadata).toEqual({ format: 'pt' });
    await weights.close();
    const tower = await openSafetensors(join(out, 'vision_tower', 'model.safetensors'));
    expect([...tower.tensors.keys()].every((name) => name.startsWith('vision_model.'))).toBe(true);
    await tower.close();
    expect(report.notes.join('\n')).toMatch(/embed_dim/);
    await tiny.remove();
  });

  test('says numbers as Python wants them', async () => {
    const out = place();
    await exportModel(join(MODELS, 'llama31-c1'), out);
    const text = await readFile(join(out, 'config.json'), 'utf8');
    for (const number of [
      '"factor": 8.0,',
      '"low_freq_factor": 1.0,',
      '"high_freq_factor": 4.0,',
      '"rope_theta": 500000.0,',
    ])
      expect(text).toContain(number);
    expect(text).toMatch(/"original_max_position_embeddings": \d+,?\n/);
  });

  test('answers a question as the model it was made of', async () => {
    const tiny = await writeTinyModel();
    const out = place();
    await exportModel(tiny.dir, out, { dtype: 'fp32' });
    const answers = [];
    for (const dir of [tiny.dir, out]) {
      const model = await LlavaMini.load(dir, { threads: 1, engine: 'inline' });
      answers.push((await model.ask('examples/pictures/cat.png', 'what is this?', { maxTokens: 12 })).tokens);
      await model.dispose();
    }
    expect(answers[1]).toEqual(answers[0]);
    await tiny.remove();
  });

  test('is split into shards with an index', async () => {
    const out = place();
    const report = await exportModel(join(MODELS, 'vicuna-c2'), out, { dtype: 'fp32', shardBytes: 1_000_000 });
    expect(report.files.length).toBeGreaterThan(3);
    expect(report.files[0]).toBe(`model-00001-of-0000${report.files.length}.safetensors`);
    const index = (await json(join(out, 'model.safetensors.index.json'))) as {
      metadata: { total_size: number };
      weight_map: Record<string, string>;
    };
    expect(index.metadata.total_size).toBe(report.bytes);
    expect(Object.keys(index.weight_map)).toHaveLength(report.tensors);
    const [before, after] = [await tensorsOf(join(MODELS, 'vicuna-c2')), await tensorsOf(out)];
    for (const [name, { values }] of before) expect(sameBits(after.get(name)!.values, values), name).toBe(true);
  });

  test.each(['fp16', 'bf16'] as const)('in %s: every value rounded to nearest', async (dtype) => {
    const out = place();
    await exportModel(join(MODELS, 'vicuna-c2'), out, { dtype });
    const round = (values: Float32Array): Float32Array =>
      dtype === 'fp16' ? halvesToFloats(floatsToHalves(values)) : bfloatsToFloats(floatsToBfloats(values));
    const [before, after] = [await tensorsOf(join(MODELS, 'vicuna-c2')), await tensorsOf(out)];
    for (const [name, { values }] of before) {
      expect(after.get(name)!.dtype).toBe(dtype === 'fp16' ? 'F16' : 'BF16');
      expect(sameBits(after.get(name)!.values, round(values)), name).toBe(true);
    }
    expect((await json(join(out, 'config.json'))).torch_dtype).toBe(dtype === 'fp16' ? 'float16' : 'bfloat16');
  });

  test('is made of a conversion to fp32 and fp16 just as well, not of q8', async () => {
    const dir = join(MODELS, 'vicuna-c2');
    const golden = cases.find((c) => c.model === 'vicuna-c2')!;
    const [before, shapes] = [await tensorsOf(dir), new Set<string>()];
    for (const dtype of ['fp32', 'fp16'] as const) {
      const [converted, out] = [place(), place()];
      await convertModel(dir, converted, { dtype, threads: 1 });
      const report = await exportModel(converted, out);
      expect(report.notes.join('\n')).toMatch(/parts after layer -2 are not in the model/);
      for (const [name, { values, shape, dtype: type }] of await tensorsOf(out)) {
        expect(shape).toEqual(before.get(name)!.shape);
        const wanted = before.get(name)!.values;
        expect(sameBits(values, type === 'F16' ? halvesToFloats(floatsToHalves(wanted)) : wanted), name).toBe(true);
        shapes.add(type);
      }
      if (dtype === 'fp32') expect((await greedy(out, golden)).ids).toEqual(golden.generated);
    }
    expect([...shapes].sort()).toEqual(['F16', 'F32']);
    const q8 = place();
    await convertModel(dir, q8, { dtype: 'q8', threads: 1 });
    await expect(exportModel(q8, place())).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/conversion to q8/),
      hint: expect.stringMatching(/made of/),
    });
  });
});

describe('refused, with nothing left behind', () => {
  const refused = async (dir: string, options: Parameters<typeof exportModel>[2], expected: object): Promise<void> => {
    const before = await readdir(top);
    await expect(exportModel(dir, place(), options)).rejects.toMatchObject(expected);
    expect(await readdir(top)).toEqual(before);
  };

  test('another tower than CLIP', () =>
    refused(
      NANO,
      {},
      {
        name: 'LlavaMiniError',
        code: 'unsupported',
        message: expect.stringMatching(/efficientnet_lite, which the reference's code does not have/),
        hint: expect.stringMatching(/CLIP tower/),
      },
    ));

  test('a place that is taken', async () => {
    const out = place();
    await writeFile(out, '');
    await expect(exportModel(join(MODELS, 'vicuna-c2'), out)).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(exportModel(join(MODELS, 'vicuna-c2'), top)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringMatching(/not empty/),
    });
  });

  test('options of the wrong kind', async () => {
    const dir = join(MODELS, 'vicuna-c2');
    await refused(
      dir,
      { dtype: 'q4' as 'fp16' },
      { code: 'bad-argument', hint: expect.stringMatching(/fp16, bf16, fp32/) },
    );
    await refused(dir, { shardBytes: 0 }, { code: 'bad-argument' });
    await refused(dir, { tower: MODELS }, { code: 'bad-argument', message: expect.stringMatching(/tower of its own/) });
  });

  test('a value too large for fp16, a tensor that is missing', async () => {
    const tiny = await writeTinyModel();
    const checkpoint = await tensorsOf(tiny.dir);
    const write = (): Promise<void> =>
      writeSafetensors(
        join(tiny.dir, 'model.safetensors'),
        [...checkpoint].map(([name, { shape, values }]) => ({ name, shape, dtype: 'F32' as const, data: values })),
      );
    checkpoint.get('model.norm.weight')!.values[3] = 70_000;
    await write();
    await refused(
      tiny.dir,
      { dtype: 'fp16' },
      {
        code: 'bad-argument',
        message: expect.stringMatching(/"model\.norm\.weight": the value 70000 at 3 is too large for F16/),
      },
    );
    checkpoint.delete('model.compressor.query');
    await write();
    await refused(
      tiny.dir,
      {},
      { code: 'bad-checkpoint', message: expect.stringMatching(/no tensor model\.compressor\.query/) },
    );
    await tiny.remove();
  });

  test('when it is cancelled in the middle', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const before = await readdir(top);
    const work = exportModel(join(MODELS, 'llama31-c1'), place(), {
      dtype: 'fp32',
      signal: controller.signal,
      onProgress: ({ bytes, totalBytes }) => {
        expect(bytes).toBeLessThan(totalBytes);
        controller.abort(reason);
      },
    });
    await expect(work).rejects.toBe(reason);
    expect(await readdir(top)).toEqual(before);
  });
});
