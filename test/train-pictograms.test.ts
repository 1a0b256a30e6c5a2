import { readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHeader } from '../src/checkpoint/safetensors.ts';
import { openRun } from '../src/train/run.ts';
import { openAnswers } from '../src/train/run-answers.ts';
import { readWeights } from '../src/train/run-state.ts';
import type { AnswerSource } from '../src/train/stage-answers.ts';
import type { StageOf } from '../src/train/stage-run.ts';
import { SPECIAL_TOKENS } from '../src/train/tokenise.ts';
import { trainFromConfig } from '../src/train/train.ts';
import { Random } from '../src/util/random.ts';
import { readMetrics, TINY_PLAN, writeTinyRun } from './support/tiny-lite.ts';

/** The kinds of stages that follow nano's tokenizer, on a handful of drawn pictures. */

const groups = (match: string) => [{ match, optimiser: 'adamw', learningRate: 1e-3 }];
const fold = (id: string, to: string) => ({ id, kind: 'fold', stores: [{ from: 'drawn', to }] });
const answers = (id: string, store: string) => ({
  id,
  kind: 'answers',
  steps: 3,
  warmup: 1,
  averageLast: 0.5,
  evaluateEvery: 3,
  words: { names: 0.3, columns: 0.2, token: 0.3 },
  lookups: 0.2,
  sources: [{ kind: 'scenes', name: 'scenes', store, asking: 'all', favour: { choice: 8 }, weight: 1 }],
  heldOut: [{ kind: 'scenes', name: 'held', store, asking: 'all', weight: 1 }],
  buckets: [{ pictures: 4, questions: 2, promptTokens: 160, sequence: 260, labels: 400, answerTokens: 98 }],
  optimiser: { groups: groups('mm_projector|prefusion_layers|model\\.layers|lookup_head') },
});
/** Paths of a plan are relative to its folder, which is a new one each time. */
const PHOTOGRAPHS = relative(join(tmpdir(), 'one'), resolve('training/photographs'));
const PLAN = {
  ...TINY_PLAN,
  stages: [
    {
      id: 'drawn',
      kind: 'pictures',
      count: 24,
      keep: 'maps',
      recipe: {
        kind: 'mix',
        parts: [
          { weight: 1, recipe: { kind: 'single', size: 64 } },
          { weight: 2, recipe: { kind: 'objects', size: 64, count: [2, 3] } },
          { weight: 1, recipe: { kind: 'lettering', size: 64 } },
        ],
      },
    },
    {
      id: 'naming',
      kind: 'naming',
      stores: ['drawn'],
      patches: true,
      heldOut: ['drawn'],
      steps: 3,
      batch: 4,
      warmup: 1,
      averageLast: 0.5,
      optimiser: { groups: groups('fold\\.(linear|layers)|compressor|naming_head') },
    },
    fold('fold', 'kept'),
    { id: 'cutouts', kind: 'cutouts', count: 5, photographs: PHOTOGRAPHS },
    { id: 'match', kind: 'match', sharpness: 30, copy: 0.25 },
    answers('first', 'kept'),
    { id: 'places', kind: 'places', store: 'kept', pictures: 16 },
    fold('anew', 'placed'),
    answers('second', 'placed'),
    { id: 'export', kind: 'export' },
  ],
};

let run: Awaited<ReturnType<typeof writeTinyRun>>;

beforeAll(async () => {
  run = await writeTinyRun(['What is in the picture? It is a cat.', 'Where is the dog? It is on the left.']);
  await writeFile(join(run.dir, 'plan.json'), JSON.stringify(PLAN));
  await trainFromConfig(join(run.dir, 'plan.json'), { threads: 1, workers: 1 });
}, 120_000);
afterAll(() => run?.remove());

async function dataAfter(stage: string, name: string): Promise<Float32Array> {
  const weight = (await readWeights(join(run.dir, 'run', `${stage}.safetensors`))).get(name);
  return weight?.data as Float32Array;
}

