import * as ort from 'onnxruntime-node';
import * as g from '../../src/graph/index.ts';
import { Graph, type Value } from '../../src/graph/index.ts';
import type { BatchTensors } from '../../src/train/step-runner.ts';
import type { Weights } from '../../src/train/weights.ts';
import { Random } from '../../src/util/random.ts';
import { normals } from './tiny-lite.ts';

/** `loss = mean((x·A·B + b − t)²)`: a wide matrix, a tall one and a bias. */
export const TOY = { inputs: 3, inner: 5, outputs: 2 };

export function toyGraph(rows: number): { graph: Graph; loss: Value } {
  const graph = new Graph('toy', 'training');
  const { inputs, inner, outputs } = TOY;
  const x = graph.input('x', 'float32', [rows, inputs]);
  const target = graph.input('target', 'float32', [rows, outputs]);
  const hidden = g.gemm(x, graph.parameter('wide', [inputs, inner]));
  const y = g.gemm(hidden, graph.parameter('tall', [inner, outputs]), graph.parameter('bias', [outputs]));
  const difference = g.sub(y, target);
  return { graph, loss: g.div(g.sumAll(g.mul(difference, difference)), rows * outputs) };
}

export function toyWeights(seed = 'toy'): Weights {
  const { inputs, inner, outputs } = TOY;
  const random = new Random(seed);
  const make = (...shape: number[]) => ({
    shape,
    data: normals(
      random,
      shape.reduce((a, b) => a * b, 1),
      0.5,
    ),
  });
  return new Map([
    ['wide', make(inputs, inner)],
    ['tall', make(inner, outputs)],
    ['bias', make(outputs)],
  ]);
}

export interface ToyBatch {
  x: Float32Array;
  target: Float32Array;
}

export function toyBatch(random: Random, rows: number): ToyBatch {
  return { x: normals(random, rows * TOY.inputs), target: normals(random, rows * TOY.outputs) };
}

export function toyTensors({ x, target }: ToyBatch): BatchTensors {
  return {
    x: new ort.Tensor('float32', x, [x.length / TOY.inputs, TOY.inputs]),
    target: new ort.Tensor('float32', target, [target.length / TOY.outputs, TOY.outputs]),
  };
}
