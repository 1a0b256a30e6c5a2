import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkGradients, type GradientCheck, type Operand, size } from '../../test/support/check-gradients.ts';
import { Random } from '../util/random.ts';
import type { GradientRule } from './gradients.ts';
import * as g from './index.ts';
import { Graph, gradients, type Value } from './index.ts';

const RUNS = Number(process.env.GRADIENT_RUNS ?? 8);
const SEED = Number(process.env.GRADIENT_SEED ?? 20);

/** Draws the shapes and numbers of one example. */
class Draw extends Random {
  /** 1 … n */
  upTo(n: number): number {
    return 1 + this.int(n);
  }

  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  shape(minRank: number, maxRank: number, side = 3): number[] {
    return Array.from({ length: this.between(minRank, maxRank) }, () => this.upTo(side));
  }

  floats(shape: readonly number[], low = -1.5, high = 1.5): Operand {
    return { kind: 'float', shape, data: Float32Array.from({ length: size(shape) }, () => this.uniform(low, high)) };
  }

  /** Numbers at least 0.5 away from zero, of either sign. */
  nonZero(shape: readonly number[]): Operand {
    const data = Float32Array.from({ length: size(shape) }, () => this.uniform(0.5, 2) * (this.chance(0.5) ? 1 : -1));
    return { kind: 'float', shape, data };
  }

  ints(shape: readonly number[], below: number): Operand {
    return { kind: 'int32', shape, data: Int32Array.from({ length: size(shape) }, () => this.int(below)) };
  }

  longs(shape: readonly number[], below: number): Operand {
    return { kind: 'int64', shape, data: BigInt64Array.from({ length: size(shape) }, () => BigInt(this.int(below))) };
  }

  bools(shape: readonly number[]): Operand {
    return { kind: 'bool', shape, data: Uint8Array.from({ length: size(shape) }, () => this.int(2)) };
  }

  /** A shape that broadcasts to `full`: leading dimensions dropped, others made 1. */
  narrowed(full: readonly number[]): number[] {
    return full.slice(this.int(full.length + 1)).map((d) => (this.chance(0.35) ? 1 : d));
  }

  /** Shapes that broadcast with each other. */
  broadcasting(count: number, maxRank = 4): number[][] {
    const full = this.shape(0, maxRank);
    return Array.from({ length: count }, () => (this.chance(0.3) ? full : this.narrowed(full)));
  }

  axes(rank: number): number[] {
    const some = this.shuffle([...Array(rank).keys()]).slice(0, this.upTo(rank));
    return some.map((a) => (this.chance(0.4) ? a - rank : a));
  }
}

/** Checks one function on random examples. */
function holds(name: string, example: (draw: Draw) => GradientCheck, runs = RUNS): void {
  test(name, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(0x7fffffff), async (seed) => {
        await checkGradients({ seed, ...example(new Draw(seed)) });
      }),
      { numRuns: runs, seed: SEED, endOnFailure: true },
    );
  });
}

describe('elementwise, with broadcasting of every kind', () => {
  for (const [name, f] of [
    ['add', g.add],
    ['sub', g.sub],
    ['mul', g.mul],
  ] as const)
    holds(name, (d) => {
      const [a, b] = d.broadcasting(2);
      return { operands: [d.floats(a), d.floats(b)], build: ([x, y]) => f(x, y) };
    });
  holds('div', (d) => {
    const [a, b] = d.broadcasting(2);
    return { operands: [d.floats(a), d.nonZero(b)], build: ([x, y]) => g.div(x, y) };
  });
  holds('numbers as operands', (d) => ({
    operands: [d.nonZero(d.shape(0, 3))],
    build: ([x]) => [g.sub(1, x), g.div(2, x), g.mul(x, -3), g.add(0.5, x), g.sub(x, 4), g.div(x, 8)],
  }));
  holds('a value used several times', (d) => ({
    operands: [d.floats(d.shape(1, 3))],
    build: ([x]) => g.add(g.mul(x, x), g.mul(x, g.add(x, g.reduceSum(x, [-1], true)))),
  }));
  holds('where', (d) => {
    const [c, a, b] = d.broadcasting(3);
    return { operands: [d.bools(c), d.floats(a), d.floats(b)], build: ([k, x, y]) => g.where(k, x, y) };
  });
  holds('where with a number', (d) => {
    const [c, a] = d.broadcasting(2);
    return {
      operands: [d.bools(c), d.floats(a)],
      build: ([k, x]) => [g.where(k, x, -2), g.where(k, 3, x)],
    };
  });

  const unary: [string, (x: Value) => Value, number, number][] = [
    ['neg', g.neg, -2, 2],
    ['exp', g.exp, -2, 1],
    ['log', g.log, 0.5, 3],
    ['sqrt', g.sqrt, 0.5, 3],
    ['reciprocal', g.reciprocal, 0.5, 2],
    ['sigmoid', g.sigmoid, -4, 4],
    ['tanh', g.tanh, -2, 2],
    ['erf', g.erf, -2, 2],
    ['gelu', g.gelu, -3, 3],
    ['silu (quickGelu, α = 1)', g.silu, -4, 4],
    ['quickGelu, α = 1.702', (x) => g.quickGelu(x), -3, 3],
  ];
  for (const [name, f, low, high] of unary)
    holds(name, (d) => ({ operands: [d.floats(d.shape(0, 3), low, high)], build: ([x]) => f(x) }));

  holds('cast to half precision and back', (d) => {
    const shape = d.shape(0, 3);
    // Multiples of 1/8 and steps of 1/8 are exact in half precision; the gradient itself is rounded to it.
    const data = Float32Array.from({ length: size(shape) }, () => d.between(-16, 16) / 8);
    return {
      operands: [{ kind: 'float', shape, data }],
      step: 1 / 8,
      build: ([x]) => g.cast(g.cast(x, 'float16'), 'float32'),
    };
  });
});

