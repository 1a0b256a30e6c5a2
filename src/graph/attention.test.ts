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
const POSITIONS = 128;
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
    const joined = g.reshape(g.transpose(value, [0, 2, 1, 3]), [batch, 'tokens', heads * width]);
    const rows = g.reshape(g.rotary(joined, g.reshape(graph.inputs[1], [batch, 'tokens']), cos, sin), [
      batch,
      'tokens',
      heads,
      width,
    ]);
    graph.output('joined', g.transpose(rows, [0, 2, 1, 3]));
    const {
      each,
      offset,
      joined: same,
    } = await runGraph(graph, {
      x: { data: x, shape: [batch, heads, length, width] },
      at: { data: at, shape: [batch, length] },
      from: BigInt64Array.of(6n),
    });
    expectClose(
      each.data,
      expected((b, t) => Number(at[b * length + t])),
    );
    expect(same).toEqual(each);
    expectClose(
      offset.data,
      expected((_, t) => 6 + t),
    );
  });
});

describe('attention that ends at the newest token', () => {
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

  /** `cached`: behind a past in chunks; otherwise all there is. */
  const graphOf = (cached: boolean): Uint8Array => {
    const graph = new Graph('test', 'inference');
    const q = graph.input('q', 'float32', ['batch', 'tokens', heads * width]);
    const [k, v] = ['k', 'v'].map((name) => graph.input(name, 'float32', ['batch', 'tokens', kvHeads * width]));
    const positions = graph.input('positions', 'int64', ['batch', 'tokens']);
    const { cos, sin } = tables(graph);
    const [query, key] = [q, k].map((x) => g.rotary(x, positions, cos, sin));
    graph.output('new_key', key);
    if (cached) {
      const cache = (name: string): Value => graph.input(name, 'float32', ['batch', 'chunks', kvHeads, g.CHUNK, width]);
      const past = { key: cache('key'), value: cache('value') };
      const call = g.cacheCall(positions, past.key);
      graph.output('out', g.cachedAttention(query, key, v, past, call, heads, kvHeads));
      return serialise(graph, () => ({ kind: 'input' }));
    }
    const [lengths, total] = [graph.input('lengths', 'int32', ['batch']), graph.input('total', 'int32', [])];
    graph.output('out', g.groupQueryAttention(query, key, v, null, lengths, total, heads, kvHeads));
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
      positions: new ort.Tensor(
        'int64',
        BigInt64Array.from(from.flatMap((start) => Array.from({ length: count }, (_, t) => BigInt(start + t)))),
        [sequences.length, count],
      ),
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

  test('groupQueryAttention without a past, also of rows of different lengths', async () => {
    const session = await ort.InferenceSession.create(graphOf(false), ONE_THREAD);
    for (const have of [
      [5, 5],
      [3, 6],
    ]) {
      const sequences = have.map(sequence);
      const count = Math.max(...have);
      const out = await session.run(feeds(sequences, [0, 0], count, have));
      expectRows(out.out, sequences, [0, 0], count, have);
    }
  });

  /** A cache of noise in chunks that sequences are written to. */
  class Chunks {
    readonly key: Float32Array;
    readonly value: Float32Array;
    private readonly rows: number;
    private readonly chunks: number;

    constructor(rows: number, chunks: number) {
      this.rows = rows;
      this.chunks = chunks;
      [this.key, this.value] = [0, 1].map(() => normals(rows * chunks * kvHeads * g.CHUNK * width));
    }

    put(row: number, from: number, keys: Float32Array, values: Float32Array): void {
      for (let i = 0; i < keys.length; i += width) {
        const [t, h] = [from + Math.floor(i / width / kvHeads), (i / width) % kvHeads];
        const chunk = row * this.chunks + Math.floor(t / g.CHUNK);
        const at = ((chunk * kvHeads + h) * g.CHUNK + (t % g.CHUNK)) * width;
        this.key.set(keys.subarray(i, i + width), at);
        this.value.set(values.subarray(i, i + width), at);
      }
    }

    feeds(): Record<string, ort.Tensor> {
      const dims = [this.rows, this.chunks, kvHeads, g.CHUNK, width];
      return { key: new ort.Tensor('float32', this.key, dims), value: new ort.Tensor('float32', this.value, dims) };
    }
  }

  test.each([2, 4, 9])(
    'cachedAttention, one row in %i chunks: several tokens at once and single ones',
    async (chunks) => {
      const session = await ort.InferenceSession.create(graphOf(true), ONE_THREAD);
      const [one, cache] = [sequence(90), new Chunks(1, chunks)];
      let done = 0;
      for (const count of [1, 1, 4, 3, 1, 52, 1, 1, 1, 1, 2, 1, 20, 1]) {
        const feed = feeds([one], [done], count, [done + count]);
        const { lengths, total, ...rest } = feed;
        const out = await session.run({ ...rest, ...cache.feeds() });
        expectRows(out.out, [one], [done], count, [done + count]);
        for (let t = 0; t < count; t++)
          for (let h = 0; h < kvHeads; h++) {
            const at = (t * kvHeads + h) * width;
            const row = (out.new_key.data as Float32Array).subarray(at, at + width);
            expectClose(row, turned(head(one.k[done + t], h), done + t));
          }
        cache.put(0, done, out.new_key.data as Float32Array, feed.v.data as Float32Array);
        done += count;
      }
      expect(done).toBe(90);
    },
  );

  test.each([2, 3, 9])('cachedAttention, rows of different lengths in %i chunks, a token each', async (chunks) => {
    const session = await ort.InferenceSession.create(graphOf(true), ONE_THREAD);
    const starts = [0, 61, 7];
    const [sequences, cache] = [[sequence(10), sequence(71), sequence(17)], new Chunks(3, chunks)];
    const step = async (from: number[]): Promise<void> => {
      const have = from.map((n) => n + 1);
      const { lengths, total, ...feed } = feeds(sequences, from, 1, have);
      const out = await session.run({ ...feed, ...cache.feeds() });
      expectRows(out.out, sequences, from, 1, have);
      const size = kvHeads * width;
      from.forEach((t, row) => {
        const [keys, values] = [out.new_key, feed.v].map((x) =>
          (x.data as Float32Array).subarray(row * size, (row + 1) * size),
        );
        cache.put(row, t, keys, values);
      });
    };
    sequences.forEach((s, row) => {
      for (let t = 0; t < starts[row]; t++) {
        const keys = Array.from({ length: kvHeads }, (_, h) => turned(head(s.k[t], h), t)).flat();
        cache.put(row, t, Float32Array.from(keys), s.v[t]);
      }
    });
    for (let i = 0; i < 10; i++) await step(starts.map((n) => n + i));
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
      const { cos, sin } = tables(graph);
      const [query, key] = [q, k].map((x) => g.rotary(x, graph.ints([0]), cos, sin));
      const rows = (x: Value): Value => g.transpose(g.reshape(x, ['batch', 'tokens', kvHeads, width]), [0, 2, 1, 3]);
      graph.output('out', g.groupQueryAttention(query, key, v, null, lengths, total, heads, kvHeads));
      graph.output('key', rows(key));
      graph.output('value', rows(v));
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
