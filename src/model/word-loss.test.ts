import { expect, test } from 'vitest';
import { openGraph } from '../../test/support/run-graph.ts';
import { normals, tinyConfigs } from '../../test/support/tiny-lite.ts';
import { Graph, gradients } from '../graph/index.ts';
import { Random } from '../util/random.ts';
import { wordLoss } from './word-loss.ts';

const { config } = tinyConfigs();
const D = config.hiddenSize;
const ROWS = 3;
const WORDS = [[5], [6, 7, 6], [], [8, 9]];
const NAME = 'model.embed_tokens.weight';

test.each<{ over: string; alsoRight?: number[][] }>([
  { over: 'all classes' },
  { over: 'all but those whose words are right, too', alsoRight: [[], [3], [], []] },
])('the loss is the cross-entropy of cosines with the mean of the words, over $over', async ({ alsoRight }) => {
  const graph = new Graph('words', 'training');
  const patches = graph.input('patches', 'float32', [ROWS, D]);
  const loss = wordLoss(graph, config, 'names', patches, { table: WORDS, alsoRight });
  const table = graph.parameters.get(NAME);
  if (!table) throw new Error('the words are not taken from the token embeddings');
  const [dTable, dPatches] = gradients(loss, [table, patches]);
  graph.output('loss', loss);
  graph.output('dTable', dTable as NonNullable<typeof dTable>);
  graph.output('dPatches', dPatches as NonNullable<typeof dPatches>);
  const session = await openGraph(graph);
  const random = new Random('words');
  const embeddings = normals(random, config.vocabSize * D);
  const features = normals(random, ROWS * D);
  const targets = Int32Array.of(1, 3, 0);
  const weights = Float32Array.of(1, 0.5, 0);
  const run = (values: Float32Array) =>
    session.run({ [NAME]: embeddings, patches: values, names_targets: targets, names_weights: weights });

  const means = WORDS.map((ids) =>
    Float64Array.from({ length: D }, (_, d) => ids.reduce((sum, id) => sum + embeddings[id * D + d] / ids.length, 0)),
  );
  const norm = (v: ArrayLike<number>): number => Math.sqrt(Array.from(v).reduce((sum, x) => sum + x * x, 1e-6));
  const expected = [0, 1].reduce((sum, row) => {
    const own = features.subarray(row * D, (row + 1) * D);
    const scores = means.map((mean) => (20 * own.reduce((s, x, d) => s + x * mean[d], 0)) / norm(own) / norm(mean));
    const others = scores.filter((_, i) => !alsoRight?.[targets[row]].includes(i));
    const all = Math.log(others.reduce((s, x) => s + Math.exp(x), 0));
    return sum + weights[row] * (all - scores[targets[row]]);
  }, 0);
  const out = await run(features);
  expect(out.loss.data[0]).toBeCloseTo(expected / 1.5, 4);

  // Only the words that were named move, and towards their patches: one step lowers the loss.
  const moved = [...Array(config.vocabSize).keys()].filter((id) =>
    out.dTable.data.subarray(id * D, (id + 1) * D).some((x) => x !== 0),
  );
  expect(moved).toEqual([5, 6, 7, 8, 9]);
  expect([...out.dPatches.data.subarray(2 * D)]).toEqual(Array(D).fill(0));
  const step = await run(features.map((x, i) => x - 0.1 * out.dPatches.data[i]));
  expect(step.loss.data[0]).toBeLessThan(out.loss.data[0]);
  await session.close();
});
