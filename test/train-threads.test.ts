import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMetrics, TINY_PLAN, writeTinyRun } from './support/tiny-lite.ts';

/** The command as it is built, which makes its batches in other threads unless told otherwise. */

const optimiser = (match: string) => ({
  accumulate: 2,
  groups: [{ match, optimiser: 'adamw', learningRate: 1e-3 }],
});
const steps = { steps: 25, warmup: 1, evaluateEvery: 25 };
const source = { kind: 'scenes', name: 'scenes', store: 'kept', asking: 'all', weight: 1 };
const bucket = { pictures: 4, questions: 2, promptTokens: 160, sequence: 260, labels: 400, answerTokens: 98 };
const stages = [
  { id: 'drawn', kind: 'pictures', count: 12, keep: 'maps', recipe: { kind: 'objects', size: 64, count: [1, 3] } },
  {
    id: 'naming',
    kind: 'naming',
    stores: ['drawn'],
    patches: true,
    heldOut: ['drawn'],
    batch: 4,
    ...steps,
    optimiser: optimiser('fold\\.(linear|layers)|compressor|naming_head'),
  },
  { id: 'fold', kind: 'fold', stores: [{ from: 'drawn', to: 'kept' }] },
  {
    id: 'learn',
    kind: 'answers',
    ...steps,
    lookups: 0.2,
    sources: [source],
    heldOut: [source],
    buckets: [bucket],
    optimiser: optimiser('mm_projector|prefusion_layers|model\\.layers|lookup_head'),
  },
];

const runs: { dir: string; remove(): Promise<void> }[] = [];
beforeAll(async () => {
  for (const workers of ['0', '2']) {
    const run = await writeTinyRun(['It is a cat.']);
    runs.push(run);
    await writeFile(join(run.dir, 'plan.json'), JSON.stringify({ ...TINY_PLAN, stages }));
    const flags = ['--threads', '1', '--workers', workers];
    const { stderr } = await promisify(execFile)(process.execPath, [
      'dist/cli/main.js',
      'train',
      join(run.dir, 'plan.json'),
      ...flags,
    ]);
    expect(stderr).toContain('complete');
  }
}, 120_000);
afterAll(async () => {
  for (const { remove } of runs) await remove();
});

it('comes to the same whichever threads make the batches', async () => {
  const [own, others] = await Promise.all(
    runs.map(async ({ dir }) => ({
      metrics: (await readMetrics(dir)).map(({ seconds, samplesPerSecond, ...rest }) => rest),
      weights: await readFile(join(dir, 'run', 'learn.safetensors')),
    })),
  );
  expect(own.metrics.length).toBe(4);
  expect(others.metrics).toEqual(own.metrics);
  expect(others.weights.equals(own.weights)).toBe(true);
});

it('ends with the error of a thread', async () => {
  const { dir } = runs[1];
  const narrow = stages.map((stage) =>
    stage.id === 'learn' ? { ...stage, id: 'narrow', buckets: [{ ...bucket, answerTokens: 1 }] } : stage,
  );
  await writeFile(join(dir, 'narrow.json'), JSON.stringify({ ...TINY_PLAN, stages: narrow }));
  const failed = promisify(execFile)(process.execPath, [
    'dist/cli/main.js',
    'train',
    join(dir, 'narrow.json'),
    '--threads',
    '1',
  ]);
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no question of scenes fits a step'),
  });
}, 60_000);
