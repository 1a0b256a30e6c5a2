/**
 * @file Optimisers as graph nodes: the update of every weight is appended to the graph that computes the loss, so
 * one run is one training step.
 */
import { LlavaMiniError } from '../errors.ts';
import * as g from '../graph/index.ts';
import { type Graph, gradients, type Value } from '../graph/index.ts';

export interface WeightGroup {
  /** Regular expression on checkpoint names; the first group that matches takes the weight. */
  match: string;
  /**
   * `muon` orthogonalises the momentum of a matrix (Keller Jordan's Muon, five Newton–Schulz steps); weights that are
   * no matrices use AdamW all the same.
   */
  optimiser: 'adamw' | 'muon';
  learningRate: number;
  /** For AdamW weights inside a `muon` group. */
  adamwLearningRate?: number;
  weightDecay?: number;
}

export interface OptimiserConfig {
  groups: WeightGroup[];
  /** Largest global norm of the gradient. */
  clip: number;
  /** Batches whose gradients are averaged before each update. Default 1. */
  accumulate?: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  momentum?: number;
}

/** One tensor that a step reads and writes: a weight or a moment. */
export interface StateTensor {
  name: string;
  shape: number[];
}

export interface UpdateGraph {
  /** Names of the trained weights, in order. */
  trained: string[];
  /** Weights and moments: graph input `name`, graph output `next/name`. */
  state: StateTensor[];
}

/** A trained weight and its gradient. */
export interface Trained {
  weight: Value;
  gradient: Value;
}

/** Group of a weight, or null when it stays as it is. */
export function groupOf(name: string, config: OptimiserConfig): WeightGroup | null {
  return config.groups.find((group) => new RegExp(group.match).test(name)) ?? null;
}

/** Graph input that holds a weight's gradients of the batches before, and `next/…` the output with this one's. */
export const sumName = (weight: string): string => `gradient/${weight}`;

/**
 * Appends gradients to a graph with a loss, its only new output unless batches are accumulated: then there are inputs
 * `gradient/NAME`, and outputs `next/gradient/NAME` with this batch's share added, which is what an update takes.
 *
 * @throws LlavaMiniError `bad-data` when no group of the optimiser takes any weight of the graph
 */
export function appendGradients(graph: Graph, loss: Value, config: OptimiserConfig): Trained[] {
  const { accumulate = 1 } = config;
  const weights = [...graph.parameters.values()].filter((p) => groupOf(p.name, config));
  const found = gradients(loss, weights);
  const trained = weights.flatMap((weight, i) => (found[i] ? [{ weight, gradient: found[i] as Value }] : []));
  if (trained.length === 0)
    throw new LlavaMiniError('bad-data', 'no group of the optimiser matches a weight that this stage could train', {
      hint: `it could train, for example, ${[...graph.parameters.keys()].slice(0, 3).join(', ')}`,
    });
  graph.output('loss', loss);
  if (accumulate === 1) return trained;
  return trained.map(({ weight, gradient }) => {
    const before = graph.input(sumName(weight.name), 'float32', weight.shape);
    const sum = g.add(before, g.mul(gradient, 1 / accumulate));
    graph.output(`next/${sumName(weight.name)}`, sum);
    return { weight, gradient: sum };
  });
}

/**
 * Appends the updates. New inputs: `rate` (schedule's factor), `correction1` and `correction2` (Adam's 1 − βᵗ), all
 * `[]`; new outputs: `gradient_norm` and `next/…` for each state tensor.
 */
