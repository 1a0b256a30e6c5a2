/**
 * @file Reverse-mode differentiation over a graph's nodes (its tape). The gradient is built from the same
 * operations, in the same graph, so that ONNX Runtime runs forward, backward and update as one program.
 */
import { LlavaMiniError } from '../errors.ts';
import type { Graph, Node } from './graph.ts';
import * as ops from './ops.ts';
import { sameShape, shapeError, staticShape } from './shape.ts';
import type { Value } from './value.ts';

/** From the gradients of a node's outputs (null: no one uses it) to those of its inputs (null: none). */
export type GradientRule = (node: Node, outputs: (Value | null)[], wanted: boolean[]) => (Value | null)[];

const rules = new Map<string, GradientRule>();

/** Teaches the gradient of an operator. Rules for fused operators stand beside them in `nn.ts`. */
export function defineGradient(op: string, rule: GradientRule): void {
  rules.set(op, rule);
}

/**
 * Gradients of a scalar with respect to values of its graph.
 *
 * @param loss `[]` float32
 * @returns one value per item of `wrt`, of its shape; null where the loss does not depend on it.
 * @throws `bad-graph` when an operator on the way has no gradient.
 */
export function gradients(loss: Value, wrt: readonly Value[]): (Value | null)[] {
  if (loss.rank !== 0) shapeError('gradients', [loss], 'the loss must be a scalar');
  const { graph } = loss;
  const needed = dependents(graph, wrt);
  const grads = new Map<Value, Value>();
  grads.set(loss, graph.scalar(1));
  const tape = graph.nodes.slice();
  for (let i = tape.length - 1; i >= 0; i--) {
    const node = tape[i];
    if (!node.outputs.some((v) => grads.has(v))) continue;
    const wanted = node.inputs.map((v) => v !== null && needed.has(v));
    if (!wanted.some(Boolean)) continue;
    const rule = graph.gradientOf.get(node) ?? rules.get(node.op);
    if (!rule) throw new LlavaMiniError('bad-graph', `${node.op} (${node.name}) has no gradient`);
    const out = graph.scope('grad', () =>
      rule(
        node,
        node.outputs.map((v) => grads.get(v) ?? null),
        wanted,
      ),
    );
    node.inputs.forEach((v, k) => {
      const g = out[k];
      if (!v || !wanted[k] || !g) return;
      if (!sameShape(g.shape, v.shape)) shapeError(`gradient of ${node.op}`, [v, g], 'shape differs from the value');
      const known = grads.get(v);
      grads.set(v, known ? ops.add(known, g) : g);
    });
  }
  return wrt.map((v) => grads.get(v) ?? null);
}

function dependents(graph: Graph, wrt: readonly Value[]): Set<Value> {
  const set = new Set<Value>(wrt);
  for (const node of graph.nodes) {
    if (node.op === 'Identity') continue; // stopGradient
    if (node.inputs.some((v) => v && set.has(v))) for (const v of node.outputs) set.add(v);
  }
  return set;
}

/** Sums a gradient over the axes along which its value was broadcast. */
export function unbroadcast(grad: Value, value: Value): Value {
  if (sameShape(grad.shape, value.shape)) return grad;
  const lead = grad.rank - value.rank;
  const axes = grad.shape.flatMap((d, i) => (i < lead || (value.shape[i - lead] === 1 && d !== 1) ? [i] : []));
  const summed = axes.length ? ops.reduceSum(grad, axes, false) : grad;
  return ops.reshape(summed, value.shape);
}

const swapLast = (x: Value): Value => {
  const p = [...x.shape.keys()];
  [p[p.length - 1], p[p.length - 2]] = [p[p.length - 2], p[p.length - 1]];
  return ops.transpose(x, p);
};

/** A rule for operators with one output whose gradient is always there. */
function simple(op: string, rule: (node: Node, g: Value, wanted: boolean[]) => (Value | null)[]): void {
  defineGradient(op, (node, [g], wanted) => rule(node, g as Value, wanted));
}

/** The numbers of an int64 constant. */
function constantInts(value: Value): number[] {
  const constant = value.graph.constants.get(value.name);
  if (!constant) shapeError('gradient', [value], 'expected a constant');
  return Array.from(constant.data as BigInt64Array, Number);
}

const val = (node: Node, i: number): Value => node.inputs[i] as Value;

