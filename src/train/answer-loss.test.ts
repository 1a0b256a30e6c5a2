import { describe, expect, it } from 'vitest';
import { type OpenGraph, type Outputs, openGraph } from '../../test/support/run-graph.ts';
import { normals, tinyConfigs } from '../../test/support/tiny-lite.ts';
import { Graph, gradients } from '../graph/index.ts';
import type { ModelConfig } from '../model/config.ts';
import { type AnswerLossOptions, answerLoss, ownSizes } from '../model/training.ts';
import type { VisionConfig } from '../model/vision/index.ts';
import { Random } from '../util/random.ts';
import { type Bucket, layOutAnswers, layOutPointers, type TokenisedPair } from './answer-batch.ts';
import { initialiseMissing } from './initialise.ts';
import { targetTensors } from './target-tensors.ts';
import type { Weights } from './weights.ts';

const IMAGE = -200;
const PATCHES = 5;

interface Step {
  bucket: Bucket;
  run(
    features: Float32Array,
    groups: TokenisedPair[][],
    spoil?: (name: string, data: Int32Array) => void,
  ): Promise<Outputs>;
  close(): Promise<void>;
}

async function openStep(
  config: ModelConfig,
  vision: VisionConfig,
  weights: Weights,
  bucket: Bucket,
  beside: Pick<AnswerLossOptions, 'pointer'> = {},
): Promise<Step> {
  const graph = new Graph('answers', 'training');
  const features = graph.input('features', 'float32', [bucket.pictures, PATCHES, config.visionWidth]);
  const { loss } = answerLoss(graph, config, vision, features, bucket, beside);
  const parameters = [...graph.parameters.values()];
  gradients(loss, [...parameters, features]).forEach((gradient, i) => {
    if (gradient) graph.output(`d/${[...parameters, features][i].name}`, gradient);
  });
  graph.output('loss', loss);
  initialiseMissing(graph, config, weights, 'block mask');
  const session: OpenGraph = await openGraph(graph);
  const own = Object.fromEntries(parameters.map((p) => [p.name, (weights.get(p.name) as { data: Float32Array }).data]));
  return {
    bucket,
    run: (data, groups, spoil) => {
      const tensors = {
        ...layOutAnswers(groups, bucket, config.compressorSize ** 2),
        ...(beside.pointer ? targetTensors('pointer_lookup', layOutPointers(groups, bucket)) : {}),
      };
      const feeds = Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => {
          if (tensor.type === 'int32') spoil?.(name, tensor.data as Int32Array);
          return [name, tensor.data as Int32Array | Float32Array];
        }),
      );
      return session.run({ ...own, ...feeds, features: data });
    },
    close: () => session.close(),
  };
}

function randomPair(random: Random, opening: readonly number[] = []): TokenisedPair {
  const ids = (n: number): number[] => Array.from({ length: n }, () => 1 + random.int(300));
  if (opening.length > 0) return { prompt: [...opening, ...ids(2 + random.int(5))], answer: ids(1 + random.int(4)) };
  const prompt = [1, IMAGE, ...ids(2 + random.int(5))];
  if (random.chance(0.5)) prompt.splice(2 + random.int(prompt.length - 1), 0, 0);
  return { prompt, answer: ids(1 + random.int(4)) };
}

const MODELS: Record<string, unknown>[] = [
  {},
  { compressor_size: 2, prefusion_layer_num: 2, num_key_value_heads: 1, tie_word_embeddings: false },
  { num_attention_heads: 4, num_key_value_heads: 2, num_hidden_layers: 1, prefusion_layer_num: 3 },
];

/** What prompts of a step begin with: nothing that is run for all, or words around the picture, in front of it, or behind it. */
const OPENINGS: readonly number[][] = [[], [3, 4, IMAGE, 5], [IMAGE, 6], [7, 8]];
const CASES = MODELS.flatMap((json, i) => OPENINGS.map((opening) => [i, opening, json] as const));

