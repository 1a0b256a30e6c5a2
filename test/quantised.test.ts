import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertModel } from '../src/folder/convert.ts';
import type { ConvertOptions } from '../src/folder/convert-options.ts';
import { DTYPES, type Dtype } from '../src/folder/manifest.ts';
import { readModelFolder } from '../src/folder/model-folder.ts';
import { LlavaMini, LlavaMiniError, type LoadOptions, type LoadProgress } from '../src/index.ts';
import { decodePicture } from '../src/media/index.ts';
import { Engine } from '../src/runtime/engine.ts';
import { engineOptions, packagedModel } from '../src/runtime/load-options.ts';
import { preparePictures } from '../src/runtime/prepare.ts';
import { buildPrompt, IMAGE_TOKEN } from '../src/text/index.ts';
import { loadTokenizer } from '../src/text/load-tokenizer.ts';
import { distance, goldenCases, goldenTensors } from './support/golden-cases.ts';
import { writeTinyModel } from './support/tiny-model.ts';

let dir: string;
let made = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llava-mini-quantised-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function convert(source: string, options: ConvertOptions): Promise<string> {
  const out = join(dir, `converted-${made++}`);
  await convertModel(source, out, { threads: 1, ...options });
  return out;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] ** 2;
    bb += b[i] ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

async function open(folder: string, maxLength = 2048): Promise<Engine> {
  const engine = await Engine.load(engineOptions(await readModelFolder(folder), { threads: 1, maxLength }));
  engine.cache.reserve(1, maxLength);
  return engine;
}

describe('the reference’s checkpoints, converted', () => {
  // Weights are random and wide, layers narrow: what rounding does to them, it does to no trained model (see nano).
  const leastCosine: Record<Dtype, number> = { fp32: 1 - 1e-6, fp16: 0.9999, q8: 0.95, q4: 0.7 };
  const looked = ['image', 'image-c2', 'hd-video', 'image-mixed-dtypes', 'text-only'];
  for (const golden of goldenCases('test/golden').filter((c) => looked.includes(c.name)))
    test(`${golden.name}: equal in 32 bits, close in fewer`, async () => {
      const source = join('test/golden/models', golden.model);
      const pixels = (await goldenTensors(golden.name, 'test/golden')).get('pixel_values')?.data;
      const frames = golden.images?.length === 6 ? golden.images[1] : 1;
      const ids = (golden.input_ids as number[]).map((id) => (id === golden.image_token_index ? IMAGE_TOKEN : id));
      const logits = async (folder: string): Promise<Float32Array> => {
        const engine = await open(folder);
        const memories = pixels ? [(await engine.see(pixels, frames, golden.name)).memory] : [];
        const out = (await engine.append(0, await engine.embed(ids, memories), 0)).slice();
        await engine.dispose();
        return out;
      };
      const exact = await logits(source);
      for (const dtype of DTYPES) {
        const actual = await logits(await convert(source, { dtype }));
        if (dtype === 'fp32') expect(actual).toEqual(exact);
        if (dtype === 'fp16') expect(distance(actual, exact)).toBeLessThan(2e-2);
        expect(cosine(actual, exact), dtype).toBeGreaterThan(leastCosine[dtype]);
      }
    });
});

test('nano answers in fewer bits as in 32', { timeout: 60_000 }, async () => {
  const source = packagedModel();
  const tokenizer = await loadTokenizer(source);
  const questions = ['What is in the picture?', 'What colour is it?', 'How many are there?', 'Is there a dog?'];
  const logits = async (folder: string): Promise<Float32Array[]> => {
    const engine = await open(folder, 128);
    const out: Float32Array[] = [];
    for (const picture of ['cat.png', 'coffee.png', 'rocket.jpg']) {
      const pixels = preparePictures(engine.folder, [await decodePicture(`examples/pictures/${picture}`)]);
      const { memory } = await engine.see(pixels, 1, picture);
      for (const text of questions) {
        const content = [{ type: 'image' as const }, { type: 'text' as const, text }];
        const { ids } = buildPrompt(tokenizer, 'template', [{ role: 'user', content }]);
        out.push((await engine.append(0, await engine.embed(ids, [memory]), 0)).slice());
      }
    }
    await engine.dispose();
    return out;
  };
  const exact = await logits(source);
  for (const [dtype, least] of [
    ['fp16', 0.99999],
    ['q8', 0.999],
    ['q4', 0.97],
  ] as const) {
    const actual = await logits(await convert(source, { dtype }));
    for (const [i, row] of actual.entries()) expect(cosine(row, exact[i]), dtype).toBeGreaterThan(least);
  }
});