simple('Add', (n, g) => [unbroadcast(g, val(n, 0)), unbroadcast(g, val(n, 1))]);
simple('Sub', (n, g, w) => [unbroadcast(g, val(n, 0)), w[1] ? unbroadcast(ops.neg(g), val(n, 1)) : null]);
simple('Mul', (n, g, w) => [
  w[0] ? unbroadcast(ops.mul(g, val(n, 1)), val(n, 0)) : null,
  w[1] ? unbroadcast(ops.mul(g, val(n, 0)), val(n, 1)) : null,
]);
simple('Div', (n, g, w) => [
  w[0] ? unbroadcast(ops.div(g, val(n, 1)), val(n, 0)) : null,
  w[1] ? unbroadcast(ops.neg(ops.div(ops.mul(g, n.outputs[0]), val(n, 1))), val(n, 1)) : null,
]);
simple('Neg', (_, g) => [ops.neg(g)]);
simple('Exp', (n, g) => [ops.mul(g, n.outputs[0])]);
simple('Log', (n, g) => [ops.div(g, val(n, 0))]);
simple('Sqrt', (n, g) => [ops.div(ops.mul(g, 0.5), n.outputs[0])]);
simple('Reciprocal', (n, g) => [ops.neg(ops.mul(g, ops.mul(n.outputs[0], n.outputs[0])))]);
simple('Sigmoid', (n, g) => [ops.mul(g, ops.mul(n.outputs[0], ops.sub(1, n.outputs[0])))]);
simple('Tanh', (n, g) => [ops.mul(g, ops.sub(1, ops.mul(n.outputs[0], n.outputs[0])))]);
simple('Erf', (n, g) => {
  const x = val(n, 0);
  return [ops.mul(g, ops.mul(2 / Math.sqrt(Math.PI), ops.exp(ops.neg(ops.mul(x, x)))))];
});
simple('Where', (n, g, w) => [
  null,
  w[1] ? unbroadcast(ops.where(val(n, 0), g, 0), val(n, 1)) : null,
  w[2] ? unbroadcast(ops.where(val(n, 0), 0, g), val(n, 2)) : null,
]);
const isFloat = (x: Value): boolean => x.dtype === 'float32' || x.dtype === 'float16';
// Whole numbers have no slope: rounding to them, and coming back from them, stops the gradient.
simple('Cast', (n, g) => [isFloat(val(n, 0)) && isFloat(g) ? ops.cast(g, val(n, 0).dtype) : null]);

simple('MatMul', (n, g, w) => {
  const [a, b] = [val(n, 0), val(n, 1)];
  return [
    w[0] ? unbroadcast(ops.matmul(g, swapLast(b)), a) : null,
    w[1] ? unbroadcast(ops.matmul(swapLast(a), g), b) : null,
  ];
});
simple('Gemm', (n, g, w) => {
  const [a, b] = [val(n, 0), val(n, 1)];
  const tA = n.attributes.transA === 1;
  const tB = n.attributes.transB === 1;
  return [
    !w[0]
      ? null
      : tA
        ? ops.gemm(b, g, null, { transposeA: tB, transposeB: true })
        : ops.gemm(g, b, null, { transposeB: !tB }),
    !w[1]
      ? null
      : tB
        ? ops.gemm(g, a, null, { transposeA: true, transposeB: tA })
        : ops.gemm(a, g, null, { transposeA: !tA }),
    w[2] ? ops.reduceSum(g, [0]) : null,
  ];
});

simple('Transpose', (n, g) => {
  const p = n.attributes.perm as number[];
  return [
    ops.transpose(
      g,
      p.map((_, i) => p.indexOf(i)),
    ),
  ];
});
simple('Reshape', (n, g) => [ops.reshape(g, val(n, 0).shape), null]);
simple('Expand', (n, g) => [unbroadcast(g, val(n, 0)), null]);
simple('Concat', (n, g) => {
  const axis = n.attributes.axis as number;
  const sizes = n.inputs.map((v) => staticShape(v as Value)[axis]);
  return ops.split(g, axis, sizes);
});
defineGradient('Split', (n, outs) => {
  const parts = outs.map((g, i) => g ?? ops.full(n.outputs[i], staticShape(n.outputs[i])));
  return [ops.concat(parts, n.attributes.axis as number), null];
});
simple('Slice', (n, g) => {
  const x = val(n, 0);
  const [start] = constantInts(val(n, 1));
  const [axis] = constantInts(val(n, 3));
  const size = staticShape(x)[axis];
  return [ops.padAxis(g, axis, start, size - start - staticShape(g)[axis]), null, null, null];
});
simple('Pad', (n, g) => {
  const [before] = constantInts(val(n, 1));
  const [axis] = constantInts(val(n, 3));
  return [ops.slice(g, axis, before, before + staticShape(val(n, 0))[axis]), null, null, null];
});
const reduceRule = (n: Node, g: Value, scale: number): (Value | null)[] => {
  const x = val(n, 0);
  const shape = staticShape(x);
  const axes = constantInts(val(n, 1));
  const kept = shape.map((d, i) => (axes.includes(i) ? 1 : d));
  const count = axes.reduce((p, a) => p * shape[a], 1);
  const wide = ops.expand(ops.reshape(g, kept), shape);
  return [scale === 1 ? wide : ops.mul(wide, 1 / count), null];
};
simple('ReduceSum', (n, g) => reduceRule(n, g, 1));
simple('ReduceMean', (n, g) => reduceRule(n, g, 0));

simple('Softmax', (n, g) => {
  const y = n.outputs[0];
  const gy = ops.mul(g, y);
  return [ops.sub(gy, ops.mul(y, ops.reduceSum(gy, [-1], true)))];
});
simple('LogSoftmax', (n, g) => [ops.sub(g, ops.mul(ops.exp(n.outputs[0]), ops.reduceSum(g, [-1], true)))]);

simple('Gather', (n, g) => {
  const [table, index] = [val(n, 0), val(n, 1)];
  if (n.attributes.axis !== 0) shapeError('gradient of gather', [table], 'only along axis 0');
  const shape = staticShape(table);
  const rows = staticShape(index).reduce((a, b) => a * b, 1);
  const width = shape.slice(1).reduce((a, b) => a * b, 1);
  const flat = ops.reshape(g, [rows, width]);
  const places = ops.expand(ops.reshape(index, [rows, 1]), [rows, width]);
  return [ops.reshape(ops.scatterAdd(ops.full(table, [shape[0], width]), places, flat, 0), shape), null];
});
simple('GatherElements', (n, g) => {
  const x = val(n, 0);
  return [ops.scatterAdd(ops.full(x, staticShape(x)), val(n, 1), g, -1), null];
});
