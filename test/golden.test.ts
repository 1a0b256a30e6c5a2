import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readModelFolder } from '../src/folder/model-folder.ts';
import { partsPerImage } from '../src/model/image-part.ts';
import { Engine } from '../src/runtime/engine.ts';
import { ENGINE_DEFAULTS } from '../src/runtime/engine-options.ts';
import type { MemoryData } from '../src/runtime/memory-data.ts';
import { IMAGE_TOKEN } from '../src/text/conversation.ts';
import {
  distance,
  GOLDEN_DIR,
  type GoldenCase,
  type GoldenTensors,
  goldenCases,
  goldenTensors,
} from './support/golden-cases.ts';
import { casePixels } from './support/golden-pixels.ts';
import { Intermediates, type Tensors } from './support/intermediates.ts';
import { trainingPairs, trainStep } from './support/train-case.ts';

const TOLERANCE = 2e-4;
/** Longer than any prompt that others may put in front of us. */
const MAX_LENGTH = 8192;
const cases = goldenCases();

const modelDir = (golden: GoldenCase): string => join(GOLDEN_DIR, 'models', golden.model);

const near = (name: string, actual: ArrayLike<number> | undefined, expected: ArrayLike<number>): void => {
  expect(actual, `${name} is not given`).toBeDefined();
  expect(distance(actual!, expected), name).toBeLessThanOrEqual(TOLERANCE);
};

test('the folder has cases, and a model for each', () => {
  if (!process.env.GOLDEN_DIR) expect(cases.length).toBeGreaterThan(0);
  const models = cases.length ? readdirSync(join(GOLDEN_DIR, 'models')) : [];
  for (const golden of cases) expect(models).toContain(golden.model);
});

for (const golden of cases.filter((c) => !c.labels))
  describe(`golden case ${golden.name}`, () => {
    const ids = (golden.input_ids as number[]).map((id) => (id === golden.image_token_index ? IMAGE_TOKEN : id));
    const textIds = ids.filter((id) => id !== IMAGE_TOKEN);
    const steps = golden.generated?.length ?? 0;
    let expected: GoldenTensors;
    let engine: Engine;
    let pixels: Float32Array | null;
    let frames: number;
    let memories: MemoryData[];
    let embeddings: Float32Array;
    /** Names that some check has looked at. */
    const checked = new Set(['pixel_values']);

    beforeAll(async () => {
      const folder = await readModelFolder(modelDir(golden));
      expected = await goldenTensors(golden.name);
      engine = await Engine.load({
        ...ENGINE_DEFAULTS,
        dir: folder.dir,
        device: 'cpu',
        dtype: 'fp32',
        threads: 1,
        maxLength: MAX_LENGTH,
      });
      pixels = await casePixels(golden, expected, folder);
      // [1, parts, 3, S, S] for a picture, [1, frames, parts, 3, S, S] for a video
      frames = golden.images?.length === 6 ? golden.images[1] : 1;
      memories = pixels ? [(await engine.see(pixels, frames, golden.name)).memory] : [];
      embeddings = await engine.embed(ids, memories);
    });
    afterAll(() => engine?.dispose());

    const check = (name: string, actual: ArrayLike<number> | undefined): void => {
      checked.add(name);
      const tensor = expected.get(name);
      if (tensor) near(name, actual, tensor.data);
    };

    if (golden.images)
      test('every tensor between picture and fused text', async () => {
        const tower = await Intermediates.load(engine.folder, MAX_LENGTH);
        const size = pixels!.length / frames;
        const d = engine.folder.config.hiddenSize;
        const kept = textIds.filter((id) => id !== 0);
        const text = await engine.embed(kept, []);
        const names = [...expected.keys()].flatMap((name) => /^frame(\d+)\./.exec(name)?.[1] ?? []);
        const looked = frames > 1 || names.length ? [...new Set(names)] : [''];
        for (const frame of looked) {
          const prefix = frame && `frame${frame}.`;
          const from = Number(frame) * size;
          const actual = await tower.frame(pixels!.subarray(from, from + size), text);
          for (const name of FRAME_TENSORS) check(prefix + name, actual.get(name)?.data);
          const positions = expected.get(`${prefix}prefusion_position_ids`);
          const sequence = fusedSequence(ids, actual, d);
          checked.add(`${prefix}prefusion_position_ids`);
          if (positions)
            expect(sequence.positions.map(([row]) => positions.data[row])).toEqual(
              sequence.positions.map(([, p]) => p),
            );
          for (const name of expected.keys())
            if (name.startsWith(`${prefix}prefusion_`) && !name.endsWith('position_ids')) {
              checked.add(name);
              const local = name.slice(prefix.length);
              const rows = sequence.rows(local);
              const want = expected.get(name)!.data;
              near(
                name,
                rows.flatMap(({ data }) => [...data]),
                rows.flatMap(({ row }) => [...want.subarray(row * d, (row + 1) * d)]),
              );
            }
          // The kept memory is what this frame gave.
          const attention = memories[0].attention;
          const each = attention.length / frames;
          if (expected.has(`${prefix}compressor_attention`))
            near(
              'kept attention',
              attention.subarray(Number(frame) * each, (Number(frame) + 1) * each),
              expected.get(`${prefix}compressor_attention`)!.data,
            );
        }
        await tower.dispose();
      });

    test('every tensor of the language model', async () => {
      check('inputs_embeds', embeddings);
      const tower = await Intermediates.load(engine.folder, MAX_LENGTH);
      const actual = await tower.decode(embeddings);
      for (const name of expected.keys())
        if (/^(layer_output\.|logits$)/.test(name)) check(name, actual.get(name)?.data);
      await tower.dispose();
    });

    if (steps)
      test('the greedy continuation', async () => {
        const tokens = embeddings.length / engine.folder.config.hiddenSize;
        engine.cache.reserve(1, tokens + steps);
        let logits = await engine.append(0, embeddings, 0);
        const rows = [logits];
        const generated: number[] = [];
        for (let i = 0; i < steps; i++) {
          generated.push(logits.indexOf(logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)));
          if (i === steps - 1) break;
          logits = await engine.step([generated[i]], [tokens + i]);
          rows.push(logits);
        }
        expect(generated).toEqual(golden.generated);
        check(
          'generated_logits',
          rows.flatMap((row) => [...row]),
        );
      });

    test('nothing in the case was left unchecked', () => {
      expect([...expected.keys()].filter((name) => !checked.has(name))).toEqual([]);
    });
  });

