import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHeader } from '../src/checkpoint/safetensors.ts';
import { LlavaMini } from '../src/runtime/llava-mini.ts';
import { readWeights } from '../src/train/run-state.ts';
import { trainFromConfig } from '../src/train/train.ts';
import { runCli } from './support/run-cli.ts';
import { readMetrics, TINY_PLAN, writeTinyRun } from './support/tiny-lite.ts';

const PICTURES = ['cat.png', 'coffee.png', 'rocket.jpg', 'astronaut.png'];
const FOLDERS = ['examples/pictures', 'examples/pictures', 'test/data/photographs', 'test/data/photographs'];
const NAMES = ['a cat', 'a cup of coffee', 'a rocket', 'an astronaut'];
const COLOURS = ['grey', 'brown', 'white', 'orange'];
const ASKED = ['What is it?', 'What colour is it?'];
const answersOf = (i: number): string[] => [`It is ${NAMES[i]}.`, `It is ${COLOURS[i]}.`];

/** Both questions about each picture, the second once as a turn of a conversation and once by itself. */
const RECORDS = PICTURES.flatMap((image, i) => {
  const turns = ASKED.flatMap((question, k) => [
    { from: 'human', value: question },
    { from: 'gpt', value: answersOf(i)[k] },
  ]);
  const record = (id: string, conversations: typeof turns) => ({
    id,
    image,
    conversations: conversations.map((turn, k) => (k === 0 ? { ...turn, value: `<image>\n${turn.value}` } : turn)),
  });
  return [record(`${image}/both`, turns), record(`${image}/second`, turns.slice(2))];
});

const STEPS = 180;
const PLAN = {
  ...TINY_PLAN,
  stages: [
    { id: 'own', kind: 'llava', file: 'data.json', images: 'images' },
    {
      id: 'learn',
      kind: 'answers',
      steps: STEPS,
      warmup: 10,
      evaluateEvery: STEPS,
      sources: [{ kind: 'llava', name: 'own', store: 'own', weight: 1 }],
      heldOut: [{ kind: 'llava', name: 'own', store: 'own', weight: 1 }],
      buckets: [{ pictures: 8, questions: 1, promptTokens: 48, sequence: 64, labels: 120, answerTokens: 14 }],
      optimiser: {
        groups: [
          {
            match:
              'fold\\.class|compressor\\.(?!pos_embed)|mm_projector|prefusion_layers|model\\.layers|model\\.norm|embed_tokens',
            optimiser: 'muon',
            learningRate: 0.02,
            adamwLearningRate: 0.01,
          },
        ],
      },
    },
    { id: 'export', kind: 'export' },
  ],
};

interface Run {
  dir: string;
  plan: string;
  remove(): Promise<void>;
}

async function newRun(plan: object = PLAN): Promise<Run> {
  const texts = [...ASKED, ...PICTURES.flatMap((_, i) => answersOf(i))];
  const { dir, remove } = await writeTinyRun(texts);
  await mkdir(join(dir, 'images'));
  for (const [i, name] of PICTURES.entries()) await copyFile(join(FOLDERS[i], name), join(dir, 'images', name));
  await writeFile(join(dir, 'data.json'), JSON.stringify(RECORDS));
  await writeFile(join(dir, 'plan.json'), JSON.stringify(plan));
  return { dir, plan: join(dir, 'plan.json'), remove };
}

const metrics = (run: Run) => readMetrics(run.dir);

