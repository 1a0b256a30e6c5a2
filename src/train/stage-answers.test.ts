import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normals, tinyConfigs, tinyWeights } from '../../test/support/tiny-lite.ts';
import { floatsToHalves } from '../util/float16.ts';
import { Random } from '../util/random.ts';
import { MetricsFile } from './metrics.ts';
import {
  type AnswerSource,
  type AnswerStage,
  type AskedPair,
  answerBatches,
  answerScores,
  trainAnswers,
} from './stage-answers.ts';

const { config, vision } = tinyConfigs();
const bucket = { pictures: 2, questions: 2, promptTokens: 6, sequence: 12, labels: 12, answerTokens: 4, share: 1 };

/** Pictures of noise, each with its own questions. */
function source(name: string, questions: AskedPair[][]): AnswerSource {
  return {
    name,
    weight: 1,
    length: questions.length,
    draw(index, _random, into) {
      into.patches.set(floatsToHalves(normals(new Random(index), into.patches.length)));
      into.probabilities.fill(0);
      return questions[index];
    },
  };
}

const ask = (kind: string, prompt: number[], answer: number[]): AskedPair => ({
  kind,
  prompt: [4, -200, ...prompt],
  answer,
});

const stage = (heldOut: AnswerSource[]): AnswerStage => ({
  config,
  vision,
  weights: tinyWeights('scores'),
  features: 'patches',
  sources: [],
  heldOut,
  buckets: [bucket],
  optimiser: { clip: 1, groups: [] },
});

describe('answerBatches', () => {
  it('lets answers in a word count for more, token by token', () => {
    const word = { ...ask('name', [30], [40, 2]), short: true };
    const sentence = ask('name', [31], [41, 42, 2]);
    const of = (shortWeight?: number): number[] => {
      const batches = answerBatches({ ...stage([]), sources: [source('some', [[word, sentence]])], shortWeight });
      return Array.from(batches(new Random(1)).tensors.label_weights.data as Float32Array);
    };
    expect(of(3)).toEqual([3, 3, 1, 1, 1, 3, 3, 1, 1, 1, 0, 0]);
    expect(of()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
  });
});

describe('answerScores', () => {
  it('finds the one answer that greedy decoding gives, for each source and kind', async () => {
    const prompt = [30, 31, 32];
    const answers = Array.from({ length: config.vocabSize }, (_, id) => ask('any', prompt, [id]));
    // One picture, asked whether the next token is each of all; two questions of it go into a step.
    const all = Array.from({ length: answers.length }, (_, i) => source(`s${i}`, [[answers[i]]]));
    const scores = await answerScores(stage(all), 'seed');
    const right = Object.entries(scores).filter(([, share]) => share === 1);
    expect(Object.keys(scores)).toHaveLength(config.vocabSize);
    expect(right).toHaveLength(1);
    expect(Object.values(scores).reduce((a, b) => a + b, 0)).toBe(1);
  });

  it('passes over pictures of which nothing can be asked', async () => {
    const good = ask('name', [30], [40, 2]);
    const long = ask('describe', [30, 31, 32, 33, 34, 35, 36, 37], [40, 2]);
    const some = source('some', [[good], [], [long], [long, good, good, good], []]);
    const scores = await answerScores(stage([some, source('none', [[], [long]])]), 'seed');
    expect(Object.keys(scores)).toEqual(['some/name']);
    expect(scores['some/name']).toBeGreaterThanOrEqual(0);
  });
});

/** Trains a stage for some steps in a folder of its own; gives the running loss of each. */
async function trained(taught: AnswerStage, seed: string, steps: number): Promise<number[]> {
  const dir = await mkdtemp(join(tmpdir(), `llava-mini-${seed}-`));
  const losses: number[] = [];
  try {
    await trainAnswers(taught, {
      dir,
      stage: seed,
      seed,
      steps,
      warmup: 1,
      saveEvery: 1e9,
      evaluateEvery: 1e9,
      metrics: new MetricsFile(dir),
      threads: 1,
      onProgress: ({ loss }) => losses.push(loss),
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return losses;
}

describe('words beside the answers', () => {
  // Patch 0 shows the first class, patch 1 the second, patch 2 one without words, patch 3 nothing known.
  const shown = (wordless: number): AnswerSource => ({
    name: 'shown',
    weight: 1,
    length: 1,
    draw(_index, _random, into) {
      into.patches.set(floatsToHalves(normals(new Random('shown'), into.patches.length)));
      into.words.names?.set([0, 1, wordless, -1]);
      return [ask('name', [30], [50, 2])];
    },
  });

  const losses = (weight: number, wordless = 2): Promise<number[]> =>
    trained(
      {
        ...stage([]),
        sources: [shown(wordless)],
        words: weight ? { names: { table: [[40], [41, 42], []], weight } } : {},
        optimiser: {
          clip: 1,
          groups: [{ match: 'mm_projector', optimiser: 'adamw', learningRate: 3e-3 }],
        },
      },
      'words',
      80,
    );

  it('add their loss as much as they count, and are learnt', async () => {
    const [none, once, twice] = [await losses(0), await losses(1), await losses(2)];
    const words = once[0] - none[0];
    expect(words).toBeGreaterThan(0.1);
    expect((twice[0] - none[0]) / words).toBeCloseTo(2, 3);
    const left = (once.at(-1) as number) - (none.at(-1) as number);
    expect(left).toBeLessThan(words / 2);
  });

  it('count for nothing where a class has none', async () => {
    const [unknown, wordless] = [await losses(1, -1), await losses(1, 2)];
    expect(wordless).toEqual(unknown);
  });
});

describe('lookups beside the answers', () => {
  // The second fused token ends a name; of three pictures each shows another number of it.
  const named = (name: string): AnswerSource => ({
    name,
    weight: 1,
    length: 3,
    draw(index, _random, into) {
      into.patches.set(floatsToHalves(normals(new Random(`look ${index}`), into.patches.length)));
      into.probabilities.fill(0);
      return [{ ...ask('count', [30], [50, 2]), lookups: [{ at: 1, targets: { counts: index } }] }];
    },
  });

  it('teach fused names to tell what the picture shows, and are scored', async () => {
    const taught: AnswerStage = {
      ...stage([named('again')]),
      sources: [named('numbers')],
      lookups: { counts: { classes: 3, weight: 1 }, rows: { classes: 2, weight: 1 } },
      optimiser: {
        clip: 1,
        groups: [{ match: 'mm_projector|prefusion|lookup_head', optimiser: 'adamw', learningRate: 1e-2 }],
      },
    };
    await trained(taught, 'lookups', 120);
    const scores = await answerScores(taught, 'seed');
    expect(scores['again/lookup/counts']).toBe(1);
    // Never told: not scored either.
    expect(scores['again/lookup/rows']).toBeUndefined();
    expect(scores).toHaveProperty('again/count');
  });
});
