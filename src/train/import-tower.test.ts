import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGraph } from '../../test/support/run-graph.ts';
import { normals, tinyConfigs } from '../../test/support/tiny-lite.ts';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { Graph } from '../graph/index.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { liteFeatures } from '../model/vision/efficientnet-lite.ts';
import { parseVisionConfig } from '../model/vision/index.ts';
import { Random } from '../util/random.ts';
import { importEfficientNetLite } from './import-tower.ts';
import { readWeights } from './run-state.ts';
import { inlineFrom, type Weights } from './weights.ts';

const PREFIX = 'model.vision_tower.vision_tower';

async function lookAt(config: LiteVisionConfig, weights: Weights, pixels: Float32Array) {
  const graph = new Graph('tower', 'inference');
  const s = config.imageSize;
  const input = graph.input('pixels', 'float32', [1, 3, s, s]);
  const { stride8, stride16, stride32, logits, probabilities } = liteFeatures(graph, config, input);
  for (const [name, value] of Object.entries({ stride8, stride16, stride32, logits, probabilities }))
    graph.output(name, value);
  const session = await openGraph(graph, inlineFrom(weights));
  try {
    return await session.run({ pixels });
  } finally {
    await session.close();
  }
}

describe('importEfficientNetLite', () => {
  const { vision } = tinyConfigs();
  const EPSILON = 1e-3;
  let dir: string;
  let path: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'llava-mini-tower-'));
    path = join(dir, 'tower.safetensors');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** Every convolution: its name there and here, its norm, and its shape. */
  function convolutions(): [from: string, norm: string, to: string, shape: number[]][] {
    const blocks = vision.blocks.flatMap((block, i): [string, string, string, number[]][] => {
      const inner = block.inputs * block.expand;
      const own = (conv: string, norm: number, to: string, shape: number[]): [string, string, string, number[]] => [
        `_blocks.${i}.${conv}`,
        `_blocks.${i}._bn${norm}`,
        `blocks.${i}.${to}`,
        shape,
      ];
      return [
        ...(block.expand > 1 ? [own('_expand_conv', 0, 'expand', [inner, block.inputs, 1, 1])] : []),
        own('_depthwise_conv', 1, 'depthwise', [inner, 1, block.kernel, block.kernel]),
        own('_project_conv', 2, 'project', [block.outputs, inner, 1, 1]),
      ];
    });
    const last = vision.blocks[vision.blocks.length - 1].outputs;
    return [
      ['_conv_stem', '_bn0', 'stem', [vision.stem.outputs, 3, 3, 3]],
      ...blocks,
      ['_conv_head', '_bn1', 'head', [vision.head.outputs, last, 1, 1]],
    ];
  }

  function checkpoint(): Map<string, TensorToWrite & { data: Float32Array }> {
    const random = new Random('checkpoint');
    const tensors = new Map<string, TensorToWrite & { data: Float32Array }>();
    const put = (name: string, shape: number[], make: () => number): void => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, make);
      tensors.set(name, { name, dtype: 'F32', shape, data });
    };
    for (const [conv, norm, , shape] of convolutions()) {
      put(`${conv}.weight`, shape, () => random.normal() * 0.3);
      put(`${norm}.weight`, [shape[0]], () => random.uniform(0.5, 2));
      put(`${norm}.bias`, [shape[0]], () => random.normal());
      put(`${norm}.running_mean`, [shape[0]], () => random.normal());
      put(`${norm}.running_var`, [shape[0]], () => random.uniform(0.01, 3));
    }
    put('_fc.weight', [vision.classes, vision.head.outputs], () => random.normal());
    put('_fc.bias', [vision.classes], () => random.normal());
    return tensors;
  }

  it('folds each norm into its convolution', async () => {
    const tensors = checkpoint();
    await writeSafetensors(path, tensors.values());
    const weights = await importEfficientNetLite(path, vision, EPSILON);
    const data = (name: string): Float32Array => (tensors.get(name) as { data: Float32Array }).data;
    const random = new Random('inputs');
    for (const [conv, norm, to, shape] of convolutions()) {
      const folded = weights.get(`${PREFIX}.${to}.weight`);
      const bias = weights.get(`${PREFIX}.${to}.bias`);
      expect(folded?.shape).toEqual(shape);
      expect(bias?.shape).toEqual([shape[0]]);
      const each = data(`${conv}.weight`).length / shape[0];
      // One window of an input, through convolution and norm, and through what they were folded into.
      const window = normals(random, each);
      for (let c = 0; c < shape[0]; c++) {
        const dot = (kernel: Float32Array): number => window.reduce((sum, x, k) => sum + x * kernel[c * each + k], 0);
        const normed =
          ((dot(data(`${conv}.weight`)) - data(`${norm}.running_mean`)[c]) /
            Math.sqrt(data(`${norm}.running_var`)[c] + EPSILON)) *
            data(`${norm}.weight`)[c] +
          data(`${norm}.bias`)[c];
        expect(dot(folded?.data as Float32Array) + (bias?.data[c] as number)).toBeCloseTo(normed, 4);
      }
    }
    expect(weights.get(`${PREFIX}.classifier.weight`)).toEqual({
      shape: [vision.classes, vision.head.outputs],
      data: data('_fc.weight'),
    });
    expect(weights.get(`${PREFIX}.classifier.bias`)?.data).toEqual(data('_fc.bias'));
    const seen = await lookAt(vision, weights, normals(new Random('pixels'), 3 * vision.imageSize ** 2));
    expect(seen.probabilities.data.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    expect(weights.size).toBe(2 * convolutions().length + 2);
  });

  it.each(['_conv_stem.weight', '_blocks.1._expand_conv.weight', '_bn1.running_var', '_fc.bias'])(
    'tells when %s is missing',
    async (name) => {
      const tensors = checkpoint();
      tensors.delete(name);
      await writeSafetensors(path, tensors.values());
      await expect(importEfficientNetLite(path, vision)).rejects.toMatchObject({
        name: 'LlavaMiniError',
        message: expect.stringContaining(name),
      });
    },
  );

  it('tells when the file is not there or no checkpoint', async () => {
    await expect(importEfficientNetLite(path, vision)).rejects.toMatchObject({ code: 'not-found' });
    await expect(importEfficientNetLite('package.json', vision)).rejects.toMatchObject({ code: 'bad-checkpoint' });
  });
});

