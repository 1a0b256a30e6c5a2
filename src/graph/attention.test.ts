import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../test/support/expect-close.ts';
import { ONE_THREAD, openGraph, runGraph } from '../../test/support/run-graph.ts';
import { Random } from '../util/random.ts';
import * as g from './index.ts';
import { Graph, serialise, type Value } from './index.ts';

const random = new Random('attention.test');
const normals = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

const HALF = 8;
const POSITIONS = 32;
const angle = (position: number, i: number): number => position * 10 ** (-i / HALF);
const tableData = (f: (x: number) => number): Float32Array =>
  Float32Array.from({ length: POSITIONS * HALF }, (_, i) => f(angle(Math.floor(i / HALF), i % HALF)));
const [COS, SIN] = [tableData(Math.cos), tableData(Math.sin)];
const tables = (graph: Graph): { cos: Value; sin: Value } => ({
  cos: graph.constant(COS, [POSITIONS, HALF], 'float32'),
  sin: graph.constant(SIN, [POSITIONS, HALF], 'float32'),
});

/** One head's row turned by its position. */
function turned(row: ArrayLike<number>, position: number): number[] {
  return Array.from({ length: 2 * HALF }, (_, i) => {
    const k = i % HALF;
    const [a, b] = [row[k], row[k + HALF]];
    const [c, s] = [Math.cos(angle(position, k)), Math.sin(angle(position, k))];
    return i < HALF ? a * c - b * s : b * c + a * s;
  });
}

describe('rotary', () => {
  const [batch, heads, length, width] = [2, 3, 4, 2 * HALF];
  const x = normals(batch * heads * length * width);
  const expected = (positionOf: (b: number, t: number) => number): number[] =>
    Array.from({ length: batch * heads * length }, (_, r) =>
      turned(x.subarray(r * width, (r + 1) * width), positionOf(Math.floor(r / (heads * length)), r % length)),
    ).flat();

  test('positions of every row, and from an offset', async () => {
    const at = BigInt64Array.of(5n, 0n, 31n, 7n, 1n, 2n, 3n, 3n);
    const graph = new Graph('test', 'inference');
    const value = graph.input('x', 'float32', [batch, heads, 'tokens', width]);
    const { cos, sin } = tables(graph);
    graph.output('each', g.rotary(value, graph.input('at', 'int64', [batch, 'tokens']), cos, sin));
    graph.output('offset', g.rotary(value, graph.input('from', 'int64', [1]), cos, sin));
    const { each, offset } = await runGraph(graph, {
      x: { data: x, shape: [batch, heads, length, width] },
      at: { data: at, shape: [batch, length] },
      from: BigInt64Array.of(6n),
    });
    expectClose(
      each.data,
      expected((b, t) => Number(at[b * length + t])),
    );
    expectClose(
      offset.data,
      expected((_, t) => 6 + t),
    );
  });
});

