/**
 * @file Training speed of nano's answer stage: questions and pictures a second and GFLOP/s, against the engine's own
 * ceiling, a plain matrix product, and against the same step without the sharing of what all prompts begin with,
 * measured in turn in the same run. With `--device webgpu` also against the processor in the same run.
 *
 *     node scripts/run-typescript.mjs bench/training.ts [--runs N] [--device cpu|webgpu] [--pictures N] [--threads N]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import * as g from '../src/graph/index.ts';
import { parseModelConfig } from '../src/model/config.ts';
import { answerLoss } from '../src/model/training.ts';
import { classPatch } from '../src/model/vision/efficientnet-lite.ts';
import { parseVisionConfig } from '../src/model/vision/index.ts';
import { type Bucket, layOutAnswers } from '../src/train/answer-batch.ts';
import { initialiseMissing } from '../src/train/initialise.ts';
import type { OptimiserConfig } from '../src/train/optimiser.ts';
import { StepRunner } from '../src/train/step-runner.ts';
import type { Weights } from '../src/train/weights.ts';
import { median, table } from './median.ts';

type Device = 'cpu' | 'webgpu';

const text = (value: string): { type: 'string'; default: string } => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: { runs: text('9'), device: text('cpu'), pictures: text('32'), threads: text('2') },
});
const [runs, pictures, threads] = [values.runs, values.pictures, values.threads].map(Number);
const device = values.device as Device;
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const config = parseModelConfig(json('models/nano/config.json'));
const vision = parseVisionConfig(json('models/nano/vision_tower/config.json'), 'vision_tower/config.json');
if (vision.kind !== 'efficientnet_lite') throw new Error('nano has an EfficientNet-Lite');

/** nano's prompts begin with eight tokens, the picture and a line break. */
const OPENING = [3, 22, 23, 24, 25, 26, 27, 4, -200, 10];
const bucket: Bucket = {
  pictures,
  questions: 4,
  promptTokens: 25,
  sequence: 36,
  labels: 28 * pictures,
  answerTokens: 9,
};
const questions = bucket.pictures * bucket.questions;
const side = vision.imageSize / 32;
const MATCH = 'fold\\.class|embed_tokens|mm_projector|prefusion_layers|model\\.layers|model\\.norm';

/** Floating-point operations of a graph's matrix products. */
function matrixOperations(graph: g.Graph): number {
  let sum = 0;
  for (const node of graph.nodes) {
    if (!['Gemm', 'MatMul'].includes(node.op)) continue;
    const [a] = node.inputs as g.Value[];
    const shape = a.shape as number[];
    const inner = node.attributes.transA === 1 ? shape[0] : shape[shape.length - 1];
    sum += 2 * inner * (node.outputs[0].shape as number[]).reduce((p, q) => p * q, 1);
  }
  return sum;
}

async function stepOf(
  optimiser: 'adamw' | 'muon',
  opening: readonly number[],
  on: Device = device,
): Promise<{ run: () => Promise<void>; operations: number }> {
  const shape = { ...bucket, opening };
  const graph = new g.Graph('answers', 'training');
  const lite = vision as Extract<typeof vision, { kind: 'efficientnet_lite' }>;
  const patches = graph.input('patches', 'float16', [bucket.pictures, side * side, lite.width]);
  const probabilities = graph.input('probabilities', 'float16', [bucket.pictures, lite.classes]);
  const features = g.concat([g.cast(patches, 'float32'), classPatch(graph, lite, g.cast(probabilities, 'float32'))], 1);
  const { loss } = answerLoss(graph, config, lite, features, shape);
  const weights: Weights = new Map();
  initialiseMissing(graph, config, weights, 'bench');
  const plan: OptimiserConfig = { clip: 1, groups: [{ match: MATCH, optimiser, learningRate: 1e-4 }] };
  const runner = await StepRunner.create({ step: { graph, loss } }, weights, plan, { threads, device: on });
  const group = Array.from({ length: bucket.questions }, () => ({
    prompt: [...OPENING, ...Array.from({ length: 11 }, (_, i) => 10 + i), 5],
    answer: [10, 11, 12, 13, 14, 2],
  }));
  const batch = {
    patches: new ort.Tensor(
      'float16',
      new Uint16Array(bucket.pictures * side * side * lite.width).fill(0x3800),
      patches.shape as number[],
    ),
    probabilities: new ort.Tensor(
      'float16',
      new Uint16Array(bucket.pictures * lite.classes).fill(0x1418),
      probabilities.shape as number[],
    ),
    ...layOutAnswers(
      Array.from({ length: bucket.pictures }, () => group),
      shape,
      config.compressorSize ** 2,
    ),
  };
  return {
    run: async () => {
      await runner.run('step', batch, 1);
    },
    operations: matrixOperations(graph),
  };
}

