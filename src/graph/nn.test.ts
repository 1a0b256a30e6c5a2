import { describe, expect, test } from 'vitest';
import { expectClose } from '../../test/support/expect-close.ts';
import { openGraph, runGraph } from '../../test/support/run-graph.ts';
import { Random } from '../util/random.ts';
import * as g from './index.ts';
import { Graph, type GraphMode } from './index.ts';

const random = new Random('nn.test');
const normals = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

const MODES: GraphMode[] = ['inference', 'training', 'analysis'];

describe('linear', () => {
  for (const mode of MODES)
    for (const lead of [[5], [2, 3], [2, 1, 3]])
      test(`${mode}, x [${lead}, 7]`, async () => {
        const rows = lead.reduce((a, b) => a * b, 1);
        const [x, w, b] = [normals(rows * 7), normals(4 * 7), normals(4)];
        const graph = new Graph('test', mode);
        const value = graph.input('x', 'float32', [...lead, 7]);
        graph.output('y', g.linear(value, graph.parameter('w', [4, 7]), graph.parameter('b', [4])));
        graph.output('z', g.linear(value, graph.parameter('w', [4, 7])));
        const { y, z } = await runGraph(graph, { x, w, b });
        const product = Array.from({ length: rows * 4 }, (_, i) => {
          let sum = 0;
          for (let k = 0; k < 7; k++) sum += x[Math.floor(i / 4) * 7 + k] * w[(i % 4) * 7 + k];
          return sum;
        });
        expect(y.shape).toEqual([...lead, 4]);
        expectClose(z.data, product);
        expectClose(
          y.data,
          product.map((p, i) => p + b[i % 4]),
        );
      });

  test('with sizes known only when it runs', async () => {
    const graph = new Graph('test', 'inference');
    const x = graph.input('x', 'float32', ['batch', 'tokens', 3]);
    graph.output('y', g.linear(x, graph.parameter('w', [2, 3]), graph.parameter('b', [2])));
    const open = await openGraph(graph);
    const [w, b] = [Float32Array.of(1, 0, 0, 0, 1, 1), Float32Array.of(10, 20)];
    for (const [batch, tokens] of [
      [1, 1],
      [2, 3],
    ]) {
      const data = Float32Array.from({ length: batch * tokens * 3 }, (_, i) => i);
      const { y } = await open.run({ x: { data, shape: [batch, tokens, 3] }, w, b });
      expect(y.shape).toEqual([batch, tokens, 2]);
      for (let r = 0; r < batch * tokens; r++)
        expect([...y.data.slice(2 * r, 2 * r + 2)]).toEqual([3 * r + 10, 6 * r + 23]);
    }
    await open.close();
  });
});

test('splitLogSoftmaxes changes no loss or gradient, but for what is as good as impossible', async () => {
  const rows = [...normals(5), 9, 0, -9, 3, 1, 0, 0, 0, 0, 0];
  const logits = Float32Array.from([...rows, 500, 0, 0, 0, -500]);
  const weights = Float32Array.of(1, 0.5, 2, 0);
  const run = (split: boolean) => {
    const graph = new Graph('test', 'training');
    const x = graph.input('x', 'float32', [4, 5]);
    const loss = g.crossEntropy(x, graph.input('labels', 'int32', [4]), graph.input('weights', 'float32', [4]));
    graph.output('loss', loss);
    graph.output('gradient', g.gradients(loss, [x])[0] as g.Value);
    graph.output('all', g.logSoftmax(x));
    if (split) g.splitLogSoftmaxes(graph);
    expect(graph.nodes.filter(({ op }) => op === 'LogSoftmax')).toHaveLength(split ? 0 : 2);
    return runGraph(graph, { x: logits, labels: Int32Array.of(1, 2, 0, 4), weights });
  };
  const [own, other] = [await run(false), await run(true)];
  expectClose(other.loss.data, [...own.loss.data]);
  expectClose(other.gradient.data, [...own.gradient.data]);
  expectClose(
    other.all.data,
    Array.from(own.all.data, (x) => Math.max(x, Math.log(1e-37))),
  );
});

