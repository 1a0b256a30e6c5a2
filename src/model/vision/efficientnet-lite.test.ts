import { expect, test } from 'vitest';
import { runGraph } from '../../../test/support/run-graph.ts';
import { normals, tinyConfigs } from '../../../test/support/tiny-lite.ts';
import { Graph } from '../../graph/index.ts';
import { initialiseMissing } from '../../train/initialise.ts';
import type { Weights } from '../../train/weights.ts';
import { Random } from '../../util/random.ts';
import { foldedWidth, foldMaps } from './efficientnet-lite.ts';

const maps = normals(new Random('maps'), 4 * foldedWidth(tinyConfigs().vision));

/** Patches of one picture after so many repeats of the fold's layer; `gate` opens them. */
async function folded(repeats: number, gate?: number): Promise<Float32Array> {
  const { config, vision } = tinyConfigs({}, { fold_repeats: repeats });
  const graph = new Graph('fold', 'inference');
  graph.output('patches', foldMaps(graph, vision, graph.input('maps', 'float32', [1, 4, foldedWidth(vision)])));
  const weights: Weights = new Map();
  initialiseMissing(graph, config, weights, 'fold');
  // Layers begin as if they were not there.
  for (const [name, { data }] of weights)
    if (/out_proj|fc2/.test(name)) data.set(normals(new Random(name), data.length));
  for (const [name, { data }] of weights) if (gate !== undefined && name.endsWith('gate')) data.fill(gate);
  const feeds = Object.fromEntries([...weights].map(([name, { data }]) => [name, data]));
  return (await runGraph(graph, { maps, ...feeds })).patches.data;
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