describe('groupQueryAttention', () => {
  const [heads, kvHeads, width] = [4, 2, 2 * HALF];

  interface Sequence {
    /** Rows of all tokens: `[n][heads·width]`, `[n][kvHeads·width]`. */
    q: Float32Array[];
    k: Float32Array[];
    v: Float32Array[];
  }
  const sequence = (n: number): Sequence => {
    const rows = (size: number): Float32Array[] => Array.from({ length: n }, () => normals(size));
    return { q: rows(heads * width), k: rows(kvHeads * width), v: rows(kvHeads * width) };
  };
  const head = (row: Float32Array, h: number): Float32Array => row.subarray(h * width, (h + 1) * width);

  /** Attention of one token over itself and those before it, written out. */
  function attended({ q, k, v }: Sequence, t: number): number[] {
    return Array.from({ length: heads }, (_, h) => {
      const kv = Math.floor(h / (heads / kvHeads));
      const query = turned(head(q[t], h), t);
      const scores = k.slice(0, t + 1).map((row, j) => {
        const key = turned(head(row, kv), j);
        return query.reduce((sum, x, i) => sum + x * key[i], 0) / Math.sqrt(width);
      });
      const top = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - top));
      const total = weights.reduce((a, b) => a + b, 0);
      return Array.from({ length: width }, (_, i) =>
        weights.reduce((sum, w, j) => sum + (w / total) * head(v[j], kv)[i], 0),
      );
    }).flat();
  }

  const graphOf = (cached: boolean): Uint8Array => {
    const graph = new Graph('test', 'inference');
    const q = graph.input('q', 'float32', ['batch', 'tokens', heads * width]);
    const [k, v] = ['k', 'v'].map((name) => graph.input(name, 'float32', ['batch', 'tokens', kvHeads * width]));
    const cache = (name: string): Value => graph.input(name, 'float32', ['batch', kvHeads, 'past', width]);
    const past = cached ? { key: cache('past_key'), value: cache('past_value') } : null;
    const [lengths, total] = [graph.input('lengths', 'int32', ['batch']), graph.input('total', 'int32', [])];
    const out = g.groupQueryAttention(q, k, v, past, lengths, total, tables(graph), heads, kvHeads, 'present');
    graph.output('out', out.out);
    graph.output('present_key', out.presentKey);
    graph.output('present_value', out.presentValue);
    return serialise(graph, () => ({ kind: 'input' }));
  };

  /** Tokens `from … from+count-1` of each sequence as one batch; what a sequence does not have is noise. */
  function feeds(sequences: Sequence[], from: number[], count: number, have: number[]): Record<string, ort.Tensor> {
    const pack = (name: 'q' | 'k' | 'v', size: number): ort.Tensor => {
      const data = normals(sequences.length * count * size);
      sequences.forEach((s, b) => {
        for (let t = 0; t < Math.min(count, have[b] - from[b]); t++)
          data.set(s[name][from[b] + t], (b * count + t) * size);
      });
      return new ort.Tensor('float32', data, [sequences.length, count, size]);
    };
    return {
      q: pack('q', heads * width),
      k: pack('k', kvHeads * width),
      v: pack('v', kvHeads * width),
      lengths: new ort.Tensor(
        'int32',
        Int32Array.from(have, (n) => n - 1),
        [sequences.length],
      ),
      total: new ort.Tensor('int32', Int32Array.of(Math.max(...have)), []),
    };
  }

  function expectRows(out: ort.Tensor, sequences: Sequence[], from: number[], count: number, have: number[]): void {
    const data = out.data as Float32Array;
    const size = heads * width;
    sequences.forEach((s, b) => {
      for (let t = from[b]; t < Math.min(have[b], from[b] + count); t++) {
        const at = (b * count + t - from[b]) * size;
        expectClose(data.subarray(at, at + size), attended(s, t));
      }
    });
  }

  function expectCache(out: ort.Tensor, sequences: Sequence[], have: number[], turn: boolean): void {
    const [, , room] = out.dims;
    sequences.forEach((s, b) => {
      for (let t = 0; t < have[b]; t++)
        for (let h = 0; h < kvHeads; h++) {
          const at = ((b * kvHeads + h) * room + t) * width;
          const row = head((turn ? s.k : s.v)[t], h);
          expectClose((out.data as Float32Array).subarray(at, at + width), turn ? turned(row, t) : row);
        }
    });
  }

  test('no past: every token over those before it; the cache holds turned keys', async () => {
    const session = await ort.InferenceSession.create(graphOf(false), ONE_THREAD);
    const sequences = [sequence(5), sequence(5)];
    const out = await session.run(feeds(sequences, [0, 0], 5, [5, 5]));
    expect(out.out.dims).toEqual([2, 5, heads * width]);
    expect(out.present_key.dims).toEqual([2, kvHeads, 5, width]);
    expectRows(out.out, sequences, [0, 0], 5, [5, 5]);
    expectCache(out.present_key, sequences, [5, 5], true);
    expectCache(out.present_value, sequences, [5, 5], false);
  });

  test('no past, ragged: the shorter row is right up to its end', async () => {
    const session = await ort.InferenceSession.create(graphOf(false), ONE_THREAD);
    const sequences = [sequence(3), sequence(6)];
    const out = await session.run(feeds(sequences, [0, 0], 6, [3, 6]));
    expectRows(out.out, sequences, [0, 0], 6, [3, 6]);
    expectCache(out.present_key, sequences, [3, 6], true);
  });

  test('a past that grows: present is past and new keys together', async () => {
    const session = await ort.InferenceSession.create(graphOf(true), ONE_THREAD);
    const one = sequence(9);
    let past: Record<string, ort.Tensor> = {
      past_key: new ort.Tensor('float32', new Float32Array(0), [1, kvHeads, 0, width]),
      past_value: new ort.Tensor('float32', new Float32Array(0), [1, kvHeads, 0, width]),
    };
    let done = 0;
    for (const count of [4, 1, 3, 1]) {
      const out = await session.run({ ...feeds([one], [done], count, [done + count]), ...past });
      expectRows(out.out, [one], [done], count, [done + count]);
      done += count;
      expect(out.present_key.dims).toEqual([1, kvHeads, done, width]);
      expectCache(out.present_key, [one], [done], true);
      expectCache(out.present_value, [one], [done], false);
      past = { past_key: out.present_key, past_value: out.present_value };
    }
  });

  test('a cache with room, in place, several tokens of one row at once', async () => {
    const session = await ort.InferenceSession.create(graphOf(true), ONE_THREAD);
    const [one, shape] = [sequence(11), [1, kvHeads, 16, width]];
    const [key, value] = [0, 1].map(() => new ort.Tensor('float32', normals(shape.reduce((a, b) => a * b, 1)), shape));
    let done = 0;
    for (const count of [4, 3, 1, 2, 1]) {
      const out = await session.run(
        { ...feeds([one], [done], count, [done + count]), past_key: key, past_value: value },
        { out: null, present_key: key, present_value: value },
      );
      expectRows(out.out, [one], [done], count, [done + count]);
      done += count;
      expectCache(key, [one], [done], true);
      expectCache(value, [one], [done], false);
    }
  });

  test('a cache with room, in place, ragged: prompts, then token by token', async () => {
    const session = await ort.InferenceSession.create(graphOf(true), ONE_THREAD);
    const [room, sequences] = [12, [sequence(12), sequence(12)]];
    const shape = [2, kvHeads, room, width];
    // The same memory is fed as past and fetched as present.
    const [key, value] = [0, 1].map(() => new ort.Tensor('float32', normals(shape.reduce((a, b) => a * b, 1)), shape));
    const step = async (from: number[], count: number, have: number[]): Promise<void> => {
      const out = await session.run(
        { ...feeds(sequences, from, count, have), past_key: key, past_value: value },
        { out: null, present_key: key, present_value: value },
      );
      expectRows(out.out, sequences, from, count, have);
      expectCache(key, sequences, have, true);
      expectCache(value, sequences, have, false);
    };
    await step([0, 0], 6, [4, 6]); // prompts of 4 and 6 tokens
    for (let i = 0; i < 6; i++) await step([4 + i, 6 + i], 1, [5 + i, 7 + i]);
  });
});