describe('norms', () => {
  const width = 6;
  const x = normals(4 * width).map((v) => 3 * v + 2);
  const [w, b] = [normals(width), normals(width)];
  const row = (r: number): number[] => Array.from(x.subarray(r * width, (r + 1) * width));
  const mean = (values: number[]): number => values.reduce((p, q) => p + q, 0) / values.length;
  const means = [0, 1, 2, 3].map((r) => mean(row(r)));
  const inverses = means.map((m, r) => 1 / Math.sqrt(mean(row(r).map((v) => (v - m) ** 2)) + 1e-3));
  const rootInverses = means.map((_, r) => 1 / Math.sqrt(mean(row(r).map((v) => v * v)) + 1e-3));
  const each = (f: (r: number, k: number) => number): number[] =>
    Array.from({ length: 4 * width }, (_, i) => f(Math.floor(i / width), i % width));

  for (const mode of MODES)
    test(`layerNorm and rmsNorm, ${mode}`, async () => {
      const graph = new Graph('test', mode);
      const [value, weight, bias] = [
        graph.input('x', 'float32', [2, 2, width]),
        graph.parameter('w', [width]),
        graph.parameter('b', [width]),
      ];
      const layer = g.layerNorm(value, weight, bias, 1e-3);
      const root = g.rmsNorm(value, weight, 1e-3);
      graph.output('layer', layer);
      graph.output('root', root);
      // Gradients use the statistics; that the CPU provider gives them is not in the operators' specification.
      const statistics = [...(layer.producer?.outputs.slice(1) ?? []), ...(root.producer?.outputs.slice(1) ?? [])];
      expect(statistics).toHaveLength(mode === 'training' ? 3 : 0);
      statistics.forEach((v, i) => {
        graph.output(`statistic${i}`, v);
      });
      const out = await runGraph(graph, { x, w, b });
      expectClose(
        out.layer.data,
        each((r, k) => (row(r)[k] - means[r]) * inverses[r] * w[k] + b[k]),
      );
      expectClose(
        out.root.data,
        each((r, k) => row(r)[k] * rootInverses[r] * w[k]),
      );
      if (mode !== 'training') return;
      expect(out.statistic0.shape).toEqual([2, 2, 1]);
      expect(out.statistic2.shape).toEqual([2, 2, 1]);
      expectClose(out.statistic0.data, means);
      expectClose(out.statistic1.data, inverses);
      expectClose(out.statistic2.data, rootInverses);
    });
});

describe('activations', () => {
  // Φ(x) to 1e-9 or better, by Simpson's rule over the density.
  const cdf = (x: number): number => {
    const [n, h] = [2000, x / 2000];
    let sum = 0;
    for (let i = 0; i <= n; i++) {
      const weight = i === 0 || i === n ? 1 : i % 2 ? 4 : 2;
      sum += weight * Math.exp(-0.5 * (i * h) ** 2);
    }
    return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
  };
  const x = Float32Array.from({ length: 41 }, (_, i) => (i - 20) / 4);
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  for (const mode of ['inference', 'training'] as const)
    test(`gelu, quick gelu and silu, ${mode}`, async () => {
      const graph = new Graph('test', mode);
      const value = graph.input('x', 'float32', [x.length]);
      graph.output('gelu', g.gelu(value));
      graph.output('quick', g.quickGelu(value));
      graph.output('silu', g.silu(value));
      const out = await runGraph(graph, { x });
      expectClose(
        out.gelu.data,
        x.map((v) => v * cdf(v)),
        2e-6,
      );
      expectClose(
        out.quick.data,
        x.map((v) => v * sigmoid(1.702 * v)),
        2e-6,
      );
      expectClose(
        out.silu.data,
        x.map((v) => v * sigmoid(v)),
        2e-6,
      );
    });
});