describe.each(CASES)('answerLoss, model %i, opening %j', (i, opening, json) => {
  const { config, vision } = tinyConfigs(json);
  const random = new Random(`answers ${i} ${opening}`);
  const [pictures, questions] = [2, 3];
  const pair = () => randomPair(random, opening);
  const groups = Array.from({ length: pictures }, () => Array.from({ length: questions }, pair));
  const count = groups.flat().reduce((n, p) => n + p.answer.length, 0);
  const features = normals(random, pictures * PATCHES * config.visionWidth);
  const sizes = { promptTokens: 12, sequence: 24, answerTokens: 4 };

  it('of several questions about a picture in one pass is that of each alone, and so are its gradients', async () => {
    const weights: Weights = new Map();
    const together = await openStep(config, vision, weights, {
      ...{ pictures, questions, labels: count + 3, opening },
      ...sizes,
    });
    const alone = await openStep(config, vision, weights, { pictures: 1, questions: 1, labels: 5, ...sizes });
    const expected = new Map<string, Float64Array>();
    let loss = 0;
    const each = PATCHES * config.visionWidth;
    for (const [p, group] of groups.entries())
      for (const pair of group) {
        const out = await alone.run(features.slice(p * each, (p + 1) * each), [[pair]]);
        const share = pair.answer.length / count;
        loss += out.loss.data[0] * share;
        for (const [name, { data }] of Object.entries(out)) {
          if (name === 'loss') continue;
          const at = name === 'd/features' ? p * each : 0;
          const sum = expected.get(name) ?? new Float64Array(name === 'd/features' ? pictures * each : data.length);
          data.forEach((x, k) => {
            sum[at + k] += x * share;
          });
          expected.set(name, sum);
        }
      }
    const out = await together.run(features, groups);
    expect(out.loss.data[0]).toBeCloseTo(loss, 5);
    expect(Object.keys(out).sort()).toEqual([...expected.keys(), 'loss'].sort());
    for (const [name, sum] of expected) {
      const largest = sum.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-3);
      const worst = sum.reduce((m, x, k) => Math.max(m, Math.abs(x - out[name].data[k])), 0);
      expect(worst / largest, name).toBeLessThan(2e-4);
      expect(
        out[name].data.some((x) => x !== 0),
        `${name} moves`,
      ).toBe(true);
    }
    await together.close();
    await alone.close();
  });

  it('does not look at padding, nor learn from it', async () => {
    const few = [groups[0].slice(0, 2)];
    const step = await openStep(config, vision, new Map(), { pictures, questions, labels: 20, opening, ...sizes });
    const plain = await step.run(features, few);
    const inUse = layOutAnswers(few, step.bucket, config.compressorSize ** 2);
    const fused = new Set<number>();
    const raw = new Set<number>();
    const n = pictures * questions;
    const { sequence } = ownSizes(step.bucket, config.compressorSize ** 2);
    (inUse.rows_inverse.data as Int32Array).forEach((row, source) => {
      if (row === n * sequence) return;
      if (source < n * sequence) raw.add(source);
      else fused.add(source - n * sequence);
    });
    const noise = new Random('padding');
    const spoilt = await step.run(features, few, (name, data) => {
      if (name === 'prompt_ids') for (let k = 0; k < data.length; k++) if (!fused.has(k)) data[k] = noise.int(300);
      if (name === 'token_ids') for (let k = 0; k < data.length; k++) if (!raw.has(k)) data[k] = noise.int(300);
    });
    for (const [name, { data }] of Object.entries(plain)) {
      const largest = data.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-3);
      const worst = data.reduce((m, x, k) => Math.max(m, Math.abs(x - spoilt[name].data[k])), 0);
      expect(worst / largest, name).toBeLessThan(1e-5);
    }
    // The second picture has no question.
    const half = PATCHES * config.visionWidth;
    expect(plain['d/features'].data.slice(half).every((x) => x === 0)).toBe(true);
    await step.close();
  });
});

describe('a pointer', () => {
  const { config, vision } = tinyConfigs({ num_hidden_layers: 4 });
  const random = new Random('pointer');
  const bucket = { pictures: 1, questions: 2, labels: 12, promptTokens: 12, sequence: 24, answerTokens: 4 };
  const list = { prompt: [1, IMAGE, 5, 6], answer: [50, 51, 52, 2], pointer: [3, 3, 7, 9] };
  const other = { prompt: [1, IMAGE, 8], answer: [60, 2] };
  const features = normals(random, PATCHES * config.visionWidth);

  it('teaches half of the language model and what lies before, not the layers behind', async () => {
    const weights: Weights = new Map();
    const plain = await openStep(config, vision, weights, bucket);
    const pointing = await openStep(config, vision, weights, bucket, { pointer: { classes: 10, weight: 1 } });
    const [without, told] = [await plain.run(features, [[other, list]]), await pointing.run(features, [[other, list]])];
    expect(told.loss.data[0]).toBeGreaterThan(without.loss.data[0] + 0.1);
    const moved = (name: string): number =>
      told[name].data.reduce((most, x, k) => Math.max(most, Math.abs(x - without[name].data[k])), 0);
    const names = Object.keys(without).filter((name) => name.startsWith('d/model.'));
    const behind = names.filter((name) => /model\.(layers\.[23]|norm)\./.test(name));
    const before = names.filter((name) => /model\.(layers\.[01]|prefusion_layers|compressor)\..*proj/.test(name));
    expect(behind.length).toBeGreaterThan(10);
    expect(before.length).toBeGreaterThan(10);
    for (const name of behind) expect(moved(name), name).toBeLessThan(1e-6);
    for (const name of before) expect(moved(name), name).toBeGreaterThan(1e-6);
    await plain.close();
    await pointing.close();
  });

  it('is told by rows of the list alone', async () => {
    const step = await openStep(config, vision, new Map(), bucket, { pointer: { classes: 10, weight: 1 } });
    const lossOf = async (pointer: readonly number[]): Promise<number> =>
      (await step.run(features, [[other, { ...list, pointer }]])).loss.data[0];
    const loss = await lossOf(list.pointer);
    for (let i = 0; i < list.pointer.length; i++) {
      const changed = list.pointer.map((slot, k) => (k === i ? 0 : slot));
      expect(Math.abs((await lossOf(changed)) - loss), `token ${i}`).toBeGreaterThan(1e-4);
    }
    // Tokens that point at nothing do not count, and other answers have none to begin with.
    expect(await lossOf([-1, -1, -1, -1])).toBeLessThan(loss - 0.1);
    await step.close();
  });
});
