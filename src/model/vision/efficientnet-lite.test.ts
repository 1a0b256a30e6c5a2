import { expect, test } from 'vitest';
import { runGraph } from '../../../test/support/run-graph.ts';
import { normals, tinyConfigs } from '../../../test/support/tiny-lite.ts';
import { elementCount } from '../../checkpoint/tensor-data.ts';
import { Graph } from '../../graph/index.ts';
import { initialiseMissing } from '../../train/initialise.ts';
import type { Weights } from '../../train/weights.ts';
import { Random } from '../../util/random.ts';
import { foldedWidth, foldMaps, liteFeatures } from './efficientnet-lite.ts';

const maps = normals(new Random('maps'), 4 * foldedWidth(tinyConfigs().vision));

/** Patches of one picture after so many repeats of the fold's layer; `gate` opens them. */
async function folded(repeats: number, gate?: number): Promise<Float32Array> {
  return patchesOf({ fold_repeats: repeats }, (weights) => {
    for (const [name, { data }] of weights) if (gate !== undefined && name.endsWith('gate')) data.fill(gate);
  });
}

/** Patches of one picture, by a tower changed like this. */
async function patchesOf(
  tower: Record<string, unknown>,
  change: (weights: Weights) => void,
  seen = maps,
): Promise<Float32Array> {
  const { config, vision } = tinyConfigs({}, tower);
  const graph = new Graph('fold', 'inference');
  graph.output('patches', foldMaps(graph, vision, graph.input('maps', 'float32', [1, 4, foldedWidth(vision)])));
  const weights: Weights = new Map();
  initialiseMissing(graph, config, weights, 'fold');
  // Layers begin as if they were not there.
  for (const [name, { data }] of weights)
    if (/out_proj|fc2/.test(name)) data.set(normals(new Random(name), data.length));
  change(weights);
  const feeds = Object.fromEntries([...weights].map(([name, { data }]) => [name, data]));
  return (await runGraph(graph, { maps: seen, ...feeds })).patches.data;
}

test('repeats of the fold’s layer begin shut, and then look once more', async () => {
  const once = await folded(0);
  expect(await folded(1)).toEqual(once);
  expect(await folded(2)).toEqual(once);
  const half = await folded(1, 0.5);
  const whole = await folded(1, 1);
  half.forEach((x, i) => {
    expect(x).toBeCloseTo((once[i] + whole[i]) / 2, 3);
  });
  expect(whole.some((x, i) => Math.abs(x - once[i]) > 0.1)).toBe(true);
});

test('what refines the finest map begins as if it were not there, and then sees two places around', async () => {
  const tower = { fold_refine: 4, fold_layers: 0, fold_repeats: 0 };
  const open = (weights: Weights): void => {
    const { data } = weights.get('model.vision_tower.vision_tower.fold.refine.conv2.weight') as { data: Float32Array };
    data.set(normals(new Random('open'), data.length));
  };
  const shut = await patchesOf({ ...tower, fold_refine: 0 }, () => {});
  expect(await patchesOf(tower, () => {})).toEqual(shut);
  const opened = await patchesOf(tower, open);
  expect(opened.some((x, i) => Math.abs(x - shut[i]) > 0.1)).toBe(true);

  // One of the first patch's 4×4 places is changed; which of the four patches look different?
  const changedBy = async (row: number, column: number): Promise<number[]> => {
    const channels = 8;
    const first = foldedWidth(tinyConfigs().vision) - 16 * channels + (row * 4 + column) * channels;
    const other = maps.map((x, i) => (i >= first && i < first + channels ? x + (i - first) : x));
    const patches = await patchesOf(tower, open, other);
    const width = patches.length / 4;
    return [0, 1, 2, 3].filter((patch) =>
      patches
        .subarray(patch * width, (patch + 1) * width)
        .some((x, i) => Math.abs(x - opened[patch * width + i]) > 1e-4),
    );
  };
  expect(await changedBy(0, 0)).toEqual([0]);
  expect(await changedBy(0, 2)).toEqual([0, 1]);
  expect(await changedBy(2, 1)).toEqual([0, 2]);
  expect(await changedBy(3, 3)).toEqual([0, 1, 2, 3]);
});

test('a temperature makes the classifier more or less sure, and changes nothing else', async () => {
  const seen = async (temperature?: number) => {
    const { vision } = tinyConfigs({}, { class_temperature: temperature });
    const graph = new Graph('tower', 'inference');
    const features = liteFeatures(graph, vision, graph.input('pixels', 'float32', [1, 3, 64, 64]));
    for (const name of ['logits', 'probabilities', 'maps'] as const) graph.output(name, features[name]);
    const feeds = Object.fromEntries(
      [...graph.parameters].map(([name, { shape }]) => [
        name,
        normals(new Random(name), elementCount(shape as number[]), 0.5),
      ]),
    );
    const out = await runGraph(graph, { pixels: normals(new Random('pixels'), 3 * 64 * 64), ...feeds });
    return { logits: out.logits.data, probabilities: out.probabilities.data, maps: out.maps.data };
  };
  const plain = await seen();
  expect(Math.max(...(await seen(0.5)).probabilities)).toBeGreaterThan(Math.max(...plain.probabilities) + 0.05);
  for (const temperature of [1, 0.5, 3]) {
    const { logits, maps, probabilities } = await seen(temperature);
    expect(logits).toEqual(plain.logits);
    expect(maps).toEqual(plain.maps);
    const weights = Array.from(logits, (x) => Math.exp((x - Math.max(...logits)) / temperature));
    const sum = weights.reduce((a, b) => a + b);
    probabilities.forEach((p, i) => {
      expect(p).toBeCloseTo(weights[i] / sum, 4);
    });
  }
});