describe('a run on data in the format of LLaVA', () => {
  let run: Run;
  const log: string[] = [];
  const kept: number[] = [];
  beforeAll(async () => {
    run = await newRun();
    await trainFromConfig(run.plan, {
      threads: 1,
      onLog: (text) => log.push(text),
      onPictures: (_, done, total) => kept.push(done / total),
    });
  });
  afterAll(() => run?.remove());

  it('learns its answers', async () => {
    expect(log).toEqual(['own: llava', 'learn: answers', 'export: export']);
    expect(kept.at(-1)).toBe(1);
    const lines = await metrics(run);
    expect(lines[0]).toMatchObject({ stage: 'learn', step: 20 });
    expect(lines[0].loss).toBeGreaterThan(1);
    expect(lines.at(-1)).toMatchObject({ stage: 'learn', step: STEPS, 'eval/own/llava': 1 });
    expect(lines.at(-1)?.loss).toBeLessThan(0.05);
    expect(await readdir(join(run.dir, 'run'))).toEqual(
      expect.arrayContaining(['loss.svg', 'own.f16', 'own.jsonl', 'learn.safetensors', 'learn.done', 'export.done']),
    );
  });

  it('exports a model of 16 bits that gives them when it is asked', async () => {
    const { tensors, metadata } = await readHeader(join(run.dir, 'model', 'model.safetensors'));
    expect(new Set([...tensors.values()].map((t) => t.dtype))).toEqual(new Set(['F16']));
    expect(metadata).toMatchObject({ format: 'pt', trained_by: 'llava-mini train' });
    const model = await LlavaMini.load(join(run.dir, 'model'), { engine: 'inline', threads: 1 });
    try {
      for (const [i, name] of PICTURES.entries()) {
        const memory = await model.see(join(FOLDERS[i], name));
        for (const [k, question] of ASKED.entries()) {
          const { text } = await model.ask(memory, question, { maxTokens: 20 });
          expect(text).toBe(answersOf(i)[k]);
        }
        memory.dispose();
      }
    } finally {
      await model.dispose();
    }
  });

  it('does nothing a second time', async () => {
    const before = await metrics(run);
    const again: string[] = [];
    let steps = 0;
    await trainFromConfig(run.plan, { threads: 1, onLog: (text) => again.push(text), onProgress: () => steps++ });
    expect(again).toEqual(['own: done before', 'learn: done before', 'export: done before']);
    expect(steps).toBe(0);
    expect(await metrics(run)).toEqual(before);
  });

  it('averages what it came to with what it began from, and exports that', async () => {
    const read = async (file: string): Promise<Float32Array> =>
      (await readWeights(join(run.dir, file))).get('model.embed_tokens.weight')?.data as Float32Array;
    const average = { id: 'average', kind: 'average', with: 'start.safetensors', share: 0.25 };
    const stages = [...PLAN.stages, average, { id: 'export-average', kind: 'export' }];
    await writeFile(run.plan, JSON.stringify({ ...PLAN, stages }));
    await trainFromConfig(run.plan, { threads: 1 });
    const [learnt, start] = [await read('run/learn.safetensors'), await read('start.safetensors')];
    const exported = await read('model/model.safetensors');
    expect(learnt.some((value, i) => Math.abs(value - start[i]) > 0.01)).toBe(true);
    for (const [i, value] of exported.entries()) {
      const mean = 0.75 * learnt[i] + 0.25 * start[i];
      expect(Math.abs(value - mean)).toBeLessThan(1e-3 * Math.abs(mean) + 1e-6);
    }
    await writeFile(
      run.plan,
      JSON.stringify({ ...PLAN, stages: [...PLAN.stages, { ...average, id: 'more', with: 'nowhere' }] }),
    );
    await expect(trainFromConfig(run.plan, { threads: 1 })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('says so of a stage that the plan now has otherwise', async () => {
    const stages = PLAN.stages.map((stage) => (stage.id === 'learn' ? { ...stage, steps: STEPS + 1 } : stage));
    await writeFile(run.plan, JSON.stringify({ ...PLAN, stages }));
    const again: string[] = [];
    await trainFromConfig(run.plan, { threads: 1, onLog: (text) => again.push(text) });
    expect(again).toEqual([
      'own: done before',
      'learn: done before, as the plan had it then; delete its files to repeat it',
      'export: done before',
    ]);
  });
});

describe('a run that is interrupted', () => {
  const short = {
    ...PLAN,
    stages: PLAN.stages.map((stage) =>
      stage.id === 'learn'
        ? { ...stage, steps: 6, evaluateEvery: 6, optimiser: { ...stage.optimiser, accumulate: 2 } }
        : stage,
    ),
  };
  const exported = (run: Run): Promise<Buffer> => readFile(join(run.dir, 'model', 'model.safetensors'));

  it('goes on as if it had not been', async () => {
    const [whole, parts] = [await newRun(short), await newRun(short)];
    await trainFromConfig(whole.plan, { threads: 1 });
    const aborted = AbortSignal.abort(new Error('at once'));
    await expect(trainFromConfig(parts.plan, { threads: 1, signal: aborted })).rejects.toThrow('at once');
    for (const at of [2]) {
      const stop = new AbortController();
      const onProgress = ({ step }: { step: number }): void => {
        if (step === at) stop.abort(new Error('interrupted'));
      };
      await expect(trainFromConfig(parts.plan, { threads: 1, signal: stop.signal, onProgress })).rejects.toThrow(
        'interrupted',
      );
    }
    await trainFromConfig(parts.plan, { threads: 1, until: 'learn' });
    await expect(exported(parts)).rejects.toThrow();
    await trainFromConfig(parts.plan, { threads: 1 });
    expect((await exported(parts)).equals(await exported(whole))).toBe(true);
    const plain = (lines: Record<string, unknown>[]) =>
      lines.map(({ samplesPerSecond, seconds, ...rest }) => [rest, typeof samplesPerSecond, typeof seconds]);
    expect(plain(await metrics(parts))).toEqual(plain(await metrics(whole)));
    expect((await metrics(parts)).map((m) => m.step)).toEqual([6]);
    await whole.remove();
    await parts.remove();
  });
});

describe('a run whose process is killed', () => {
  const steps = 120;
  const plan = {
    ...PLAN,
    stages: PLAN.stages.map((stage) => (stage.id === 'learn' ? { ...stage, steps, evaluateEvery: steps } : stage)),
  };
  const train = (run: Run, control?: (child: ChildProcess) => void) =>
    runCli(['train', run.plan, '--threads', '1', '--save-every', '1'], { control });

  it('goes on from its last state to the same weights, bit for bit', async () => {
    const [whole, killed] = [await newRun(plan), await newRun(plan)];
    await trainFromConfig(whole.plan, { threads: 1 });
    const state = join(killed.dir, 'run', 'state-learn.safetensors');
    const { code, stderr } = await train(killed, async (child) => {
      while (!existsSync(state) && child.exitCode === null) await setTimeout(20);
      // Somewhere behind the state that it has saved.
      await setTimeout(300);
      child.kill('SIGKILL');
    });
    expect(code).toBeNull();
    expect(stderr).not.toContain('the training is complete');
    expect(existsSync(state)).toBe(true);
    expect(await readdir(join(killed.dir, 'run'))).not.toContain('learn.done');
    const again = await train(killed);
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(
      /^own: done before$[\s\S]*^learn: step 120 of 120, loss [\d.]+, \d[\d.]* samples\/s, 0 s left$/m,
    );
    const weights = (run: Run): Promise<Buffer> => readFile(join(run.dir, 'model', 'model.safetensors'));
    expect((await weights(killed)).equals(await weights(whole))).toBe(true);
    await whole.remove();
    await killed.remove();
  });
});

describe('what is wrong with a run is told', () => {
  const failure = async (
    change: (run: Run) => Promise<void>,
    plan: object = PLAN,
    until?: string,
  ): Promise<unknown> => {
    const run = await newRun(plan);
    try {
      await change(run);
      await trainFromConfig(run.plan, { threads: 1, until });
    } catch (error) {
      return error;
    } finally {
      await run.remove();
    }
    throw new Error('nothing was thrown');
  };
  const nothing = async (): Promise<void> => {};

  it('a plan that is not there, no JSON, or bad', async () => {
    await expect(trainFromConfig('/nowhere/plan.json')).rejects.toMatchObject({ code: 'not-found' });
    expect(await failure((run) => writeFile(run.plan, '{'))).toMatchObject({ code: 'bad-data', message: /not JSON/ });
    expect(await failure(nothing, { ...PLAN, seed: 5 })).toMatchObject({ code: 'bad-data', message: /seed/ });
    expect(await failure(nothing, PLAN, 'later')).toMatchObject({ code: 'bad-argument', message: /no stage later/ });
  });

  it('a model or weights that are not there, or not for this', async () => {
    const gone = (path: string) => (run: Run) => rm(join(run.dir, path), { recursive: true });
    expect(await failure(gone('model/config.json'))).toMatchObject({ code: 'not-found', message: /config\.json/ });
    const pixels = 'model/vision_tower/preprocessor_config.json';
    expect(await failure(gone(pixels))).toMatchObject({ code: 'not-found', message: /preprocessor_config\.json/ });
    const enlarge = async (run: Run): Promise<void> => {
      const path = join(run.dir, pixels);
      await writeFile(path, (await readFile(path, 'utf8')).replaceAll('64', '96'));
    };
    expect(await failure(enlarge)).toMatchObject({ code: 'bad-model', message: /makes pictures of 96 pixels/ });
    expect(await failure(gone('start.safetensors'))).toMatchObject({ code: 'not-found', message: /start/ });
    expect(await failure((run) => writeFile(join(run.dir, 'start.safetensors'), 'no weights at all'))).toMatchObject({
      code: 'bad-checkpoint',
    });
    expect(await failure(nothing, { ...PLAN, startWith: 'tower' })).toMatchObject({
      code: 'bad-checkpoint',
      message: /fold\.norm\.weight is missing/,
    });
  });

  it('pictures that are not there or none, and data that is bad', async () => {
    const cat = (run: Run): string => join(run.dir, 'images', PICTURES[0]);
    expect(await failure((run) => rm(cat(run)))).toMatchObject({ code: 'not-found', message: /cat\.png/ });
    expect(await failure((run) => writeFile(cat(run), 'not a picture'))).toMatchObject({ code: 'bad-image' });
    expect(await failure((run) => writeFile(join(run.dir, 'data.json'), '[{"image":"x"}]'))).toMatchObject({
      code: 'bad-data',
      message: /record 0/,
    });
  });

  it('questions that fit no step, and groups that match no weight', async () => {
    const learn = (change: object): object => ({
      ...PLAN,
      stages: PLAN.stages.map((stage) => (stage.id === 'learn' ? { ...stage, ...change } : stage)),
    });
    const bucket = { pictures: 1, questions: 1, promptTokens: 3, sequence: 8, labels: 4, answerTokens: 3 };
    expect(await failure(nothing, learn({ buckets: [bucket] }))).toMatchObject({
      code: 'bad-data',
      message: 'no question of own fits a step of 8 tokens',
    });
    const group = { match: '^nothing$', optimiser: 'adamw', learningRate: 1 };
    expect(await failure(nothing, learn({ optimiser: { groups: [group] } }))).toMatchObject({
      code: 'bad-data',
      message: /no group of the optimiser/,
    });
  });
});