describe('how an answer is computed', () => {
  test('does not show with blocks of 32 and fewer', { timeout: 120_000 }, async () => {
    const tiny = await writeTinyModel({ hidden_size: 64, num_attention_heads: 4, num_key_value_heads: 2 });
    try {
      const asked = fc.record({
        pictures: fc.array(fc.nat(1), { maxLength: 2 }),
        text: fc.array(fc.constantFrom('what', 'is', 'a red', 'cat', 'how many', '7'), { minLength: 1, maxLength: 9 }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom<Dtype>('q4', 'q8'),
          fc.boolean(),
          fc.array(asked, { minLength: 3, maxLength: 5 }),
          async (dtype, symmetric, questions) => {
            const folder = await convert(tiny.dir, { dtype, block: 32, symmetric });
            const load = (tuning: LoadOptions['tuning']): Promise<LlavaMini> =>
              LlavaMini.load(folder, { threads: 1, engine: 'inline', tuning });
            const [whole, steps] = [await load({}), await load({ prefillChunk: 3, maxBatch: 2, frameChunk: 1 })];
            const pictures = [60, 190].map((value) => ({
              width: 9,
              height: 7,
              data: Uint8Array.from({ length: 189 }, (_, i) => (i * value) & 255),
            }));
            const ask = async (on: LlavaMini, i: number): Promise<number[]> => {
              const { pictures: shown, text } = questions[i];
              const images = shown.map((p) => pictures[p]);
              return (await on.ask(images, text.join(' '), { maxTokens: 5 + i })).tokens;
            };
            try {
              const alone: number[][] = [];
              for (const i of questions.keys()) alone.push(await ask(whole, i));
              expect(await Promise.all(questions.map((_, i) => ask(whole, i)))).toEqual(alone);
              for (const i of questions.keys()) expect(await ask(whole, i)).toEqual(alone[i]);
              expect(await Promise.all(questions.map((_, i) => ask(steps, i)))).toEqual(alone);
            } finally {
              await Promise.all([whole.dispose(), steps.dispose()]);
            }
          },
        ),
        { numRuns: 6 },
      );
    } finally {
      await tiny.remove();
    }
  });

  // Sums in another order differ in the last digit, and rounding activations to 8 bits may make that one step.
  test('shows by a rounding step of the activations with larger ones', async () => {
    const wide = { hidden_size: 256, intermediate_size: 512, num_attention_heads: 8, num_key_value_heads: 4 };
    const tiny = await writeTinyModel(wide);
    try {
      for (const dtype of ['q4', 'q8'] as const) {
        const engine = await open(await convert(tiny.dir, { dtype, block: 128 }), 256);
        const ids = Array.from({ length: 40 }, (_, i) => (i * 37) % 288);
        const embeddings = await engine.embed(ids, []);
        const whole = (await engine.append(0, embeddings, 0)).slice();
        let last = new Float32Array(0);
        for (const [i, id] of ids.entries())
          last = (await engine.append(0, await engine.embed([id], []), i)).slice() as Float32Array<ArrayBuffer>;
        expect(distance(last, whole)).toBeLessThan(0.02);
        await engine.dispose();
      }
    } finally {
      await tiny.remove();
    }
  });
});

describe('loading', () => {
  const quick: LoadOptions = { threads: 1, engine: 'inline' };
  const errorOf = async (work: () => Promise<unknown>): Promise<LlavaMiniError> => {
    const error = await work().then(
      () => 'no error',
      (e: unknown) => e,
    );
    if (!(error instanceof LlavaMiniError)) throw error;
    return error;
  };
  let source: string;
  let remove: () => Promise<void>;
  const kept = process.env.LLAVA_MINI_CACHE;
  beforeAll(async () => {
    const tiny = await writeTinyModel({ hidden_size: 64, num_attention_heads: 4, num_key_value_heads: 2 });
    source = tiny.dir;
    remove = tiny.remove;
    process.env.LLAVA_MINI_CACHE = join(dir, 'cache');
  });
  afterAll(async () => {
    if (kept === undefined) delete process.env.LLAVA_MINI_CACHE;
    else process.env.LLAVA_MINI_CACHE = kept;
    await remove();
  });

  test('converts into the cache once, and says how far it is', async () => {
    const phases = async (): Promise<LoadProgress['phase'][]> => {
      const seen = new Set<LoadProgress['phase']>();
      const model = await LlavaMini.load(source, { ...quick, dtype: 'q8', onProgress: ({ phase }) => seen.add(phase) });
      expect(model.info.dtype).toBe('q8');
      expect(model.info.dir.startsWith(join(dir, 'cache'))).toBe(true);
      expect((await model.ask(null, 'what is this?', { maxTokens: 3 })).tokens.length).toBeGreaterThan(0);
      await model.dispose();
      return [...seen];
    };
    expect(await phases()).toEqual(['hashing', 'converting', 'loading']);
    expect(await phases()).toEqual(['loading']);
    await expect(
      LlavaMini.load(source, { ...quick, dtype: 'q4', signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
  });

  test('takes a small model as it is, and a converted one as what it is', async () => {
    const direct = await LlavaMini.load(source, quick);
    expect([direct.info.dtype, direct.info.dir]).toEqual(['fp32', source]);
    await direct.dispose();
    const folder = await convert(source, { dtype: 'q4', maxLength: 64 });
    // Graphs are made for what is wanted now, not for what the folder was made for.
    const model = await LlavaMini.load(folder, { ...quick, maxLength: 400, tuning: { layout: 'llava' } });
    expect([model.info.dtype, model.info.dir, model.info.visionTokens]).toEqual(['q4', folder, 4]);
    const picture = { width: 4, height: 4, data: new Uint8Array(48).fill(99) };
    expect((await model.ask(picture, 'what is this?', { maxTokens: 90, stop: [] })).tokens.length).toBeGreaterThan(0);
    await model.dispose();
    const error = await errorOf(() => LlavaMini.load(folder, { ...quick, dtype: 'q8' }));
    expect([error.code, error.message]).toEqual(['bad-argument', expect.stringMatching(/is converted to q4, not q8/)]);
  });

  test('refuses a damaged folder before anything is loaded', async () => {
    const folder = await convert(source, { dtype: 'q8' });
    const config = join(folder, 'config.json');
    const text = await readFile(config, 'utf8');
    await writeFile(config, JSON.stringify({ ...JSON.parse(text), intermediate_size: 96 }));
    const other = await errorOf(() => LlavaMini.load(folder, quick));
    expect([other.code, other.message]).toEqual([
      'bad-checkpoint',
      expect.stringMatching(/gate_proj\.weight#blocks .* uint8 \[48, 1, 64\], but config\.json asks for uint8 \[96, /),
    ]);
    await writeFile(config, JSON.stringify({ ...JSON.parse(text), num_hidden_layers: 3 }));
    const deeper = await errorOf(() => LlavaMini.load(folder, quick));
    expect([deeper.code, deeper.message]).toEqual([
      'bad-checkpoint',
      expect.stringContaining('has no weights model.layers.2.'),
    ]);
    await writeFile(config, text);
    await truncate(join(folder, 'weights-00001.bin'), 1000);
    const short = await errorOf(() => LlavaMini.load(folder, quick));
    expect([short.code, short.message]).toEqual([
      'bad-checkpoint',
      expect.stringMatching(/cut short: 1000 bytes, not/),
    ]);
    await rm(join(folder, 'weights-00001.bin'));
    const missing = await errorOf(() => LlavaMini.load(folder, quick));
    expect([missing.code, missing.message]).toEqual(['bad-checkpoint', expect.stringContaining('is missing')]);
  });

  test('says before loading when memory is too small', async () => {
    const config = join(source, 'config.json');
    const text = await readFile(config, 'utf8');
    const wide = { hidden_size: 1 << 15, intermediate_size: 1 << 17, num_hidden_layers: 40, num_attention_heads: 256 };
    await writeFile(config, JSON.stringify({ ...JSON.parse(text), ...wide }));
    try {
      const error = await errorOf(() => LlavaMini.load(source, { ...quick, dtype: 'q8' }));
      expect(error.code).toBe('out-of-memory');
      expect(error.message).toMatch(/needs about \d+\.\d GB of memory as q8 .* but \d+\.\d+ GB are available/);
      // Without the check, the weights are what is wrong.
      const after = await errorOf(() => LlavaMini.load(source, { ...quick, dtype: 'q8', memoryCheck: false }));
      expect(after.code).not.toBe('out-of-memory');
    } finally {
      await writeFile(config, text);
    }
  });
});
