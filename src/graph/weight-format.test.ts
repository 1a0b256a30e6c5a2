import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inlineParameters } from '../../test/support/inline-parameters.ts';
import { openGraph } from '../../test/support/run-graph.ts';
import { type StoredBlocks, storeBlocks } from '../../test/support/store-blocks.ts';
import { LlavaMiniError } from '../errors.ts';
import { floatsToHalves, halvesToFloats } from '../util/float16.ts';
import { Random } from '../util/random.ts';
import * as g from './index.ts';
import { Graph, type WeightFormat } from './index.ts';

const random = (name: string, size: number, scale = 1): Float32Array => {
  const source = new Random(name);
  return Float32Array.from({ length: size }, () => source.normal() * scale);
};

const blocksFormat = fc.record({
  kind: fc.constant('blocks' as const),
  bits: fc.constantFrom(4 as const, 8 as const),
  block: fc.constantFrom(16 as const, 32 as const, 64 as const, 128 as const, 256 as const),
  symmetric: fc.boolean(),
});

/** y and how far rounding the activations to 8 bits may take the engine's from it: half a step for each value. */
function product(x: Float32Array, weight: Float32Array, bias: Float32Array | null, k: number, block: number) {
  const rows = x.length / k;
  const outputs = weight.length / k;
  const y = new Float64Array(rows * outputs);
  const limit = new Float64Array(rows * outputs);
  for (let r = 0; r < rows; r++)
    for (let n = 0; n < outputs; n++) {
      const i = r * outputs + n;
      y[i] = bias ? bias[n] : 0;
      let size = Math.abs(y[i]);
      for (let start = 0; start < k; start += block) {
        let largest = 0;
        let weights = 0;
        for (let j = start; j < Math.min(start + block, k); j++) {
          const [a, w] = [x[r * k + j], weight[n * k + j]];
          y[i] += a * w;
          largest = Math.max(largest, Math.abs(a));
          weights += Math.abs(w);
        }
        limit[i] += (largest / 127 / 2) * weights * 1.01;
        size += largest * weights;
      }
      limit[i] += size * 1e-5;
    }
  return { y, limit };
}

const runLinear = async (format: WeightFormat, x: Float32Array, stored: StoredBlocks, bias: Float32Array | null) => {
  const { shape } = stored;
  const [n, k] = shape;
  const graph = new Graph('linear', 'inference', (name) => (name === 'w' ? format : { kind: 'float32' }));
  const value = g.linear(
    graph.input('x', 'float32', ['rows', k]),
    graph.parameter('w', shape),
    bias ? graph.parameter('b', [n]) : null,
  );
  graph.output('y', value);
  const open = await openGraph(graph, inlineParameters({ ...stored.parts, ...(bias ? { b: bias } : {}) }));
  try {
    return (await open.run({ x: { data: x, shape: [x.length / k, k] } })).y.data;
  } finally {
    await open.close();
  }
};

describe('a weight in blocks', () => {
  test('multiplies as its dequantised values do', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        blocksFormat,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 70 }),
        fc.boolean(),
        fc.nat(),
        async (format, rows, k, n, biased, seed) => {
          const stored = storeBlocks('w', random(`w${seed}`, n * k), [n, k], format);
          const x = random(`x${seed}`, rows * k);
          const bias = biased ? random(`b${seed}`, n) : null;
          const actual = await runLinear(format, x, stored, bias);
          const { y, limit } = product(x, stored.floats, bias, k, format.block);
          const wrong = [...actual].findIndex((v, i) => !(Math.abs(v - y[i]) <= limit[i]));
          expect(wrong < 0 ? null : [wrong, actual[wrong], y[wrong], limit[wrong]]).toBeNull();
        },
      ),
      { numRuns: 150 },
    );
  });

  test('is of use to linear alone, and only in a graph that is not for training', () => {
    const format: WeightFormat = { kind: 'blocks', bits: 4, block: 32, symmetric: true };
    const graph = new Graph('g', 'inference', () => format);
    const weight = graph.parameter('layers.0.w', [4, 64]);
    expect(graph.parameter('layers.0.w', [4, 64])).toBe(weight);
    const message = (work: () => unknown): string => {
      try {
        work();
      } catch (error) {
        if (error instanceof LlavaMiniError && error.code === 'bad-graph') return `${error.message}. ${error.hint}`;
        throw error;
      }
      return 'no error';
    };
    for (const use of [
      () => g.slice(weight, 0, 0, 2),
      () => g.add(weight, 1),
      () => graph.output('w', weight),
      () => g.linear(weight, weight),
    ])
      expect(message(use)).toMatch(/weight layers\.0\.w is stored in blocks.*float32 or float16/);
    expect(message(() => graph.parameter('norm', [64]))).toContain('norm [64] cannot be stored in blocks');
    expect(message(() => graph.parameter('layers.0.w', [64, 4]))).toContain('used as [64,4] and as [4,64]');
    expect(message(() => g.linear(graph.input('x', 'float32', ['n', 32]), weight))).toContain('input width differs');
    expect(message(() => new Graph('step', 'training', () => format))).toContain('float32');
  });

  test('is there as its parts, and only where it is used', () => {
    const graph = new Graph('g', 'inference', (name) =>
      name === 'half' ? { kind: 'float16' } : { kind: 'blocks', bits: 4, block: 16, symmetric: name === 'even' },
    );
    const x = graph.input('x', 'float32', ['n', 40]);
    const [even, odd, unused] = ['even', 'odd', 'unused'].map((name) => graph.parameter(name, [6, 40]));
    graph.output('y', g.add(g.add(g.linear(x, even), g.linear(x, odd)), graph.parameter('half', [6])));
    g.linear(x, unused);
    const used = g.usedValues(graph);
    const parts = [...graph.parameters.values()].filter((v) => used.has(v)).map(String);
    expect(parts).toEqual([
      'even#blocks uint8[6,3,8]',
      'even#scales float32[6,3]',
      'odd#blocks uint8[6,3,8]',
      'odd#scales float32[6,3]',
      'odd#zeros uint8[6,2]',
      'half#half float16[6]',
    ]);
  });
});

describe('a float16 weight', () => {
  test('is used as its values are, whatever it is used by', async () => {
    const halves = floatsToHalves(random('h', 3 * 2 * 2 * 2));
    const graph = new Graph('g', 'inference', () => ({ kind: 'float16' }));
    const x = graph.input('x', 'float32', [1, 2, 2, 2]);
    const weight = graph.parameter('w', [3, 2, 2, 2]);
    expect(graph.parameter('w', [3, 2, 2, 2])).toBe(weight);
    graph.output('conv', g.conv2d(x, weight, null, { stride: 1, padding: [0, 0, 0, 0] }));
    graph.output('part', g.mul(g.slice(weight, 0, 1, 2), 2));
    graph.output('table', weight);
    const open = await openGraph(graph, inlineParameters({ 'w#half': halves }));
    const data = random('x', 8);
    const { conv, part, table } = await open.run({ x: data });
    await open.close();
    const floats = halvesToFloats(halves);
    expect([...table.data]).toEqual([...floats]);
    expect([...part.data]).toEqual([...floats.subarray(8, 16)].map((v) => 2 * v));
    for (let o = 0; o < 3; o++)
      expect(conv.data[o]).toBeCloseTo(
        data.reduce((sum, v, i) => sum + v * floats[o * 8 + i], 0),
        5,
      );
  });
});
