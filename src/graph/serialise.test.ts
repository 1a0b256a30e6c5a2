import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, test } from 'vitest';
import { readMessage } from '../../test/support/read-protobuf.ts';
import { ONE_THREAD, openGraph, runGraph } from '../../test/support/run-graph.ts';
import { floatsToHalves } from '../util/float16.ts';
import { Random } from '../util/random.ts';
import * as g from './index.ts';
import { Graph, serialise, usedValues, type Value } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'llava-mini-graph-'));
afterAll(() => rmSync(folder, { recursive: true }));

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes as Uint8Array).toString();
const input = { kind: 'input' } as const;

/** Names in a serialised model. */
function contents(model: Uint8Array) {
  const graph = readMessage(readMessage(model).find((f) => f.field === 7)?.bytes as Uint8Array);
  const names = (field: number, name: number): string[] =>
    graph
      .filter((f) => f.field === field)
      .map((f) => text(readMessage(f.bytes as Uint8Array).find((x) => x.field === name)?.bytes));
  return { nodes: names(1, 4), tensors: names(5, 8), inputs: names(11, 1), outputs: names(12, 1) };
}

describe('what a model file holds', () => {
  test('only what an output needs', () => {
    const graph = new Graph('test', 'inference');
    const [a, b] = [graph.input('a', 'float32', [2]), graph.input('b', 'float32', [2])];
    const used = graph.parameter('used', [2]);
    g.mul(g.exp(b), graph.parameter('unused', [2]));
    g.add(a, 77);
    graph.output('y', g.mul(g.add(a, 5), used));
    const { nodes, tensors, inputs, outputs } = contents(serialise(graph, () => input));
    expect(nodes).toEqual(['Add', 'Mul', 'Identity']);
    expect(tensors).toHaveLength(1);
    expect(inputs).toEqual(['a', 'used']);
    expect(outputs).toEqual(['y']);
    expect([...usedValues(graph)].map((v) => v.name)).toEqual(expect.arrayContaining(['a', 'used']));
    expect(usedValues(graph).has(b)).toBe(false);
  });

  test('errors', () => {
    const graph = new Graph('empty', 'inference');
    expect(() => serialise(graph, () => input)).toThrow('graph empty has no outputs');
    const w = graph.parameter('w', [2, 3]);
    graph.output('y', g.exp(w));
    expect(() => serialise(graph, () => ({ kind: 'inline', data: new Float32Array(5) }))).toThrow(
      'w float32[2,3] takes 24 bytes, but 20 are given',
    );
    expect(() => serialise(graph, () => ({ kind: 'external', file: 'x', offset: 0, bytes: 12 }))).toThrow(
      'w float32[2,3] takes 24 bytes, but 12 are given',
    );
    const [y] = graph.node('Softmax', [w], [w], { axis: 0.5 });
    graph.output('z', y);
    expect(() => serialise(graph, () => input)).toThrow('attribute axis: 0.5 is no whole number');
  });

  test('inputs, weights and shared values as outputs', async () => {
    const graph = new Graph('test', 'inference');
    const a = graph.input('a', 'float32', [2]);
    const w = graph.parameter('w', [2]);
    const y = g.add(a, w);
    graph.output('copy of a', a);
    graph.output('copy of w', w);
    graph.output('y', y);
    graph.output('y again', y);
    graph.output('constant', graph.scalar(3));
    const out = await runGraph(graph, { a: Float32Array.of(1, 2), w: Float32Array.of(10, 20) });
    expect(Object.entries(out).map(([name, { data }]) => [name, ...data])).toEqual([
      ['copy of a', 1, 2],
      ['copy of w', 10, 20],
      ['y', 11, 22],
      ['y again', 11, 22],
      ['constant', 3],
    ]);
  });

  test('constants of every type, weights in the file', async () => {
    const graph = new Graph('test', 'inference');
    const results: Record<string, [Value, number[]]> = {
      float32: [
        graph.constant(Float32Array.of(-0, 1.5, Number.POSITIVE_INFINITY), [3], 'float32'),
        [-0, 1.5, Number.POSITIVE_INFINITY],
      ],
      float16: [graph.constant(floatsToHalves(Float32Array.of(0.5, -2)), [2], 'float16'), [0.5, -2]],
      int32: [graph.constant(Int32Array.of(-5, 2 ** 31 - 1), [2], 'int32'), [-5, 2 ** 31 - 1]],
      int64: [graph.ints([-1, Number.MAX_SAFE_INTEGER]), [-1, Number.MAX_SAFE_INTEGER]],
      uint8: [graph.constant(Uint8Array.of(0, 255), [2], 'uint8'), [0, 255]],
      bool: [graph.constant(Uint8Array.of(1, 0), [2], 'bool'), [1, 0]],
      none: [graph.constant(new Float32Array(0), [0, 3], 'float32'), []],
    };
    for (const [name, [value]] of Object.entries(results)) graph.output(name, value);
    const out = await runGraph(graph, {});
    for (const [name, [, data]] of Object.entries(results)) {
      expect([name, ...out[name].data]).toEqual([name, ...Float32Array.from(data)]);
    }
  });

  test('a large weight in the file, and a view into a larger array', async () => {
    const graph = new Graph('test', 'inference');
    const [rows, columns] = [700, 601];
    const w = graph.parameter('w', [rows, columns]);
    const b = graph.parameter('b', [columns]);
    graph.output('y', g.add(g.reduceSum(w, [0]), b));
    const random = new Random(5);
    const all = Float32Array.from({ length: rows * columns + 10 }, () => random.int(9) - 4);
    const data = all.subarray(7, 7 + rows * columns);
    const open = await openGraph(graph, (p) => ({
      kind: 'inline',
      data: p === w ? data : all.subarray(3, 3 + columns),
    }));
    const { y } = await open.run({});
    await open.close();
    for (const j of [0, 1, 300, 600]) {
      let sum = all[3 + j];
      for (let i = 0; i < rows; i++) sum += data[i * columns + j];
      expect(y.data[j]).toBe(sum);
    }
  });
});