/** A product of matrices made where it is computed, of which one number comes back: nothing large has to travel. */
async function plainProduct(n: number, on: Device): Promise<{ run: () => Promise<void>; operations: number }> {
  const graph = new g.Graph('product', 'inference');
  const [column, row] = [graph.input('column', 'float32', [n, 1]), graph.input('row', 'float32', [1, n])];
  const matrix = g.mul(column, row);
  graph.output('sum', g.sumAll(g.matmul(matrix, matrix)));
  const session = await ort.InferenceSession.create(
    g.serialise(graph, () => ({ kind: 'input' })),
    { executionProviders: [on], intraOpNumThreads: threads },
  );
  const data = Float32Array.from({ length: n }, (_, i) => Math.sin(i));
  const feeds = { column: new ort.Tensor('float32', data, [n, 1]), row: new ort.Tensor('float32', data, [1, n]) };
  return {
    run: async () => {
      await session.run(feeds);
    },
    operations: 2 * n ** 3,
  };
}

/** A graphics card is busy with larger ones only. */
const PRODUCT = { cpu: 2048, webgpu: 8192 };

const cases = [
  { name: 'training step, Muon', ...(await stepOf('muon', OPENING)), samples: questions },
  { name: 'the same, AdamW', ...(await stepOf('adamw', OPENING)), samples: questions },
  {
    name: 'the same, Muon, the prompts’ beginning run for each question',
    ...(await stepOf('muon', [])),
    samples: questions,
  },
  { name: `matrix product ${PRODUCT[device]}`, ...(await plainProduct(PRODUCT[device], device)), samples: 0 },
  ...(device === 'cpu'
    ? []
    : [
        {
          name: `training step, Muon, on the processor`,
          ...(await stepOf('muon', OPENING, 'cpu')),
          samples: questions,
        },
        { name: `the same, AdamW, on the processor`, ...(await stepOf('adamw', OPENING, 'cpu')), samples: questions },
      ]),
];
const seconds: number[][] = cases.map(() => []);
for (let i = -1; i < runs; i++)
  for (const [c, { run }] of cases.entries()) {
    const began = performance.now();
    await run();
    if (i >= 0) seconds[c].push((performance.now() - began) / 1000);
  }
const ceiling = seconds[3].map((s) => cases[3].operations / s);
const sharing = median(seconds[2].map((s, i) => s / seconds[0][i]));
console.log(
  table([
    ['', 'ms', 'questions/s', 'pictures/s', 'GFLOP/s', 'of ceiling'],
    ...cases.map(({ name, operations, samples }, c) => {
      const s = median(seconds[c]);
      const share = median(seconds[c].map((t, i) => operations / t / ceiling[i]));
      const rate = (n: number): string => (n ? (n / s).toFixed(1) : '');
      return [
        name,
        (s * 1000).toFixed(0),
        rate(samples),
        rate(samples / bucket.questions),
        (operations / s / 1e9).toFixed(0),
        `${(100 * share).toFixed(0)} %`,
      ];
    }),
  ]),
);
console.log(`\nrunning the beginning once for each picture: ${sharing.toFixed(2)} × as fast`);
if (device !== 'cpu') {
  const faster = median(seconds[4].map((s, i) => s / seconds[0][i]));
  console.log(`on ${device}: ${faster.toFixed(1)} × as fast as on ${threads} threads of the processor`);
}
