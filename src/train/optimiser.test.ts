import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { TOY, type ToyBatch, toyBatch, toyGraph, toyTensors, toyWeights } from '../../test/support/toy-training.ts';
import * as g from '../graph/index.ts';
import { Random } from '../util/random.ts';
import { appendGradients, appendUpdates, groupOf, type OptimiserConfig } from './optimiser.ts';
import { scheduleRate } from './schedule.ts';
import { StepRunner, type Weights } from './step-runner.ts';

type Matrix = number[][];
const matrix = (data: ArrayLike<number>, rows: number): Matrix => {
  const columns = data.length / rows;
  return Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => data[r * columns + c]));
};
const zip = (a: Matrix, b: Matrix, f: (x: number, y: number) => number): Matrix =>
  a.map((row, r) => row.map((x, c) => f(x, b[r][c])));
const map = (a: Matrix, f: (x: number) => number): Matrix => a.map((row) => row.map(f));
const transpose = (a: Matrix): Matrix => a[0].map((_, c) => a.map((row) => row[c]));
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, c) => row.reduce((sum, x, k) => sum + x * b[k][c], 0)));
const squares = (a: Matrix): number => a.flat().reduce((sum, x) => sum + x * x, 0);

interface Moving {
  w: Matrix;
  m: Matrix;
  v: Matrix;
}

/** The same training in double precision, written from the papers. */
class Plain {
  readonly weights: Record<string, Moving> = {};
  private t = 0;
  private readonly config: OptimiserConfig;

  constructor(config: OptimiserConfig) {
    this.config = config;
    for (const [name, { data, shape }] of toyWeights()) {
      const w = matrix(data, shape.length === 1 ? 1 : shape[0]);
      this.weights[name] = { w, m: map(w, () => 0), v: map(w, () => 0) };
    }
  }

  gradients({ x, target }: ToyBatch): { loss: number; gradients: Record<string, Matrix> } {
    const rows = x.length / TOY.inputs;
    const { wide, tall, bias } = this.weights;
    const input = matrix(x, rows);
    const hidden = times(input, wide.w);
    const y = times(hidden, tall.w).map((row) => row.map((value, c) => value + bias.w[0][c]));
    const difference = zip(y, matrix(target, rows), (a, b) => a - b);
    const dy = map(difference, (d) => (2 * d) / (rows * TOY.outputs));
    return {
      loss: squares(difference) / (rows * TOY.outputs),
      gradients: {
        wide: times(transpose(input), times(dy, transpose(tall.w))),
        tall: times(transpose(hidden), dy),
        bias: [dy[0].map((_, c) => dy.reduce((sum, row) => sum + row[c], 0))],
      },
    };
  }

  step(batch: ToyBatch, rate: number): { loss: number; gradientNorm: number } {
    const { loss, gradients } = this.gradients(batch);
    const trained = Object.keys(gradients).filter((name) => groupOf(name, this.config));
    const gradientNorm = Math.sqrt(trained.reduce((sum, name) => sum + squares(gradients[name]), 0));
    const scale = Math.min(1, this.config.clip / (gradientNorm + 1e-6));
    this.t++;
    for (const [name, moving] of Object.entries(this.weights)) {
      const group = groupOf(name, this.config);
      if (!group) continue;
      const grad = map(gradients[name], (x) => x * scale);
      const decay = name === 'bias' ? 0 : (group.weightDecay ?? 0);
      if (group.optimiser === 'muon' && name !== 'bias') this.muon(moving, grad, rate * group.learningRate, decay);
      else {
        const own = group.optimiser === 'muon' ? (group.adamwLearningRate ?? group.learningRate) : group.learningRate;
        this.adamw(moving, grad, rate * own, decay);
      }
    }
    return { loss, gradientNorm };
  }

  private adamw(moving: Moving, grad: Matrix, step: number, decay: number): void {
    const { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8 } = this.config;
    moving.m = zip(moving.m, grad, (m, x) => beta1 * m + (1 - beta1) * x);
    moving.v = zip(moving.v, grad, (v, x) => beta2 * v + (1 - beta2) * x * x);
    const move = zip(
      moving.m,
      moving.v,
      (m, v) => m / (1 - beta1 ** this.t) / (Math.sqrt(v / (1 - beta2 ** this.t)) + epsilon),
    );
    moving.w = zip(moving.w, move, (w, d) => w * (1 - step * decay) - step * d);
  }