describe('products', () => {
  holds(
    'matmul, batches broadcast',
    (d) => {
      const [a, b] = d.broadcasting(2, 2);
      const [m, k, n] = [d.upTo(3), d.upTo(4), d.upTo(3)];
      return { operands: [d.floats([...a, m, k]), d.floats([...b, k, n])], build: ([x, y]) => g.matmul(x, y) };
    },
    2 * RUNS,
  );
  for (const transposeA of [false, true])
    for (const transposeB of [false, true])
      for (const bias of [false, true])
        holds(
          `gemm ${transposeA ? 'Aᵀ' : 'A'}·${transposeB ? 'Bᵀ' : 'B'}${bias ? ' + bias' : ''}`,
          (d) => {
            const [m, k, n] = [d.upTo(4), d.upTo(4), d.upTo(4)];
            const operands = [
              d.floats(transposeA ? [k, m] : [m, k]),
              d.floats(transposeB ? [n, k] : [k, n]),
              ...(bias ? [d.floats([n])] : []),
            ];
            return { operands, build: ([a, b, c]) => g.gemm(a, b, c ?? null, { transposeA, transposeB }) };
          },
          4,
        );
  holds('linear', (d) => {
    const [i, o] = [d.upTo(4), d.upTo(4)];
    return {
      operands: [d.floats([...d.shape(1, 3), i]), d.floats([o, i]), d.floats([o])],
      build: ([x, w, b]) => [g.linear(x, w, b), g.linear(x, w)],
    };
  });
});

describe('shape', () => {
  holds('transpose', (d) => {
    const shape = d.shape(1, 4);
    const permutation = d.shuffle([...shape.keys()]);
    return { operands: [d.floats(shape)], build: ([x]) => g.transpose(x, permutation) };
  });
  holds('reshape', (d) => {
    const shape = d.shape(0, 4);
    return { operands: [d.floats(shape)], build: ([x]) => g.reshape(g.mul(x, x), [size(shape), 1]) };
  });
  holds('expand', (d) => {
    const shape = d.shape(0, 4);
    return { operands: [d.floats(d.narrowed(shape))], build: ([x]) => g.expand(g.mul(x, x), shape) };
  });
  holds('concat', (d) => {
    const shape = d.shape(1, 4);
    const axis = d.int(shape.length);
    const negative = d.chance(0.5);
    const parts = Array.from({ length: d.upTo(3) }, () => shape.map((n, i) => (i === axis ? d.upTo(3) : n)));
    return {
      operands: parts.map((p) => d.floats(p)),
      build: (xs) => {
        const joined = g.concat(xs, negative ? axis - shape.length : axis);
        return g.mul(joined, joined);
      },
    };
  });
  holds('concat of one value with itself', (d) => ({
    operands: [d.floats(d.shape(1, 3))],
    build: ([x]) => g.concat([x, x, x], -1),
  }));
  holds('split, some parts unused', (d) => {
    const sizes = Array.from({ length: d.between(2, 4) }, () => d.upTo(3));
    const shape = d.shape(1, 3);
    const axis = d.int(shape.length);
    shape[axis] = sizes.reduce((a, b) => a + b, 0);
    const keep = sizes.map(() => d.chance(0.6));
    keep[d.int(keep.length)] = true;
    return {
      operands: [d.floats(shape)],
      build: ([x]) => g.split(g.mul(x, x), axis, sizes).filter((_, i) => keep[i]),
    };
  });
  holds('slice and sliceFrom', (d) => {
    const shape = d.shape(1, 4, 4);
    const axis = d.int(shape.length);
    const start = d.int(shape[axis]);
    const end = d.between(start + 1, shape[axis]);
    return {
      operands: [d.floats(shape)],
      build: ([x]) => [
        g.slice(g.mul(x, x), axis, start, end),
        g.sliceFrom(x, axis - shape.length, start, shape[axis] - start),
      ],
    };
  });
});

