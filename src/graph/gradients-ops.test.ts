import { describe, test } from 'vitest';
import { checkGradients, size } from '../../test/support/check-gradients.ts';
import { Draw, holds, RUNS } from '../../test/support/gradient-examples.ts';
import type { Value } from './index.ts';
import * as g from './index.ts';

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
  holds('padAxis', (d) => {
    const shape = d.shape(1, 4);
    const axis = d.int(shape.length);
    const [before, after] = [d.int(3), d.int(3)];
    return {
      operands: [d.floats(shape)],
      build: ([x]) => {
        const padded = g.padAxis(g.mul(x, x), axis, before, after);
        return g.mul(padded, padded);
      },
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
