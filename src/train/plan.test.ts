import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePlan } from './plan.ts';

const groups = [{ match: '.', optimiser: 'adamw', learningRate: 1e-3 }];
const bucket = { pictures: 1, questions: 1, promptTokens: 8, sequence: 12, labels: 4, answerTokens: 4 };
const STAGES = {
  tokenizer: { id: 'tokenizer', kind: 'tokenizer', scenes: 10, vocabulary: 300 },
  maps: { id: 'maps', kind: 'pictures', count: 5, keep: 'maps', recipe: { kind: 'single', size: 256 } },
  naming: {
    id: 'naming',
    kind: 'naming',
    stores: ['maps'],
    heldOut: ['maps'],
    steps: 5,
    batch: 2,
    optimiser: { groups },
  },
  fold: { id: 'fold', kind: 'fold', stores: [{ from: 'maps', to: 'patches' }] },
  cutouts: { id: 'cutouts', kind: 'cutouts', count: 5, photographs: 'photographs' },
  own: { id: 'own', kind: 'llava', file: 'data.json', images: 'images' },
  answers: {
    id: 'answers',
    kind: 'answers',
    steps: 5,
    sources: [
      { kind: 'scenes', name: 'scenes', store: 'patches', asking: 'all', weight: 1 },
      { kind: 'llava', name: 'own', store: 'own', weight: 2 },
      { kind: 'classes', store: 'patches', weight: 1 },
      { kind: 'classes', store: 'cutouts', asKept: true, weight: 1 },
    ],
    heldOut: [],
    buckets: [bucket],
    optimiser: { groups },
  },
  export: { id: 'export', kind: 'export' },
};
/** Answers that train the fold, where their groups match it. */
const onMaps = {
  ...STAGES.answers,
  id: 'on-maps',
  features: 'maps',
  sources: [{ kind: 'scenes', name: 'scenes', store: 'maps', asking: 'all', weight: 1 }],
};
type Json = Record<string, unknown>;
const plan = (stages: unknown = Object.values(STAGES), more: Json = {}): Json => ({
  name: 'test',
  model: 'model',
  start: 'start.safetensors',
  run: 'run',
  seed: 'seed',
  stages,
  ...more,
});
const withStage = (key: keyof typeof STAGES, change: Json): Json =>
  plan(Object.entries(STAGES).map(([k, stage]) => (k === key ? { ...stage, ...change } : stage)));