  private muon(moving: Moving, grad: Matrix, step: number, decay: number): void {
    const { momentum = 0.95 } = this.config;
    moving.m = zip(moving.m, grad, (m, x) => momentum * m + x);
    let y = zip(grad, moving.m, (x, m) => x + momentum * m);
    const tall = y.length > y[0].length;
    if (tall) y = transpose(y);
    const length = Math.sqrt(squares(y)) + 1e-7;
    y = map(y, (x) => x / length);
    for (let i = 0; i < 5; i++) {
      const a = times(y, transpose(y));
      const b = zip(a, times(a, a), (p, q) => -4.775 * p + 2.0315 * q);
      y = zip(y, times(b, y), (p, q) => 3.4445 * p + q);
    }
    if (tall) y = transpose(y);
    const shape = Math.sqrt(Math.max(1, y.length / y[0].length));
    moving.w = zip(moving.w, y, (w, d) => w * (1 - step * decay) - step * shape * d);
  }
}

const STEPS = 8;
const WARMUP = 3;

const OPTIMISERS: [string, Omit<OptimiserConfig, 'clip'>][] = [
  ['AdamW', { groups: [{ match: '.', optimiser: 'adamw', learningRate: 0.05 }] }],
  ['AdamW with decay', { groups: [{ match: '.', optimiser: 'adamw', learningRate: 0.05, weightDecay: 0.3 }] }],
  [
    'AdamW with other betas',
    { beta1: 0.8, beta2: 0.9, epsilon: 1e-3, groups: [{ match: '.', optimiser: 'adamw', learningRate: 0.05 }] },
  ],
  ['Muon', { groups: [{ match: '.', optimiser: 'muon', learningRate: 0.05 }] }],
  [
    'Muon with decay, its vectors by AdamW at a rate of their own',
    {
      momentum: 0.9,
      groups: [{ match: '.', optimiser: 'muon', learningRate: 0.04, adamwLearningRate: 0.1, weightDecay: 0.2 }],
    },
  ],
  [
    'two groups and a frozen weight',
    {
      groups: [
        { match: '^wide$', optimiser: 'muon', learningRate: 0.05 },
        { match: 'bias', optimiser: 'adamw', learningRate: 0.02 },
      ],
    },
  ],
];

describe('a step in the graph is the step of the papers', () => {
  for (const [name, config] of OPTIMISERS)
    for (const clip of [1e9, 0.05])
      it(`${name}, ${clip > 1 ? 'nothing clipped' : 'clipped'}`, async () => {
        const plain = new Plain({ ...config, clip });
        const runner = await StepRunner.create({ toy: toyGraph(4) }, toyWeights(), { ...config, clip }, { threads: 1 });
        const random = new Random(name);
        for (let step = 0; step < STEPS; step++) {
          const batch = toyBatch(random, 4);
          const rate = scheduleRate(step, STEPS, WARMUP);
          const expected = plain.step(batch, rate);
          const result = await runner.run('toy', toyTensors(batch), rate);
          expect(result.loss).toBeCloseTo(expected.loss, 4);
          expect(result.gradientNorm).toBeCloseTo(expected.gradientNorm, 4);
          if (clip < 1) expect(result.gradientNorm).toBeGreaterThan(clip);
        }
        const weights = toyWeights();
        await runner.exportTo(weights);
        for (const [weight, { w }] of Object.entries(plain.weights)) {
          const { data } = weights.get(weight) as { data: Float32Array };
          w.flat().forEach((x, i) => {
            expect(data[i], `${weight}[${i}]`).toBeCloseTo(x, 3);
          });
        }
        const start = toyWeights();
        expect(runner.trained.sort()).toEqual(
          [...start.keys()].filter((key) => groupOf(key, { ...config, clip })).sort(),
        );
        if (name.includes('frozen')) expect(weights.get('tall')).toEqual(start.get('tall'));
        await runner.dispose();
      });
});

