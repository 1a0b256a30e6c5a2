import { describe, expect, it } from 'vitest';
import { tinyConfigs, tinyWeights } from '../../test/support/tiny-lite.ts';
import { rotaryTables } from '../model/rotary.ts';
import { matchHeads } from './match-heads.ts';
import type { Weights } from './weights.ts';

const shape = { hidden_size: 64, num_attention_heads: 2, intermediate_size: 64, prefusion_layer_num: 2 };
const { config } = tinyConfigs(shape);
const WORDS = Array.from({ length: 40 }, (_, i) => (i === 7 ? [] : i % 3 ? [10 + i] : [10 + i, 60 + i]));
const SHARPNESS = 20;

const at = (layer: number, name: string): string => `model.prefusion_layers.${layer}.${name}.weight`;
const dataOf = (weights: Weights, name: string): Float32Array => (weights.get(name) as { data: Float32Array }).data;

/** Score of a query at one place for a key at another, in one head, after norm and rotary. */
function score(
  weights: Weights,
  layer: number,
  query: number[],
  key: number[],
  places: [number, number],
  head = 0,
): number {
  const { hiddenSize: width, headDim } = config;
  const norm = dataOf(weights, at(layer, 'input_layernorm'));
  const { cos, sin } = rotaryTables(config, 128);
  const [q, k] = [query, key].map((vector, which) => {
    const size = Math.sqrt(vector.reduce((s, x) => s + x * x, 0) / width);
    const matrix = dataOf(weights, at(layer, `self_attn.${which ? 'k' : 'q'}_proj`));
    const row = (r: number): number =>
      vector.reduce((s, x, d) => s + (matrix[(head * headDim + r) * width + d] * x * norm[d]) / size, 0);
    const half = headDim / 2;
    return Array.from({ length: headDim }, (_, r) => {
      const i = places[which] * half + (r % half);
      return r < half ? row(r) * cos[i] - row(r + half) * sin[i] : row(r) * cos[i] + row(r - half) * sin[i];
    });
  });
  return q.reduce((s, x, i) => s + x * k[i], 0) / Math.sqrt(headDim);
}

describe('matchHeads', () => {
  it('makes a name look at what lies next to its own words, however far away', () => {
    const weights = tinyWeights('match', shape);
    for (let layer = 0; layer < 2; layer++)
      dataOf(weights, at(layer, 'input_layernorm')).forEach((_, d, norm) => {
        norm[d] = 0.5 + (d % 7) / 4;
      });
    const before = structuredClone(weights);
    matchHeads(config, weights, { names: WORDS, sharpness: SHARPNESS, attributes: [], copy: 0 });
    const table = dataOf(weights, 'model.embed_tokens.weight');
    const width = config.hiddenSize;
    const names = WORDS.filter((ids) => ids.length > 0).map((ids) =>
      Array.from({ length: width }, (_, d) => ids.reduce((s, id) => s + table[id * width + d], 0) / ids.length),
    );
    for (const layer of [0, 1]) {
      const own: number[] = [];
      names.forEach((name, i) => {
        const scores = names.map((other) => score(weights, layer, name, other, [100, (i * 3) % 65]));
        own.push(scores[i]);
        expect(scores.indexOf(Math.max(...scores)), `layer ${layer}, name ${i}`).toBe(i);
      });
      // Distance turns even the slower pairs a little.
      const near = names.map((name) => score(weights, layer, name, name, [5, 5]));
      expect(near.reduce((a, b) => a + b, 0) / near.length).toBeGreaterThan(0.9 * SHARPNESS);
      expect(own.reduce((a, b) => a + b, 0) / own.length).toBeGreaterThan(0.4 * SHARPNESS);
    }
    // The second head, and all that is no query or key, stays.
    for (const [name, { data }] of weights) {
      const changed = /prefusion_layers\.\d+\.self_attn\.[qk]_proj/.test(name);
      const from = changed ? config.headDim * width : 0;
      expect(data.subarray(from), name).toEqual(dataOf(before, name).subarray(from));
      if (changed) expect(data.subarray(0, from), name).not.toEqual(dataOf(before, name).subarray(0, from));
    }
  });

  it('passes on what a patch says in words, as much as is asked for, and nothing else', () => {
    const weights = tinyWeights('match', shape);
    const norm = dataOf(weights, at(1, 'input_layernorm'));
    norm.forEach((_, d) => {
      norm[d] = 0.5 + (d % 5) / 4;
    });
    const attributes = [[200], [201], [202], [203]];
    matchHeads(config, weights, { names: WORDS, sharpness: SHARPNESS, attributes, copy: 0.3 });
    const { hiddenSize: width, headDim, heads } = config;
    const [v, o] = ['v_proj', 'o_proj'].map((name) => dataOf(weights, at(1, `self_attn.${name}`)));
    const table = dataOf(weights, 'model.embed_tokens.weight');
    const through = (x: ArrayLike<number>): number[] => {
      const value = Array.from({ length: headDim }, (_, r) =>
        Array.from(x).reduce((s, y, d) => s + v[r * width + d] * y * norm[d], 0),
      );
      return Array.from({ length: width }, (_, d) => value.reduce((s, y, r) => s + o[d * heads * headDim + r] * y, 0));
    };
    for (const id of [200, 201, 202, 203]) {
      const word = table.subarray(id * width, (id + 1) * width);
      through(word).forEach((y, d) => {
        expect(y).toBeCloseTo(0.3 * word[d], 4);
      });
    }
    // The second head compares those words.
    const words = attributes.map(([id]) => Array.from(table.subarray(id * width, (id + 1) * width)));
    words.forEach((word, i) => {
      const scores = words.map((other) => score(weights, 1, word, other, [9, 5], 1));
      expect(scores.indexOf(Math.max(...scores))).toBe(i);
    });
    // What lies across all words and names does not pass whole.
    const other = table.subarray(150 * width, 151 * width);
    const size = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((s, y) => s + y * y, 0));
    expect(size(through(other))).toBeLessThan(0.29 * size(other));
  });

  it('says what is missing', () => {
    const weights = tinyWeights('match', shape);
    const { config: plain } = tinyConfigs({ ...shape, prefusion_layer_num: 0 });
    expect(() => matchHeads(plain, weights, { names: WORDS, sharpness: SHARPNESS, attributes: [], copy: 0 })).toThrow(
      /no heads/,
    );
    weights.delete(at(1, 'self_attn.k_proj'));
    expect(() => matchHeads(config, weights, { names: WORDS, sharpness: SHARPNESS, attributes: [], copy: 0 })).toThrow(
      /prefusion_layers\.1\.self_attn\.k_proj/,
    );
  });
});