describe('reductions', () => {
  for (const keep of [false, true])
    for (const [name, f] of [
      ['reduceSum', g.reduceSum],
      ['reduceMean', g.reduceMean],
    ] as const)
      holds(`${name}${keep ? ', axes kept' : ''}`, (d) => {
        const shape = d.shape(1, 4);
        const axes = d.axes(shape.length);
        return { operands: [d.floats(shape)], build: ([x]) => f(g.mul(x, x), axes, keep) };
      });
  holds('no axes, all axes, a scalar', (d) => ({
    operands: [d.floats(d.shape(1, 3)), d.floats([])],
    build: ([x, y]) => [g.reduceSum(x, []), g.reduceMean(x, []), g.sumAll(g.mul(x, x)), g.sumAll(g.mul(y, y))],
  }));
  holds('softmax', (d) => ({
    operands: [d.floats([...d.shape(0, 3), d.between(1, 5)])],
    build: ([x]) => g.softmax(x),
  }));
  holds('masked softmax', (d) => {
    const [rows, columns] = [d.upTo(4), d.between(2, 5)];
    const mask = Float32Array.from({ length: rows * columns }, (_, i) => (i % columns > 0 && d.chance(0.4) ? -1e9 : 0));
    return {
      operands: [d.floats([...d.shape(0, 2), rows, columns])],
      build: ([x], graph) => g.softmax(g.add(x, graph.constant(mask, [rows, columns], 'float32'))),
    };
  });
  holds('logSoftmax', (d) => ({
    operands: [d.floats([...d.shape(0, 3), d.between(1, 5)], -3, 3)],
    build: ([x]) => g.logSoftmax(x),
  }));
});

describe('indices', () => {
  holds('gather, rows repeat', (d) => {
    const table = [d.upTo(4), ...d.shape(0, 2)];
    const index = d.shape(0, 3);
    return {
      operands: [d.floats(table), d.chance(0.5) ? d.ints(index, table[0]) : d.longs(index, table[0])],
      build: ([x, i]) => g.gather(g.mul(x, x), i),
    };
  });
  holds('gatherLast, places repeat', (d) => {
    const lead = d.shape(0, 2);
    const width = d.upTo(4);
    const index = [...lead, d.upTo(5)];
    return {
      operands: [d.floats([...lead, width]), d.chance(0.5) ? d.ints(index, width) : d.longs(index, width)],
      build: ([x, i]) => g.gatherLast(g.mul(x, x), i),
    };
  });
  holds('takeRows', (d) => {
    const [rows, width] = [d.upTo(6), d.upTo(3)];
    const index = d.shuffle([...Array(rows).keys()]).slice(0, d.upTo(rows));
    const inverse = Int32Array.from({ length: rows }, (_, r) => (index.includes(r) ? index.indexOf(r) : index.length));
    return {
      operands: [
        d.floats([rows, width]),
        { kind: 'int32', shape: [index.length], data: Int32Array.from(index) },
        { kind: 'int32', shape: [rows], data: inverse },
      ],
      build: ([x, i, j]) => g.takeRows(g.mul(x, x), i, j),
    };
  });
  holds('crossEntropy, rows left out', (d) => {
    const [rows, classes] = [d.upTo(5), d.between(2, 6)];
    const weights = Float32Array.from({ length: rows }, () => (d.chance(0.4) ? 0 : d.uniform(0.5, 1.5)));
    return {
      operands: [
        d.floats([rows, classes], -3, 3),
        d.ints([rows], classes),
        { kind: 'float', fixed: true, shape: [rows], data: weights },
      ],
      build: ([x, labels, w]) => g.crossEntropy(x, labels, w),
    };
  });
  test('crossEntropy gives no gradient when every row is left out', async () => {
    await checkGradients({
      operands: [
        new Draw(3).floats([3, 4]),
        new Draw(4).ints([3], 4),
        { kind: 'float', fixed: true, shape: [3], data: new Float32Array(3) },
      ],
      build: ([x, labels, w]) => g.crossEntropy(x, labels, w),
    });
  });
});