describe('matrices of one shape, lying and standing', () => {
  /** Thirty matrices whose gradients are given: the loss is the sum of their products with an input each. */
  const shapes: Record<string, [number, number]> = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`m${i}`, i % 3 === 0 ? [5, 3] : [3, 5]]),
  );
  const config: OptimiserConfig = { clip: 1e9, groups: [{ match: '.', optimiser: 'muon', learningRate: 0.1 }] };

  function given(): { graph: g.Graph; loss: g.Value } {
    const graph = new g.Graph('given', 'training');
    const products = Object.entries(shapes).map(([name, shape]) =>
      g.sumAll(g.mul(graph.parameter(name, shape), graph.input(`gradient of ${name}`, 'float32', shape))),
    );
    return { graph, loss: products.reduce((sum, product) => g.add(sum, product)) };
  }

  it('move together as each would alone', async () => {
    const random = new Random('stacks');
    const normal = (): Float32Array => Float32Array.from({ length: 15 }, () => random.normal());
    const gradients = Object.keys(shapes).map((name) => [name, normal()] as const);
    const move = async (names: readonly string[]): Promise<Weights> => {
      const weights: Weights = new Map(
        Object.entries(shapes).map(([name, shape]) => [name, { shape, data: new Float32Array(15) }]),
      );
      const groups = [{ ...config.groups[0], match: `^(${names.join('|')})$` }];
      const runner = await StepRunner.create({ given: given() }, weights, { ...config, groups }, { threads: 1 });
      const batch = gradients.map(([name, data]) => [
        `gradient of ${name}`,
        new ort.Tensor('float32', data, shapes[name]),
      ]);
      await runner.run('given', Object.fromEntries(batch), 1);
      await runner.exportTo(weights);
      await runner.dispose();
      return weights;
    };
    const moved = (weights: Weights, name: string): number[] => [...(weights.get(name) as { data: Float32Array }).data];
    const together = await move(Object.keys(shapes));
    for (const name of ['m0', 'm1', 'm3', 'm29']) {
      const alone = moved(await move([name]), name);
      expect(Math.max(...alone.map(Math.abs))).toBeGreaterThan(0.01);
      expect(moved(together, name)).toEqual(alone.map((x) => expect.closeTo(x, 5)));
    }
  });

  it('take no node with more outputs than a shader may write', () => {
    const { graph, loss } = given();
    appendUpdates(graph, appendGradients(graph, loss, config), config);
    expect(graph.nodes.filter(({ op }) => op === 'MatMul')).toHaveLength(15);
    expect(Math.max(...graph.nodes.map(({ outputs }) => outputs.length))).toBe(1);
  });
});

describe('scheduleRate', () => {
  it('warms up in a line, then falls as a cosine to its floor', () => {
    expect([0, 1, 2, 3].map((step) => scheduleRate(step, 103, 4))).toEqual([0.25, 0.5, 0.75, 1]);
    expect(scheduleRate(4, 104, 4)).toBe(1);
    expect(scheduleRate(54, 104, 4)).toBeCloseTo(0.51, 10);
    expect(scheduleRate(104, 104, 4)).toBeCloseTo(0.02, 10);
    expect(scheduleRate(1000, 104, 4, 0)).toBeCloseTo(0, 10);
    for (let step = 4; step < 104; step++)
      expect(scheduleRate(step + 1, 104, 4)).toBeLessThan(scheduleRate(step, 104, 4));
  });
});

describe('groups', () => {
  it('give a weight to the first that matches', () => {
    const config: OptimiserConfig = {
      clip: 1,
      groups: [
        { match: '^model\\.layers', optimiser: 'muon', learningRate: 1 },
        { match: 'layers', optimiser: 'adamw', learningRate: 2 },
      ],
    };
    expect(groupOf('model.layers.0.weight', config)?.learningRate).toBe(1);
    expect(groupOf('model.prefusion_layers.0.weight', config)?.learningRate).toBe(2);
    expect(groupOf('model.norm.weight', config)).toBeNull();
  });

  it('that match nothing are an error that names what could be trained', () => {
    const { graph, loss } = toyGraph(2);
    expect(() =>
      appendGradients(graph, loss, { clip: 1, groups: [{ match: 'tail', optimiser: 'adamw', learningRate: 1 }] }),
    ).toThrowError(expect.objectContaining({ code: 'bad-data', hint: expect.stringContaining('tall') }));
  });
});