describe('prefixAttention', () => {
  test('equals attention over the whole sequence, any number of rows and tokens', async () => {
    const [heads, kvHeads, width] = [4, 2, 2 * HALF];
    const build = (prefixed: boolean): Graph => {
      const graph = new Graph('test', 'inference');
      const q = graph.input('q', 'float32', ['batch', prefixed ? 'wanted' : 'tokens', heads * width]);
      const [k, v] = ['k', 'v'].map((name) => graph.input(name, 'float32', ['batch', 'tokens', kvHeads * width]));
      if (prefixed) {
        const cache = (name: string): Value => graph.input(name, 'float32', ['batch', kvHeads, 'prefix', width]);
        const prefix = { key: cache('key'), value: cache('value') };
        const a = g.prefixAttention(q, k, v, prefix, tables(graph), heads, kvHeads);
        graph.output('out', a.out);
        graph.output('keys', a.key);
        graph.output('values', a.value);
        return graph;
      }
      const [lengths, total] = [graph.input('lengths', 'int32', ['batch']), graph.input('total', 'int32', [])];
      const whole = g.groupQueryAttention(q, k, v, null, lengths, total, tables(graph), heads, kvHeads, 'tokens');
      graph.output('out', whole.out);
      graph.output('key', whole.presentKey);
      graph.output('value', whole.presentValue);
      return graph;
    };
    const [whole, part] = [await openGraph(build(false)), await openGraph(build(true))];
    for (const [batch, before, tokens, wanted] of [
      [1, 3, 1, 1],
      [3, 5, 4, 4],
      [2, 1, 7, 7],
      [2, 0, 3, 3],
      [2, 0, 5, 1],
      [2, 3, 5, 2],
    ]) {
      const all = before + tokens;
      const feed = (size: number) => ({ data: normals(batch * all * size), shape: [batch, all, size] });
      const [q, k, v] = [heads, kvHeads, kvHeads].map((n) => feed(n * width));
      const lengths = { data: new Int32Array(batch).fill(all - 1), shape: [batch] };
      const expected = await whole.run({ q, k, v, lengths, total: Int32Array.of(all) });
      /** Positions `from … to-1`, of `outer` blocks of `all` rows. */
      const cut = (data: Float32Array, outer: number, from: number, to: number): Float32Array => {
        const size = data.length / outer / all;
        const blocks = Array.from({ length: outer }, (_, b) => [
          ...data.subarray((b * all + from) * size, (b * all + to) * size),
        ]);
        return Float32Array.from(blocks.flat());
      };
      const late = ({ data }: { data: Float32Array }, size: number, count: number) => ({
        data: cut(data, batch, all - count, all),
        shape: [batch, count, size],
      });
      const early = ({ data }: { data: Float32Array }) => ({
        data: cut(data, batch * kvHeads, 0, before),
        shape: [batch, kvHeads, before, width],
      });
      const { out, keys, values } = await part.run({
        q: late(q, heads * width, wanted),
        k: late(k, kvHeads * width, tokens),
        v: late(v, kvHeads * width, tokens),
        key: early(expected.key),
        value: early(expected.value),
      });
      expect(out.shape).toEqual([batch, wanted, heads * width]);
      expectClose(out.data, cut(expected.out.data, batch, all - wanted, all));
      expectClose(keys.data, expected.key.data);
      expectClose(values.data, expected.value.data);
    }
    await whole.close();
    await part.close();
  });
});
