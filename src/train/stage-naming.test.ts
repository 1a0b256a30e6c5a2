import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGraph } from '../../test/support/run-graph.ts';
import { TINY_PROCESSOR, tinyConfigs, tinyWeights } from '../../test/support/tiny-lite.ts';
import * as g from '../graph/index.ts';
import { Graph } from '../graph/index.ts';
import { foldedWidth, liteTower } from '../model/vision/efficientnet-lite.ts';
import { halvesToFloats } from '../util/float16.ts';
import { Random } from '../util/random.ts';
import { FeatureStore } from './feature-store.ts';
import { foldStore } from './fold-store.ts';
import { keepPictures } from './keep-pictures.ts';
import type { LoopOptions } from './loop.ts';
import { MetricsFile } from './metrics.ts';
import { type NamingStage, namingScores, trainNaming } from './stage-naming.ts';
import { TowerRunner } from './tower-runner.ts';
import { inlineFrom } from './weights.ts';

const { config, vision } = tinyConfigs();
const SIDE = vision.imageSize;
const CLASSES = 4;

/** As metrics are written. */
const asWritten = (score: number): number => Number(score.toPrecision(5));

interface Label {
  target: number;
  patches: { patches: Int32Array };
}

/** Every patch shows the class, but the first one, which counts as ground. */
const PATCHES = (target: number): Int32Array =>
  Int32Array.from({ length: (SIDE / 32) ** 2 }, (_, i) => (i === 0 ? CLASSES : target));

/** A picture of a class: stripes of its own width and direction, with noise. */
function picture(target: number, random: Random): Uint8Array {
  const wave = target % 2 ? 4 : 16;
  const shift = random.int(wave);
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    const at = ((target < 2 ? x : y) + shift) % wave;
    return Math.max(0, Math.min(255, (at < wave / 2 ? 200 : 60) + 12 * random.normal()));
  });
}

async function* pictures(
  seed: string,
  from: number,
  to: number,
): AsyncGenerator<{ picture: Uint8Array; label: Label }> {
  for (let i = from; i < to; i++) {
    const random = new Random(`${seed}/${i}`);
    yield {
      picture: picture(i % CLASSES, random),
      label: { target: i % CLASSES, patches: { patches: PATCHES(i % CLASSES) } },
    };
  }
}

let dir: string;
const stores: FeatureStore<Label>[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llava-mini-naming-'));
});
afterAll(async () => {
  for (const store of stores) store.close();
  await rm(dir, { recursive: true, force: true });
});

function open(name: string, keep: 'maps' | 'patches'): FeatureStore<Label> {
  const width = keep === 'maps' ? foldedWidth(vision) : vision.width;
  const store = new FeatureStore<Label>(join(dir, name), (SIDE / 32) ** 2 * width, vision.classes);
  stores.push(store);
  return store;
}

const weights = tinyWeights('naming');

