import { describe, expect, test } from 'vitest';
import { checkGradients, type GradientCheck } from '../../test/support/check-gradients.ts';
import { angles, Draw } from '../../test/support/gradient-examples.ts';
import type { GradientRule } from './gradients.ts';
import * as g from './index.ts';
import { Graph, gradients, type Value } from './index.ts';

describe('the check catches wrong rules', () => {
  const val = (node: { inputs: readonly (Value | null)[] }, i: number): Value => node.inputs[i] as Value;
  /** Replaces the rule of every node of one operator. */
  const spoilt = (check: GradientCheck, op: string, rule: GradientRule): GradientCheck => ({
    ...check,
    build(values, graph) {
      const out = check.build(values, graph);
      for (const node of graph.nodes) if (node.op === op) graph.gradientOf.set(node, rule);
      return out;
    },
  });
  const wrong: [string, (d: Draw) => GradientCheck, string, GradientRule][] = [
    [
      'tanh with 1 − y instead of 1 − y²',
      (d) => ({ operands: [d.floats([5])], build: ([x]) => g.tanh(x) }),
      'Tanh',
      (n, [o]) => [g.mul(o as Value, g.sub(1, n.outputs[0]))],
    ],
    [
      'softmax without the sum over the row',
      (d) => ({ operands: [d.floats([2, 4])], build: ([x]) => g.softmax(x) }),
      'Softmax',
      (n, [o]) => [g.mul(o as Value, g.mul(n.outputs[0], g.sub(1, n.outputs[0])))],
    ],
    [
      'mean 2 % too large',
      (d) => ({ operands: [d.floats([4, 3])], build: ([x]) => g.reduceMean(x, [0, 1]) }),
      'ReduceMean',
      (n, [o]) => [g.expand(g.reshape(g.mul(o as Value, 1.02 / 12), [1, 1]), val(n, 0).shape as number[]), null],
    ],
    [
      'gather that keeps one of the repeated rows',
      (d) => ({
        operands: [d.floats([3, 2]), { kind: 'int32', shape: [3], data: Int32Array.of(1, 1, 2) }],
        build: ([x, i]) => g.gather(x, i),
      }),
      'Gather',
      (n, [o]) => {
        const zero = g.full(val(n, 0), [1, 2]);
        return [g.concat([zero, g.slice(o as Value, 0, 1, 3)], 0), null];
      },
    ],
    [
      'rotary that turns the same way back',
      (d) => ({
        operands: [d.floats([1, 1, 2, 4]), { kind: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 2n) }],
        build: ([x, at], graph) => {
          const { cos, sin } = angles(4, 2);
          return g.rotary(x, at, graph.constant(cos, [4, 2], 'float32'), graph.constant(sin, [4, 2], 'float32'));
        },
      }),
      'RotaryEmbedding',
      (n, [o]) => [g.rotary(o as Value, val(n, 1), val(n, 2), val(n, 3)), null, null, null],
    ],
    [
      'norm whose scale is taken as constant',
      (d) => ({ operands: [d.floats([2, 5]), d.floats([5])], build: ([x, w]) => g.rmsNorm(x, w, 1e-5) }),
      'SimplifiedLayerNormalization',
      (n, [o]) => [
        g.mul(g.mul(o as Value, val(n, 1)), n.outputs[1]),
        g.reduceSum(g.mul(o as Value, g.mul(val(n, 0), n.outputs[1])), [0]),
      ],
    ],
    [
      'gemm with an operand not transposed',
      (d) => ({ operands: [d.floats([3, 3]), d.floats([3, 3])], build: ([a, b]) => g.gemm(a, b) }),
      'Gemm',
      (n, [o]) => [g.gemm(o as Value, val(n, 1)), g.gemm(val(n, 0), o as Value, null, { transposeA: true })],
    ],
    [
      'no gradient at all',
      (d) => ({ operands: [d.floats([4]), d.floats([4])], build: ([a, b]) => g.mul(a, b) }),
      'Mul',
      (n, [o]) => [g.mul(o as Value, val(n, 1)), null],
    ],
  ];
  for (const [name, example, op, rule] of wrong)
    test(name, async () => {
      const check = example(new Draw(7));
      await checkGradients(check);
      // The rule must not be used for the loss's own nodes, so it is set on those of the function alone.
      await expect(checkGradients(spoilt(check, op, rule))).rejects.toThrow(
        /element \d+: gradient .* differences give/,
      );
    });
});