describe('layers', () => {
  /** Rows with a spread, so that differences stay well-conditioned. */
  const rows = (d: Draw): Operand => {
    const shape = [...d.shape(0, 2), d.between(3, 6)];
    const width = shape[shape.length - 1];
    const data = Float32Array.from({ length: size(shape) }, (_, i) => ((i % width) % 2 ? 1 : -1) * d.uniform(0.4, 2));
    return { kind: 'float', shape, data };
  };
  holds('layerNorm', (d) => {
    const x = rows(d);
    const width = x.shape.slice(-1);
    return {
      operands: [x, d.floats(width), d.floats(width)],
      build: ([v, weight, bias]) => g.layerNorm(v, weight, bias, 1e-5),
    };
  });
  holds('rmsNorm', (d) => {
    const x = rows(d);
    return { operands: [x, d.floats(x.shape.slice(-1))], build: ([v, weight]) => g.rmsNorm(v, weight, 1e-6) };
  });
  holds('rmsNorm with its statistic from the input again', (d) => {
    const x = rows(d);
    return {
      operands: [x, d.floats(x.shape.slice(-1))],
      build([v, weight], graph) {
        const y = g.rmsNorm(v, weight, 0.01);
        g.recomputeRmsNorms(graph);
        return y;
      },
    };
  });
  holds('norms with a large epsilon', (d) => {
    const x = rows(d);
    const width = x.shape.slice(-1);
    return {
      operands: [x, d.floats(width), d.floats(width)],
      build: ([v, weight, bias]) => [g.layerNorm(v, weight, bias, 0.5), g.rmsNorm(v, weight, 0.5)],
    };
  });
  holds('rotary, any positions', (d) => {
    const [batch, heads, length, half, positions] = [d.upTo(2), d.upTo(3), d.upTo(3), d.upTo(3), 7];
    const { cos, sin } = angles(positions, half);
    return {
      operands: [d.floats([batch, heads, length, 2 * half]), d.longs([batch, length], positions)],
      build: ([x, at], graph) => {
        const table = (data: Float32Array): Value => graph.constant(data, [positions, half], 'float32');
        return g.rotary(x, at, table(cos), table(sin));
      },
    };
  });
  holds('rotary from an offset', (d) => {
    const [batch, heads, length, half, positions] = [d.upTo(2), d.upTo(3), d.upTo(3), d.upTo(3), 7];
    const { cos, sin } = angles(positions, half);
    return {
      operands: [d.floats([batch, heads, length, 2 * half]), d.longs([1], 4)],
      build: ([x, at], graph) => {
        const table = (data: Float32Array): Value => graph.constant(data, [positions, half], 'float32');
        return g.rotary(x, at, table(cos), table(sin));
      },
    };
  });
});

function angles(positions: number, half: number): { cos: Float32Array; sin: Float32Array } {
  const at = (f: (x: number) => number) =>
    Float32Array.from({ length: positions * half }, (_, i) => f(Math.floor(i / half) * 3 ** -(i % half)));
  return { cos: at(Math.cos), sin: at(Math.sin) };
}

/** Llama's decoder layer in small: 3 tokens, 2 heads over 1 key head, head width 4. */
function decoderLayer(values: Value[], graph: Graph): Value {
  const [x, at, norm1, wq, wk, wv, wo, norm2, gate, up, down] = values;
  const { cos, sin } = angles(8, 2);
  const [cosTable, sinTable] = [cos, sin].map((data) => graph.constant(data, [8, 2], 'float32'));
  const heads = (v: Value, n: number): Value => g.transpose(g.reshape(v, [2, 3, n, 4]), [0, 2, 1, 3]);
  const h = g.rmsNorm(x, norm1, 1e-5);
  const q = g.rotary(heads(g.linear(h, wq), 2), at, cosTable, sinTable);
  const k = g.rotary(heads(g.linear(h, wk), 1), at, cosTable, sinTable);
  const v = heads(g.linear(h, wv), 1);
  const mask = Float32Array.from({ length: 9 }, (_, i) => (i % 3 <= Math.floor(i / 3) ? 0 : -1e9));
  const scores = g.mul(g.matmul(q, g.transpose(k, [0, 1, 3, 2])), 0.5);
  const probabilities = g.softmax(g.add(scores, graph.constant(mask, [3, 3], 'float32')));
  const seen = g.reshape(g.transpose(g.matmul(probabilities, v), [0, 2, 1, 3]), [2, 3, 8]);
  const y = g.add(x, g.linear(seen, wo));
  const z = g.rmsNorm(y, norm2, 1e-5);
  return g.add(y, g.linear(g.mul(g.silu(g.linear(z, gate)), g.linear(z, up)), down));
}

test('a decoder layer: norm, rotary attention with a causal mask and shared key heads, SwiGLU', async () => {
  const d = new Draw(11);
  const weight = (...shape: number[]): Operand => d.floats(shape, -0.6, 0.6);
  const at: Operand = { kind: 'int64', shape: [2, 3], data: BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n) };
  const operands = [d.floats([2, 3, 6]), at, d.floats([6], 0.5, 1.5), weight(8, 6), weight(4, 6), weight(4, 6)];
  operands.push(weight(6, 8), d.floats([6], 0.5, 1.5), weight(5, 6), weight(5, 6), weight(6, 5));
  await checkGradients({ operands, build: decoderLayer });
});

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