describe('weights in another file', () => {
  const graph = new Graph('test', 'inference');
  const x = graph.input('x', 'float32', ['batch', 3]);
  graph.output('y', g.linear(x, graph.parameter('w', [2, 3]), graph.parameter('b', [2])));
  const weights = Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6, 9, 0.5, -0.5);
  const model = serialise(graph, (p) =>
    p.name === 'w'
      ? { kind: 'external', file: 'weights.bin', offset: 8, bytes: 24 }
      : { kind: 'external', file: 'weights.bin', offset: 36, bytes: 8 },
  );
  const run = async (session: ort.InferenceSession): Promise<number[]> => {
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 0, -1, 0, 2, 0), [2, 3]) });
    return [...(y.data as Float32Array)];
  };
  const expected = [-1.5, -2.5, 4.5, 9.5];

  test('found beside the model by its path', async () => {
    writeFileSync(join(folder, 'model.onnx'), model);
    writeFileSync(join(folder, 'weights.bin'), weights);
    expect(await run(await ort.InferenceSession.create(join(folder, 'model.onnx'), ONE_THREAD))).toEqual(expected);
  });

  test('handed over as bytes', async () => {
    const data = new Uint8Array(weights.buffer);
    const options = { ...ONE_THREAD, externalData: [{ path: 'weights.bin', data }] };
    expect(await run(await ort.InferenceSession.create(model, options))).toEqual(expected);
  });
});

describe('symbolic dimensions', () => {
  test('one session runs with several sizes', async () => {
    const graph = new Graph('test', 'inference');
    const x = graph.input('x', 'float32', ['batch', 'tokens', 4]);
    const past = graph.input('past', 'float32', ['batch', 'past', 4]);
    const all = g.concat([past, x], 1);
    const heads = g.transpose(g.reshape(x, ['batch', 'tokens', 2, 2]), [0, 2, 1, 3]);
    graph.output('joined', all);
    graph.output('heads', heads);
    graph.output('flat', g.reshape(x, [g.sizeProduct('batch', 'tokens'), 4]));
    graph.output('length', g.sizeAlong(all, 1));
    graph.output('rest', g.sliceFrom(all, 1, 1, 'rest'));
    const open = await openGraph(graph);
    for (const [batch, tokens, before] of [
      [1, 1, 2],
      [3, 5, 0],
      [2, 1, 7],
    ]) {
      const feed = (length: number, from: number) => ({
        data: Float32Array.from({ length: batch * length * 4 }, (_, i) => from + i),
        shape: [batch, length, 4],
      });
      const out = await open.run({ x: feed(tokens, 100), past: feed(before, 1000) });
      expect(out.joined.shape).toEqual([batch, before + tokens, 4]);
      expect(out.heads.shape).toEqual([batch, 2, tokens, 2]);
      expect(out.flat.shape).toEqual([batch * tokens, 4]);
      expect([...out.length.data]).toEqual([before + tokens]);
      expect(out.rest.shape).toEqual([batch, before + tokens - 1, 4]);
      expect(out.joined.data[before * 4]).toBe(100);
      expect(out.heads.data[2 * tokens]).toBe(102);
    }
    await open.close();
  });
});
