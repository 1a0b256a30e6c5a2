import { describe, test } from 'vitest';
import { checkGradients, type Operand, size } from '../../test/support/check-gradients.ts';
import { angles, Draw, holds } from '../../test/support/gradient-examples.ts';
import type { Graph, Value } from './index.ts';
import * as g from './index.ts';

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
  holds('neighbours', (d) => ({
    operands: [d.floats([d.upTo(2), d.upTo(3), d.upTo(3), d.upTo(2)])],
    build: ([x]) => {
      const around = g.neighbours(x);
      return g.mul(around, around);
    },
  }));
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
