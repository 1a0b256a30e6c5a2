/** @file Layers of neural networks over `ops.ts`: fused operators where a graph's mode allows, each with its gradient. */
import { defineGradient, unbroadcast } from './gradients.ts';
import type { Graph, Node } from './graph.ts';
import { matMulBlocks } from './matmul-blocks.ts';
import * as ops from './ops.ts';
import { sameShape, shapeError, sizeOf, staticShape } from './shape.ts';
import type { Dim, Value } from './value.ts';

const MICROSOFT = 'com.microsoft';
const NOT_TRAINING = 'its statistics are kept only in a training graph';

/**
 * `x [..., in] · weight [out, in]ᵀ (+ bias [out]) → [..., out]`: a PyTorch Linear, weights as they are stored, in
 * blocks too.
 */
export function linear(x: Value, weight: Value, bias: Value | null = null): Value {
  if (weight.rank !== 2 || x.dim(-1) !== weight.shape[1]) shapeError('linear', [x, weight], 'input width differs');
  if (x.dtype !== weight.dtype) shapeError('linear', [x, weight], 'element types differ');
  if (bias && !sameShape(bias.shape, [weight.shape[0]]))
    shapeError('linear', [x, weight, bias], `the bias must be [${weight.shape[0]}]`);
  const out: Dim[] = [...x.shape.slice(0, -1), weight.shape[0]];
  const blocked = x.graph.blockedWeight(weight);
  if (blocked) return matMulBlocks(x, blocked, bias, out);
  if (x.graph.mode === 'training') {
    const rows = sizeOf(x.shape.slice(0, -1));
    return ops.reshape(ops.gemm(ops.reshape(x, [rows, x.dim(-1)]), weight, bias, { transposeB: true }), out);
  }
  const [y] = x.graph.node('FusedMatMul', [x, weight], [{ dtype: x.dtype, shape: out }], { transB: 1 }, MICROSOFT);
  return bias ? ops.add(y, bias) : y;
}

/** Layer norm over the last axis. */
export function layerNorm(x: Value, weight: Value, bias: Value, epsilon: number): Value {
  if (!sameShape(weight.shape, [x.dim(-1)]) || !sameShape(bias.shape, weight.shape))
    shapeError('layerNorm', [x, weight, bias], 'weight and bias must have the width of x');
  const statistic = { dtype: 'float32' as const, shape: [...x.shape.slice(0, -1), 1] };
  const [y] = x.graph.node(
    'LayerNormalization',
    [x, weight, bias],
    x.graph.mode === 'training' ? [x, statistic, statistic] : [x],
    { axis: -1, epsilon: { float: epsilon } },
  );
  return y;
}

defineGradient('LayerNormalization', (node, [g], wanted) => {
  const [x, weight, bias] = node.inputs as Value[];
  const [, mean, inverse] = node.outputs;
  if (!inverse) shapeError('gradient of layerNorm', [x], NOT_TRAINING);
  const normal = ops.mul(ops.sub(x, mean), inverse);
  return [
    wanted[0] ? normGradient(g as Value, weight, normal, inverse, true) : null,
    wanted[1] ? unbroadcast(ops.mul(g as Value, normal), weight) : null,
    wanted[2] ? unbroadcast(g as Value, bias) : null,
  ];
});

/** Root-mean-square norm over the last axis (Llama's). */
export function rmsNorm(x: Value, weight: Value, epsilon: number): Value {
  if (!sameShape(weight.shape, [x.dim(-1)])) shapeError('rmsNorm', [x, weight], 'weight must have the width of x');
  const one: Dim[] = [...x.shape.slice(0, -1), 1];
  const outputs = x.graph.mode === 'training' ? [x, { dtype: 'float32' as const, shape: one }] : [x];
  return x.graph.node('SimplifiedLayerNormalization', [x, weight], outputs, {
    axis: -1,
    epsilon: { float: epsilon },
    stash_type: 1,
  })[0];
}

defineGradient('SimplifiedLayerNormalization', (node, [g], wanted) => {
  const inverse = node.outputs[1];
  if (!inverse) shapeError('gradient of rmsNorm', node.outputs, NOT_TRAINING);
  return rmsNormGradient(node, g as Value, wanted, inverse);
});

/**
 * Makes the gradients of a graph's RMS norms take their statistic from the input again, not from the operator: on
 * WebGPU that writes the mean in its place (ONNX Runtime 1.30).
 */
export function recomputeRmsNorms(graph: Graph): void {
  for (const node of graph.nodes)
    if (node.op === 'SimplifiedLayerNormalization')
      graph.gradientOf.set(node, (_, [g], wanted) => {
        const x = node.inputs[0] as Value;
        const { float: epsilon } = node.attributes.epsilon as { float: number };
        const square = ops.reduceMean(ops.mul(x, x), [-1], true);
        return rmsNormGradient(node, g as Value, wanted, ops.reciprocal(ops.sqrt(ops.add(square, epsilon))));
      });
}