it('names pictures and patches, and keeps the classifiers for a run that goes on', async () => {
  const lines = await readMetrics(run.dir);
  const naming = lines.find(({ stage }) => stage === 'naming');
  expect(Object.keys(naming ?? {})).toEqual(expect.arrayContaining(['eval/drawn', 'eval/drawn/patches']));
  const { tensors } = await readHeader(join(run.dir, 'run', 'naming.safetensors'));
  expect([...tensors.keys()]).toContain('naming_head.patches.weight');
});

it.each(['naming', 'second'])('takes the mean of the last weights where the plan says so: %s', async (stage) => {
  const { tensors, metadata } = await readHeader(join(run.dir, 'run', `state-${stage}.safetensors`));
  expect([...tensors.keys()].filter((name) => name.startsWith('mean/'))).not.toEqual([]);
  expect(JSON.parse(metadata.progress)).toMatchObject({ averaged: 1 });
});

it('makes two heads compare content, which answers then may change', async () => {
  const at = 'model.prefusion_layers.0.self_attn';
  const [before, queries, keys, later] = [
    await dataAfter('naming', `${at}.q_proj.weight`),
    await dataAfter('match', `${at}.q_proj.weight`),
    await dataAfter('match', `${at}.k_proj.weight`),
    await dataAfter('first', `${at}.q_proj.weight`),
  ];
  expect(queries).not.toEqual(before);
  expect(queries).toEqual(keys);
  expect(later).not.toEqual(queries);
});

it('writes places behind the fold: only pictures folded anew have them', async () => {
  const table = await dataAfter('places', 'model.vision_tower.vision_tower.fold.places');
  expect(table).not.toEqual(await dataAfter('first', 'model.vision_tower.vision_tower.fold.places'));
  const [kept, placed] = await Promise.all(
    ['kept', 'placed'].map((store) => readFile(join(run.dir, 'run', `${store}.f16`))),
  );
  expect(placed.length).toBe(kept.length);
  expect(placed.equals(kept)).toBe(false);
});

it('keeps patches of photographs’ surfaces', async () => {
  const [cutouts, kept] = await Promise.all(
    ['cutouts', 'kept'].map((store) => stat(join(run.dir, 'run', `${store}.f16`))),
  );
  expect(cutouts.size / 5).toBe(kept.size / 24);
});

it('scores answers and what fused names tell', async () => {
  const scores = Object.keys((await readMetrics(run.dir)).find(({ stage }) => stage === 'second') ?? {});
  expect(scores).toEqual(
    expect.arrayContaining([
      'eval/held/where',
      'eval/held/lookup/columns',
      'eval/held/lookup/rightOption',
      'eval/held/lookup/slotLetters',
      'eval/held/lookup/slotThings',
      'eval/held/lookup/pointer',
      'loss',
    ]),
  );
  const { tensors } = await readHeader(join(run.dir, 'model', 'model.safetensors'));
  expect([...tensors.keys()].filter((name) => /^(lookup|naming)_head/.test(name))).toEqual([]);
});

it('asks within conversations of up to five turns as told, held-out questions alone', async () => {
  const path = join(run.dir, 'plan.json');
  const stages = PLAN.stages.map((stage) => (stage.id === 'second' ? { ...stage, followUps: 1, everyday: 1 } : stage));
  await writeFile(path, JSON.stringify({ ...PLAN, stages }));
  const opened = await openRun(path, {});
  const stage = opened.plan.stages.find(({ id }) => id === 'second') as StageOf<'answers'>;
  const { stage: asked, close } = await openAnswers(opened, stage);
  const turns = ({ draw, length }: AnswerSource): number[] =>
    Array.from({ length }, (_, index) => {
      const into = {
        patches: new Uint16Array(4 * opened.vision.width),
        probabilities: new Uint16Array(opened.vision.classes),
        words: {},
      };
      return draw(index, new Random(index), into).map(
        ({ prompt }) => prompt.filter((id) => id === SPECIAL_TOKENS.indexOf('<|user|>')).length,
      );
    }).flat();
  try {
    expect(new Set(turns(asked.heldOut[0]))).toEqual(new Set([1]));
    expect(Math.max(...turns(asked.sources[0]))).toBe(5);
  } finally {
    close();
  }
});