describe('pictures', () => {
  test('spaceToDepth: the block offset is outermost', async () => {
    const [n, c, h, w, r] = [2, 3, 4, 6, 2];
    const x = Float32Array.from({ length: n * c * h * w }, (_, i) => i);
    const graph = new Graph('test', 'inference');
    const value = graph.input('x', 'float32', ['images', c, h, w]);
    graph.output('y', g.spaceToDepth(value, r));
    expect(g.spaceToDepth(value, 1)).toBe(value);
    const { y } = await runGraph(graph, { x: { data: x, shape: [n, c, h, w] } });
    expect(y.shape).toEqual([n, c * r * r, h / r, w / r]);
    const [oh, ow] = [h / r, w / r];
    const expected = Array.from({ length: x.length }, (_, i) => {
      const [column, row, channel, image] = [
        i % ow,
        Math.floor(i / ow) % oh,
        Math.floor(i / (ow * oh)) % (c * r * r),
        Math.floor(i / (ow * oh * c * r * r)),
      ];
      const [offset, from] = [Math.floor(channel / c), channel % c];
      const [dy, dx] = [Math.floor(offset / r), offset % r];
      return x[((image * c + from) * h + row * r + dy) * w + column * r + dx];
    });
    expect([...y.data]).toEqual(expected);
  });

  for (const [groups, stride, padding, bias] of [
    [1, 1, [1, 1, 1, 1], true],
    [1, 2, [0, 0, 1, 1], false],
    [4, 1, [1, 2, 0, 1], true],
    [2, 3, [0, 0, 0, 0], true],
  ] as const)
    test(`conv2d: groups ${groups}, stride ${stride}, padding ${padding}`, async () => {
      const [n, c, h, w, o, kh, kw] = [2, 4, 7, 6, 8, 3, 2];
      const ci = c / groups;
      const [x, weight, b] = [normals(n * c * h * w), normals(o * ci * kh * kw), normals(o)];
      const graph = new Graph('test', 'inference');
      const value = graph.input('x', 'float32', ['images', c, h, w]);
      const y = g.conv2d(value, graph.parameter('w', [o, ci, kh, kw]), bias ? graph.parameter('b', [o]) : null, {
        stride,
        padding,
        groups,
      });
      graph.output('y', y);
      const out = await runGraph(graph, { x: { data: x, shape: [n, c, h, w] }, w: weight, b });
      const [oh, ow] = y.shape.slice(2) as number[];
      expect(out.y.shape).toEqual([n, o, oh, ow]);
      const at = (i: number, channel: number, row: number, column: number): number =>
        row < 0 || row >= h || column < 0 || column >= w ? 0 : x[((i * c + channel) * h + row) * w + column];
      const expected: number[] = [];
      for (let i = 0; i < n; i++)
        for (let f = 0; f < o; f++)
          for (let row = 0; row < oh; row++)
            for (let column = 0; column < ow; column++) {
              let sum = bias ? b[f] : 0;
              const first = Math.floor(f / (o / groups)) * ci;
              for (let k = 0; k < ci; k++)
                for (let p = 0; p < kh; p++)
                  for (let q = 0; q < kw; q++)
                    sum +=
                      weight[((f * ci + k) * kh + p) * kw + q] *
                      at(i, first + k, row * stride + p - padding[0], column * stride + q - padding[1]);
              expected.push(sum);
            }
      expectClose(out.y.data, expected, 2e-5);
    });
});

describe('losses and rows', () => {
  test('crossEntropy: the mean over the rows that count, zero when none does', async () => {
    const graph = new Graph('test', 'training');
    const logits = graph.input('logits', 'float32', [3, 4]);
    const labels = graph.input('labels', 'int32', [3]);
    graph.output('loss', g.crossEntropy(logits, labels, graph.input('weights', 'float32', [3])));
    const open = await openGraph(graph);
    const x = normals(12).map((v) => 30 * v);
    const y = Int32Array.of(2, 0, 3);
    const nats = [0, 1, 2].map((r) => {
      const row = Array.from(x.subarray(4 * r, 4 * r + 4));
      const top = Math.max(...row);
      return top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0)) - row[y[r]];
    });
    const loss = async (...weights: number[]): Promise<Float32Array> => {
      const out = await open.run({ logits: x, labels: y, weights: Float32Array.from(weights) });
      expect(out.loss.shape).toEqual([]);
      return out.loss.data;
    };
    expectClose(await loss(1, 1, 1), [(nats[0] + nats[1] + nats[2]) / 3]);
    expectClose(await loss(1, 0, 1), [(nats[0] + nats[2]) / 2]);
    expectClose(await loss(0, 0.5, 2), [(0.5 * nats[1] + 2 * nats[2]) / 2.5]);
    expectClose(await loss(0, 0, 0), [0]);
    await open.close();
  });

  test('takeRows puts rows in another order', async () => {
    const graph = new Graph('test', 'training');
    const table = graph.input('table', 'float32', [4, 2]);
    const index = graph.input('index', 'int32', [3]);
    graph.output('y', g.takeRows(table, index, graph.input('inverse', 'int32', [4])));
    const { y } = await runGraph(graph, {
      table: Float32Array.of(0, 1, 10, 11, 20, 21, 30, 31),
      index: Int32Array.of(3, 0, 2),
    });
    expect([...y.data]).toEqual([30, 31, 0, 1, 20, 21]);
  });
});