export function appendUpdates(graph: Graph, pairs: readonly Trained[], config: OptimiserConfig): UpdateGraph {
  const { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8, momentum = 0.95 } = config;
  const scalar = (name: string): Value => graph.input(name, 'float32', []);
  const rate = scalar('rate');
  const correction1 = scalar('correction1');
  const correction2 = scalar('correction2');

  let squares = graph.scalar(0);
  for (const { gradient } of pairs) squares = g.add(squares, g.sumAll(g.mul(gradient, gradient)));
  const norm = g.sqrt(squares);
  const scale = g.min(1, g.div(config.clip, g.add(norm, 1e-6)));

  graph.output('gradient_norm', norm);
  const state: StateTensor[] = [];
  const moment = (name: string, like: Value): Value => {
    state.push({ name, shape: like.shape as number[] });
    return graph.input(name, 'float32', like.shape);
  };

  const isMuon = ({ weight }: Trained): boolean =>
    groupOf(weight.name, config)?.optimiser === 'muon' &&
    weight.rank === 2 &&
    Math.min(...(weight.shape as number[])) > 1;
  const momenta: { weight: Value; scaled: Value }[] = [];
  for (const pair of pairs) {
    const { weight, gradient: raw } = pair;
    const group = groupOf(weight.name, config) as WeightGroup;
    const grad = g.mul(raw, scale);
    state.push({ name: weight.name, shape: weight.shape as number[] });
    const m = moment(`moment1/${weight.name}`, weight);
    if (isMuon(pair)) {
      const m2 = g.add(g.mul(m, momentum), grad);
      momenta.push({ weight, scaled: g.add(grad, g.mul(m2, momentum)) });
      graph.output(`next/moment1/${weight.name}`, m2);
      continue;
    }
    const decay = weight.rank >= 2 ? (group.weightDecay ?? 0) : 0;
    const step = g.mul(
      rate,
      group.optimiser === 'muon' ? (group.adamwLearningRate ?? group.learningRate) : group.learningRate,
    );
    const v = moment(`moment2/${weight.name}`, weight);
    const m2 = g.add(g.mul(m, beta1), g.mul(grad, 1 - beta1));
    const v2 = g.add(g.mul(v, beta2), g.mul(g.mul(grad, grad), 1 - beta2));
    const denominator = g.add(g.sqrt(g.div(v2, correction2)), epsilon);
    const direction = g.div(g.div(m2, correction1), denominator);
    graph.output(`next/moment1/${weight.name}`, m2);
    graph.output(`next/moment2/${weight.name}`, v2);
    graph.output(`next/${weight.name}`, g.sub(decayed(weight, step, decay), g.mul(direction, step)));
  }
  const directions = orthogonalised(momenta.map(({ scaled }) => scaled));
  momenta.forEach(({ weight }, i) => {
    const group = groupOf(weight.name, config) as WeightGroup;
    const [rows, columns] = weight.shape as number[];
    const step = g.mul(rate, group.learningRate);
    const direction = g.mul(directions[i], g.mul(step, Math.sqrt(Math.max(1, rows / columns))));
    graph.output(`next/${weight.name}`, g.sub(decayed(weight, step, group.weightDecay ?? 0), direction));
  });
  return { trained: pairs.map((p) => p.weight.name), state };
}

function decayed(weight: Value, step: Value, decay: number): Value {
  return decay === 0 ? weight : g.mul(weight, g.sub(1, g.mul(step, decay)));
}

/** The nearest orthogonal matrix of each, roughly. Those of one shape, or of its transpose, are computed together. */
function orthogonalised(matrices: readonly Value[]): Value[] {
  const stacks = new Map<string, number[]>();
  matrices.forEach(({ shape }, i) => {
    const key = [...shape].sort((p, q) => Number(p) - Number(q)).join();
    stacks.set(key, [...(stacks.get(key) ?? []), i]);
  });
  const made: Value[] = [];
  const isTall = ({ shape }: Value): boolean => Number(shape[0]) > Number(shape[1]);
  const turned = (x: Value, turn: boolean): Value => (turn ? g.transpose(x, [1, 0]) : x);
  for (const places of stacks.values()) {
    const wide = places.map((i) => turned(matrices[i], isTall(matrices[i])));
    const shape = wide[0].shape as number[];
    const stack = g.concat(
      wide.map((x) => g.reshape(x, [1, ...shape])),
      0,
    );
    const all = orthogonalise(stack);
    places.forEach((i, k) => {
      // Not all in one Split: a shader may write no more than a few tensors.
      made[i] = turned(g.reshape(g.slice(all, 0, k, k + 1), shape), isTall(matrices[i]));
    });
  }
  return made;
}

/** Five quintic Newton–Schulz steps on matrices that are no taller than wide; `[n, rows, columns]`. */
function orthogonalise(x: Value): Value {
  const length = g.add(g.sqrt(g.reduceSum(g.mul(x, x), [1, 2], true)), 1e-7);
  let y = g.div(x, length);
  for (let i = 0; i < 5; i++) {
    const a = g.matmul(y, g.transpose(y, [0, 2, 1]));
    const b = g.add(g.mul(a, -4.775), g.mul(g.matmul(a, a), 2.0315));
    y = g.add(g.mul(y, 3.4445), g.matmul(b, y));
  }
  return y;
}