describe('parsePlan', () => {
  it('reads all plans of the project', async () => {
    const files = (await readdir('training')).filter((name) => name.endsWith('.json'));
    expect(files).toContain('nano-v2.json');
    for (const file of files) {
      const { stages } = parsePlan(JSON.parse(await readFile(join('training', file), 'utf8')), file);
      expect(stages.at(-1)?.kind, file).toBe('export');
    }
  });

  it('reads the plan of nano’s first weights', async () => {
    const { stages, name, startWith } = parsePlan(
      JSON.parse(await readFile('training/nano-v1.json', 'utf8')),
      'nano-v1.json',
    );
    expect(name).toBe('nano');
    expect(startWith).toBe('tower');
    expect(stages[0].kind).toBe('tokenizer');
    expect(stages.at(-1)?.kind).toBe('export');
    const kinds = stages.map((stage) => stage.kind);
    for (const kind of ['pictures', 'naming', 'fold', 'answers']) expect(kinds).toContain(kind);
  });

  it('fills in what is usual', () => {
    const { stages } = parsePlan(plan(), 'plan.json');
    expect(stages[2]).toMatchObject({
      warmup: 50,
      averageLast: 0,
      evaluateEvery: 400,
      optimiser: { clip: 1, accumulate: 1 },
    });
    expect(stages[6]).toMatchObject({ warmup: 40, evaluateEvery: 300, buckets: [{ share: 1 }] });
    const { stages: own } = parsePlan(withStage('answers', { optimiser: { groups, accumulate: 4 } }), 'plan.json');
    expect(own[6]).toMatchObject({ optimiser: { accumulate: 4 } });
  });

  it('lets stages that keep the fold still use patches made before', () => {
    const only = (match: string) => ({ optimiser: { groups: [{ ...groups[0], match }] } });
    const still = [
      { ...STAGES.naming, ...only('compressor|naming_head|fold\\.class') },
      { ...onMaps, ...only('mm_projector') },
      { ...STAGES.answers, id: 'same' },
    ];
    const stages = [STAGES.maps, STAGES.fold, STAGES.cutouts, STAGES.own, ...still, STAGES.answers];
    expect(parsePlan(plan(stages), 'plan.json').stages).toHaveLength(stages.length);
  });

  const bad: [string, unknown, string][] = [
    ['no object', 7, 'the file'],
    ['a list', [], 'the file'],
    ['nothing', null, 'the file'],
    ['no stages', plan([]), 'stages'],
    ['no seed', plan(undefined, { seed: undefined }), 'seed'],
    ['an unknown start', plan(undefined, { startWith: 'nothing' }), 'startWith'],
    ['a name that is no file name', plan(undefined, { name: '../up' }), 'name'],
    ['a stage of an unknown kind', plan([{ id: 'a', kind: 'magic' }]), 'stages.0.kind'],
    ['a stage id that is no file name', withStage('tokenizer', { id: 'a/b' }), 'stages.0.id'],
    ['no pictures', withStage('maps', { count: 0 }), 'stages.1.count'],
    ['half a picture', withStage('maps', { count: 1.5 }), 'stages.1.count'],
    ['pictures kept in no known form', withStage('maps', { keep: 'all' }), 'stages.1.keep'],
    ['a mean of more than all steps', withStage('naming', { averageLast: 1.1 }), 'stages.2.averageLast'],
    ['no steps', withStage('naming', { steps: -1 }), 'stages.2.steps'],
    ['a step of no batches', withStage('naming', { optimiser: { groups, accumulate: 0 } }), 'optimiser.accumulate'],
    ['no group of weights', withStage('naming', { optimiser: { groups: [] } }), 'stages.2.optimiser.groups'],
    [
      'a pattern that is none',
      withStage('naming', { optimiser: { groups: [{ ...groups[0], match: '(' }] } }),
      'stages.2.optimiser.groups.0.match',
    ],
    [
      'an unknown optimiser',
      withStage('naming', { optimiser: { groups: [{ ...groups[0], optimiser: 'sgd' }] } }),
      'groups.0.optimiser',
    ],
    ['no clipping', withStage('naming', { optimiser: { clip: 0, groups } }), 'stages.2.optimiser.clip'],
    ['no sources', withStage('answers', { sources: [] }), 'stages.6.sources'],
    ['an unknown source', withStage('answers', { sources: [{ kind: 'web' }] }), 'stages.6.sources.0.kind'],
    ['a bucket without a size', withStage('answers', { buckets: [{ ...bucket, labels: 0 }] }), 'buckets.0.labels'],
    ['two stages of one name', plan([STAGES.export, STAGES.export]), 'two stages are called export'],
    ['a store that nobody makes', withStage('naming', { stores: ['mops'] }), 'stage naming: stores: mops is not made'],
    ['held-out pictures that nobody makes', withStage('naming', { heldOut: ['x'] }), 'stage naming: heldOut: x'],
    ['a fold of patches', withStage('fold', { stores: [{ from: 'own', to: 'b' }] }), 'stage fold: stores.from: own'],
    ['a fold onto its own', withStage('fold', { stores: [{ from: 'maps', to: 'maps' }] }), 'maps is made twice'],
    [
      'answers from maps',
      withStage('answers', { sources: [{ kind: 'llava', name: 'x', store: 'maps', weight: 1 }] }),
      'stage answers: sources.store: maps keeps maps, not patches',
    ],
    [
      'answers from patches folded before their places were written',
      plan([
        STAGES.maps,
        STAGES.fold,
        { id: 'places', kind: 'places', store: 'patches' },
        STAGES.cutouts,
        STAGES.own,
        STAGES.answers,
      ]),
      'stage answers: sources.store: patches keeps patches of a fold that has changed since, not patches',
    ],
    [
      'answers from patches folded before more naming',
      plan([STAGES.maps, STAGES.fold, STAGES.naming, STAGES.cutouts, STAGES.own, STAGES.answers]),
      'stage answers: sources.store: patches keeps patches of a fold that has changed since, not patches',
    ],
    [
      'answers from patches folded before answers on maps that move the fold',
      plan([STAGES.maps, STAGES.fold, { ...onMaps, id: 'more' }, STAGES.cutouts, STAGES.own, STAGES.answers]),
      'stage answers: sources.store: patches keeps patches of a fold that has changed since, not patches',
    ],
    [
      'answers held out from a later stage',
      withStage('answers', { heldOut: [{ kind: 'llava', name: 'x', store: 'later', weight: 1 }] }),
      'stage answers: heldOut.store: later is not made by an earlier stage',
    ],
  ];
  for (const [what, json, message] of bad)
    it(`tells of ${what}`, () => {
      let error: unknown;
      try {
        parsePlan(json, 'plan.json');
      } catch (caught) {
        error = caught;
      }
      expect(error).toMatchObject({ name: 'LlavaMiniError', code: 'bad-data' });
      expect((error as Error).message).toMatch(/^plan\.json: /);
      expect((error as Error).message).toContain(message);
    });
});