const FRAME_TENSORS = [
  'vision_features',
  'compressor_output',
  'compressor_attention',
  'projected_compressed',
  'projected_global',
  'projected_tiles',
];

/** Rows of the reference's pre-fusion sequence: image part, then text with pictures' places and id 0 masked. */
function fusedSequence(ids: readonly number[], actual: Tensors, d: number) {
  const length = actual.get('prefusion_input')!.data.length / d;
  const positions: [row: number, position: number][] = Array.from({ length }, (_, i) => [i, i]);
  const textRows: number[] = [];
  ids.forEach((id, i) => {
    if (id === IMAGE_TOKEN || id === 0) return;
    positions.push([length + i, length + textRows.length]);
    textRows.push(length + i);
  });
  return {
    positions,
    rows: (name: string): { row: number; data: Float32Array }[] => {
      const cut = (data: Float32Array, i: number): Float32Array => data.subarray(i * d, (i + 1) * d);
      const image = actual.get(name)!.data;
      const text = actual.get(name.replace('prefusion_', 'prefusion_text_'))?.data;
      return [
        ...Array.from({ length }, (_, i) => ({ row: i, data: cut(image, i) })),
        ...(text ? textRows.map((row, i) => ({ row, data: cut(text, i) })) : []),
      ];
    },
  };
}

for (const golden of cases.filter((c) => c.labels))
  test(`golden training step ${golden.name}`, async () => {
    const folder = await readModelFolder(modelDir(golden));
    const expected = await goldenTensors(golden.name);
    const pixels = (await casePixels(golden, expected, folder))!;
    const engine = await Engine.load({
      ...ENGINE_DEFAULTS,
      dir: folder.dir,
      device: 'cpu',
      dtype: 'fp32',
      threads: 1,
      maxLength: MAX_LENGTH,
    });
    const tower = await Intermediates.load(folder, MAX_LENGTH);
    const { config } = folder;
    const parts = partsPerImage(config);
    const pairs = trainingPairs(golden);
    const each = pixels.length / pairs.length;
    const features: Float32Array[] = [];
    for (const [n, { prompt, answer }] of pairs.entries()) {
      const picture = pixels.subarray(n * each, (n + 1) * each);
      const kept = prompt.filter((id) => id !== IMAGE_TOKEN && id !== 0);
      features.push((await tower.frame(picture, await engine.embed(kept, []))).get('vision_features')!.data);
      const { memory } = await engine.see(picture, 1, String(n));
      const rows = [...(await engine.embed(prompt, [memory])), ...(await engine.embed(answer, []))];
      const inputs = expected.get('inputs_embeds');
      if (inputs) {
        const from = n * inputs.shape[1] * config.hiddenSize;
        near(`inputs_embeds of sample ${n}`, rows, inputs.data.subarray(from, from + rows.length));
      }
    }
    const patches = features[0].length / parts / config.visionWidth;
    const all = new Float32Array(features.length * features[0].length);
    features.forEach((f, n) => {
      all.set(f, n * f.length);
    });
    const step = await trainStep(
      folder,
      golden,
      new ort.Tensor('float32', all, [pairs.length * parts, patches, config.visionWidth]),
    );
    await engine.dispose();
    await tower.dispose();

    expect(Math.abs(step.loss - golden.loss!)).toBeLessThanOrEqual(TOLERANCE * golden.loss!);
    if (expected.has('loss')) near('loss', [step.loss], expected.get('loss')!.data);
    const logits = expected.get('logits');
    if (logits) {
      const [, positions, vocab] = logits.shape;
      const want = step.rows.flatMap(({ sample, position }) => {
        const from = (sample * positions + position) * vocab;
        return [...logits.data.subarray(from, from + vocab)];
      });
      near('logits', step.logits, want);
    }
    for (const [name, { data }] of expected)
      if (name.startsWith('grad.')) near(name, step.gradients.get(name.slice(5))?.data, data);
    for (const pattern of golden.no_gradient ?? []) {
      const matches = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
      expect([...step.gradients.keys()].filter((name) => matches.test(name))).toEqual([]);
    }
  });

// Pictures, prompts and frames have their own parts of the folder, tested beside the code that they are about.
test('the default folder is complete', () => {
  if (!process.env.GOLDEN_DIR)
    for (const part of ['models', 'cases', 'pictures', 'prompts', 'video'])
      expect(existsSync(join(GOLDEN_DIR, part)), part).toBe(true);
});