describe('which values have a gradient', () => {
  const graph = (): Graph => new Graph('test', 'training');

  test('null where the loss does not depend on a value', () => {
    const gr = graph();
    const [a, b] = ['a', 'b'].map((name) => gr.parameter(name, [2]));
    g.mul(b, 3);
    const [da, db] = gradients(g.sumAll(g.mul(a, a)), [a, b]);
    expect(da?.shape).toEqual([2]);
    expect(db).toBeNull();
  });

  test('stopGradient cuts the way', async () => {
    await expect(
      checkGradients({ operands: [new Draw(1).floats([3])], build: ([x]) => g.stopGradient(g.mul(x, x)) }),
    ).rejects.toThrow('no operand has a gradient');
    const gr = graph();
    const x = gr.parameter('x', [2]);
    const y = g.mul(x, 2);
    const [dx, dy] = gradients(g.sumAll(g.mul(g.stopGradient(y), x)), [x, y]);
    expect(dx?.shape).toEqual([2]);
    expect(dy).toBeNull();
  });

  test('no gradient flows through whole numbers and comparisons', () => {
    const gr = graph();
    const x = gr.parameter('x', [3]);
    const rounded = g.cast(g.cast(x, 'int32'), 'float32');
    const chosen = g.where(g.greaterOrEqual(x, 0), gr.parameter('y', [3]), rounded);
    const [dx, dy] = gradients(g.sumAll(chosen), [x, gr.parameter('y', [3])]);
    expect(dx).toBeNull();
    expect(dy?.shape).toEqual([3]);
  });

  test('the loss itself, and values in the middle', async () => {
    const gr = graph();
    const x = gr.parameter('x', [2]);
    const y = g.exp(x);
    const loss = g.sumAll(g.mul(y, y));
    const [dy, dl] = gradients(loss, [y, loss]);
    gr.output('dy', dy as Value);
    gr.output('dl', dl as Value);
    const { runGraph } = await import('../../test/support/run-graph.ts');
    const out = await runGraph(gr, { x: Float32Array.of(0, 1) });
    expect([...out.dy.data].map((v) => v.toFixed(4))).toEqual(['2.0000', (2 * Math.E).toFixed(4)]);
    expect([...out.dl.data]).toEqual([1]);
  });

  test('errors name the operator or the value', () => {
    const gr = graph();
    const x = gr.parameter('x', [2, 3]);
    expect(() => gradients(x, [x])).toThrow(/gradients\(x float32\[2,3\]\): the loss must be a scalar/);
    const clipped = gr.scope('head', () => g.clip(x, 0, 1));
    expect(() => gradients(g.sumAll(clipped), [x])).toThrow(/Clip \(head\/Clip_\d+\) has no gradient/);
    const table = g.gather(x, gr.ints([0]), 1);
    expect(() => gradients(g.sumAll(table), [x])).toThrow(/gradient of gather.*only along axis 0/);
  });

  test('norms of graphs not made for training say so', () => {
    for (const build of [
      (x: Value, w: Value) => g.rmsNorm(x, w, 1e-5),
      (x: Value, w: Value) => g.layerNorm(x, w, w, 1e-5),
    ]) {
      const gr = new Graph('test', 'inference');
      const [x, w] = [gr.parameter('x', [2, 3]), gr.parameter('w', [3])];
      expect(() => gradients(g.sumAll(build(x, w)), [x])).toThrow(/kept only in a training graph/);
    }
  });
});