describe('keeping pictures', () => {
  it('is the same whether it is interrupted or not', async () => {
    const tower = await TowerRunner.create(vision, TINY_PROCESSOR, weights, 'maps', 1);
    const seen: number[] = [];
    const whole = open('whole', 'maps');
    await keepPictures(pictures('train', 0, 48), tower, whole, (done) => seen.push(done));
    expect(seen).toEqual([16, 32, 48]);
    const stopped = open('stopped', 'maps');
    const controller = new AbortController();
    await expect(
      keepPictures(
        pictures('train', 0, 48),
        tower,
        stopped,
        () => controller.abort(new Error('enough')),
        controller.signal,
      ),
    ).rejects.toThrow('enough');
    expect(stopped.length).toBe(16);
    await keepPictures(pictures('train', 16, 48), tower, stopped, () => {});
    expect(stopped.labels).toEqual(whole.labels);
    const [a, b] = [whole, stopped].map((store) => {
      const patches = new Uint16Array(48 * store.patchValues);
      const probabilities = new Uint16Array(48 * store.classes);
      for (let i = 0; i < 48; i++) store.read(i, patches, probabilities, i);
      return { patches, probabilities };
    });
    expect(b).toEqual(a);
    expect(new Set(a.patches).size).toBeGreaterThan(100);
    await tower.dispose();
  });

  it('scales pixels as the tower wants them', async () => {
    const even = picture(1, new Random('even')).map((level) => level & ~1);
    const half = even.map((level) => level / 2);
    const halved = (values: readonly number[]) => values.map((value) => value / 2) as [number, number, number];
    const { mean, std } = TINY_PROCESSOR;
    const seen = await Promise.all(
      [
        { processor: TINY_PROCESSOR, pixels: even },
        { processor: { ...TINY_PROCESSOR, mean: halved(mean), std: halved(std) }, pixels: half },
        { processor: { ...TINY_PROCESSOR, rescaleFactor: 2 / 255 }, pixels: half },
        { processor: TINY_PROCESSOR, pixels: half },
      ].map(async ({ processor, pixels }) => {
        const tower = await TowerRunner.create(vision, processor, weights, 'maps', 1);
        const [{ patches }] = await tower.run([pixels]);
        await tower.dispose();
        return patches;
      }),
    );
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(seen[3]).not.toEqual(seen[0]);
  });

  it('as maps and folded later is what the whole tower sees', async () => {
    const tower = await TowerRunner.create(vision, TINY_PROCESSOR, weights, 'maps', 1);
    const direct = await TowerRunner.create(vision, TINY_PROCESSOR, weights, 'patches', 1);
    const [from, to] = [open('maps', 'maps'), open('folded', 'patches')];
    await keepPictures(pictures('fold', 0, 20), tower, from, () => {});
    const controller = new AbortController();
    await expect(
      foldStore(vision, weights, from, to, () => controller.abort(new Error('later')), controller.signal),
    ).rejects.toThrow('later');
    expect(to.length).toBe(16);
    await foldStore(vision, weights, from, to, () => {});
    expect(to.labels).toEqual(from.labels);

    const graph = new Graph('whole', 'inference');
    const pixels = graph.input('pixels', 'uint8', [1, SIDE, SIDE, 3]);
    const scaled = g.div(g.sub(g.cast(g.transpose(pixels, [0, 3, 1, 2]), 'float32'), 127), 128);
    graph.output('features', liteTower(graph, vision, scaled));
    const session = await openGraph(graph, inlineFrom(weights));
    const patches = new Uint16Array(to.patchValues);
    const probabilities = new Uint16Array(to.classes);
    let i = 0;
    for await (const made of pictures('fold', 0, 20)) {
      to.read(i++, patches, probabilities, 0);
      const expected = (await session.run({ pixels: made.picture })).features.data;
      const kept = halvesToFloats(patches);
      const largest = expected.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
      const worst = kept.reduce((m, x, k) => Math.max(m, Math.abs(x - expected[k])), 0);
      expect(worst / largest).toBeLessThan(5e-3);
      const [own] = await direct.run([made.picture]);
      const seen = halvesToFloats(own.patches);
      expect(seen.reduce((m, x, k) => Math.max(m, Math.abs(x - expected[k])), 0) / largest).toBeLessThan(2e-3);
      expect(own.probabilities).toEqual(probabilities);
    }
    await session.close();
    await tower.dispose();
    await direct.dispose();
  });

  it('tells which trained weight is missing', async () => {
    const frozen = new Map([...weights].filter(([name]) => !name.includes('.fold.')));
    await expect(TowerRunner.create(vision, TINY_PROCESSOR, frozen, 'patches')).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining('fold.refine.norm.weight is missing'),
      hint: expect.any(String),
    });
    const tower = await TowerRunner.create(vision, TINY_PROCESSOR, frozen, 'maps', 1);
    await tower.dispose();
  });
});