describe("nano's own tower", () => {
  // The original's outputs in float32; nano keeps 16 bits of each weight.
  const TOLERANCE = 2e-2;
  const path = process.env.NANO_WEIGHTS ?? 'models/nano/model.safetensors';

  it('sees what the original EfficientNet-Lite2 sees', async () => {
    if (!existsSync(path)) throw new Error(`${path} is not there: the packaged model has not been exported`);
    const json = JSON.parse(await readFile('models/nano/vision_tower/config.json', 'utf8'));
    // The original looked at a picture of 256 pixels a side; nano's tower is the same, whatever size it takes.
    const config = parseVisionConfig({ ...json, image_size: 256 }, 'config.json') as LiteVisionConfig;
    const folder = 'test/data/efficientnet-lite2';
    const { data, info } = await sharp(`${folder}/input-256.png`)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([256, 256, 3]);
    const plane = 256 * 256;
    const pixels = Float32Array.from({ length: 3 * plane }, (_, i) => {
      const value = data[(i % plane) * 3 + Math.floor(i / plane)];
      return (value - 127) / 128;
    });
    const seen = await lookAt(config, await readWeights(path), pixels);
    const expected = await openSafetensors(`${folder}/expected-256.safetensors`);
    let compared = 0;
    for (const name of expected.tensors.keys()) {
      const key = name.replace('_head', '');
      const right = await expected.readFloat32(name);
      expect(seen[key].data).toHaveLength(right.length);
      const largest = right.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
      const worst = right.reduce((m, x, i) => Math.max(m, Math.abs(x - seen[key].data[i])), 0);
      expect(worst / largest, name).toBeLessThan(TOLERANCE);
      compared++;
    }
    await expected.close();
    expect(compared).toBeGreaterThanOrEqual(4);
  });
});