/**
 * Writes each LogSoftmax of a graph as the logarithm of a Softmax, which must not be zero: WebGPU has no kernel for
 * LogSoftmax (ONNX Runtime 1.30), so all logits would go to the processor and back. Call it when gradients are there:
 * they are those of LogSoftmax.
 */
export function splitLogSoftmaxes(graph: Graph): void {
  const { nodes } = graph;
  for (let at = 0; at < nodes.length; at++) {
    const { op, inputs, outputs } = nodes[at];
    if (op !== 'LogSoftmax') continue;
    const end = nodes.length;
    ops.log(ops.max(ops.softmax(inputs[0] as Value), LEAST_SHARE));
    const made = nodes.splice(end);
    const last = made.length - 1;
    made[last] = { ...made[last], outputs };
    nodes.splice(at, 1, ...made);
  }
}

/** Near the least float32 that is not rounded to zero on graphics cards. */
const LEAST_SHARE = 1e-37;

function rmsNormGradient(node: Node, g: Value, wanted: boolean[], inverse: Value): (Value | null)[] {
  const [x, weight] = node.inputs as Value[];
  const normal = ops.mul(x, inverse);
  return [
    wanted[0] ? normGradient(g, weight, normal, inverse, false) : null,
    wanted[1] ? unbroadcast(ops.mul(g, normal), weight) : null,
  ];
}

function normGradient(g: Value, weight: Value, normal: Value, inverse: Value, centred: boolean): Value {
  const d = ops.mul(g, weight);
  const along = ops.mul(normal, ops.reduceMean(ops.mul(d, normal), [-1], true));
  const rest = ops.sub(d, along);
  return ops.mul(inverse, centred ? ops.sub(rest, ops.reduceMean(d, [-1], true)) : rest);
}

/** Exact GELU, `x · Φ(x)`. */
export function gelu(x: Value): Value {
  return x.graph.node('Gelu', [x], [x], { approximate: 'none' })[0];
}

defineGradient('Gelu', (node, [g]) => {
  const x = node.inputs[0] as Value;
  const cdf = ops.mul(0.5, ops.add(1, ops.erf(ops.mul(x, Math.SQRT1_2))));
  const pdf = ops.mul(1 / Math.sqrt(2 * Math.PI), ops.exp(ops.mul(-0.5, ops.mul(x, x))));
  return [ops.mul(g as Value, ops.add(cdf, ops.mul(x, pdf)))];
});

/** `x · sigmoid(α x)`: CLIP's quick GELU with α = 1.702, SiLU with α = 1. */
export function quickGelu(x: Value, alpha = 1.702): Value {
  return x.graph.node('QuickGelu', [x], [x], { alpha: { float: alpha } }, MICROSOFT)[0];
}

export const silu = (x: Value): Value => quickGelu(x, 1);

defineGradient('QuickGelu', (node, [g]) => {
  const x = node.inputs[0] as Value;
  const { float: alpha } = node.attributes.alpha as { float: number };
  const s = ops.sigmoid(alpha === 1 ? x : ops.mul(x, alpha));
  const tail = ops.mul(node.outputs[0], ops.sub(1, s));
  return [ops.mul(g as Value, ops.add(s, alpha === 1 ? tail : ops.mul(tail, alpha)))];
});

/**
 * Rows of a table put in another order, each used once at most: `table [R, D]`, `index` int32 `[M]` → `[M, D]`.
 * `inverse` int32 `[R]` says which output row takes table row r, M for none. The gradient is the same gather
 * backwards, which, unlike adding scattered rows, is parallel and exact. Rows of the output that `inverse` does
 * not name get no gradient back.
 */
export function takeRows(table: Value, index: Value, inverse: Value): Value {
  if (table.rank !== 2 || index.rank !== 1 || !sameShape(inverse.shape, [table.shape[0]]))
    shapeError('takeRows', [table, index, inverse], 'expected [R, D], [M], [R]');
  const out = ops.gather(table, index);
  table.graph.gradientOf.set(out.producer!, (_, [g]) => {
    const zero = ops.full(table, [1, staticShape(table)[1]]);
    return [ops.gather(ops.concat([g as Value, zero], 0), inverse), null];
  });
  return out;
}

/**
 * Mean cross-entropy in nats.
 *
 * @param logits `[M, V]`, @param labels int32 `[M]`, @param weights `[M]`: 0 leaves a row out (its label must still
 *   be in range)
 * @returns `[]`; zero when all weights are zero
 */
export function crossEntropy(logits: Value, labels: Value, weights: Value): Value {
  const rows = logits.shape[0];
  if (logits.rank !== 2 || !sameShape(labels.shape, [rows]) || !sameShape(weights.shape, [rows]))
    shapeError('crossEntropy', [logits, labels, weights], 'expected [M, V], [M], [M]');
  const picked = ops.reshape(ops.gatherLast(ops.logSoftmax(logits), ops.reshape(labels, [rows, 1])), [rows]);
  return ops.neg(ops.div(ops.sumAll(ops.mul(picked, weights)), ops.max(ops.sumAll(weights), 1e-9)));
}