describe('stage 0', () => {
  it('learns to name pictures it has not seen, the same after an interruption', async () => {
    const tower = await TowerRunner.create(vision, TINY_PROCESSOR, weights, 'maps', 1);
    const [store, held] = [open('train', 'maps'), open('held', 'maps')];
    await keepPictures(pictures('train', 0, 160), tower, store, () => {});
    await keepPictures(pictures('held', 0, 40), tower, held, () => {});
    await tower.dispose();
    const stage = (): NamingStage => ({
      config,
      vision,
      weights: tinyWeights('naming'),
      stores: [store],
      heldOut: { held, empty: open('empty', 'maps') },
      classes: CLASSES,
      heads: { patches: { classes: CLASSES + 1, weight: 1 } },
      nothing: CLASSES,
      batch: 16,
      optimiser: {
        clip: 1,
        groups: [{ match: 'fold|compressor\\.(?!pos_embed)|naming_head', optimiser: 'adamw', learningRate: 3e-3 }],
      },
    });
    const options = async (
      name: string,
      more: Partial<LoopOptions> = {},
    ): Promise<LoopOptions & { threads: number }> => ({
      dir: await run(name),
      stage: 'naming',
      seed: 'naming',
      steps: 80,
      warmup: 5,
      saveEvery: 1e9,
      evaluateEvery: 80,
      metrics: new MetricsFile(await run(name)),
      threads: 1,
      ...more,
    });
    const run = async (name: string): Promise<string> => {
      await mkdir(join(dir, `run-${name}`), { recursive: true });
      return join(dir, `run-${name}`);
    };
    const whole = stage();
    const before = await namingScores({
      ...whole,
      weights: new Map([...whole.weights, ...namingHead()]),
    });
    expect(before.held).toBeLessThan(0.6);
    await trainNaming(whole, await options('whole'));
    const { held: score, 'held/patches': patchScore, ...others } = await namingScores(whole);
    expect(score).toBeGreaterThan(0.75);
    expect(before['held/patches']).toBeLessThan(0.6);
    expect(patchScore).toBeGreaterThan(0.75);
    expect(others).toEqual({});
    expect(new MetricsFile(await run('whole')).metrics.at(-1)).toMatchObject({
      stage: 'naming',
      step: 80,
      'eval/held': asWritten(score),
      'eval/held/patches': asWritten(patchScore),
    });

    const controller = new AbortController();
    const stop = {
      signal: controller.signal,
      onProgress: ({ step }: { step: number }) => {
        if (step === 25) controller.abort(new Error('stopped'));
      },
    };
    await expect(trainNaming(stage(), await options('parts', stop))).rejects.toThrow('stopped');
    const again = stage();
    await trainNaming(again, await options('parts'));
    expect([...again.weights.keys()].sort()).toEqual([...whole.weights.keys()].sort());
    for (const [name, weight] of again.weights) expect(whole.weights.get(name), name).toEqual(weight);
    const frozen = tinyWeights('naming');
    for (const name of ['stem.weight', 'head.bias', 'classifier.weight'].map(
      (n) => `model.vision_tower.vision_tower.${n}`,
    ))
      expect(whole.weights.get(name)).toEqual(frozen.get(name));
  });
});

/** A classifier that knows nothing yet. */
function namingHead(): [string, { shape: number[]; data: Float32Array }][] {
  const width = config.visionWidth;
  const head = (name: string, classes: number): [string, { shape: number[]; data: Float32Array }][] => [
    [`naming_head.${name}norm.weight`, { shape: [width], data: new Float32Array(width).fill(1) }],
    [`naming_head.${name}norm.bias`, { shape: [width], data: new Float32Array(width) }],
    [`naming_head.${name}weight`, { shape: [classes, width], data: new Float32Array(classes * width) }],
    [`naming_head.${name}bias`, { shape: [classes], data: new Float32Array(classes) }],
  ];
  return [...head('', CLASSES), ...head('patches.', CLASSES + 1)];
}
