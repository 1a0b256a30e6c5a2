import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import { joinHeads, splitHeads } from './attention.ts';
import { COMPRESSOR_HEADS, type ModelConfig } from './config.ts';

const PREFIX = 'model.compressor';

export interface Compressed {
  /** `[N, C², Dv]` */
  tokens: Value;
  /** Where each query looks: mean over the heads, `[N, C², keys]`, rows sum to 1. */
  attention: Value;
}

/**
 * Modality compression: C×C learned queries look at all patches once (paper, section 4.1; reference:
 * llavamini_arch.py `Resampler`). Layer norms on both sides, fixed 2-D sin/cos table on queries and keys, none on
 * values, no residual.
 *
 * @param features `[N, side² + extra, Dv]`
 * @param side of the key grid; `extra` keys without a place follow
 */
export function compress(graph: Graph, config: ModelConfig, features: Value, side: number, extra: number): Compressed {
  const width = config.visionWidth;
  const queries = config.compressorSize ** 2;
  const keys = side * side + extra;
  const w = (name: string, ...shape: number[]): Value => graph.parameter(`${PREFIX}.${name}`, shape);
  const norm = (x: Value, name: string): Value =>
    g.layerNorm(x, w(`${name}.weight`, width), w(`${name}.bias`, width), 1e-5);
  const inWeight = w('attn.in_proj_weight', 3 * width, width);
  const inBias = w('attn.in_proj_bias', 3 * width);
  const project = (x: Value, i: number): Value =>
    g.linear(x, g.slice(inWeight, 0, i * width, (i + 1) * width), g.slice(inBias, 0, i * width, (i + 1) * width));

  const table = g.stopGradient(w('pos_embed', queries, width)); // fixed, never trained
  const resized = g.matmul(
    graph.constant(bicubicMatrix(config.compressorSize, side, extra), [keys, queries], 'float32'),
    table,
  ); // [keys, Dv]
  const q = g.reshape(g.add(norm(w('query', queries, width), 'ln_q'), table), [1, queries, width]);
  const x = norm(features, 'ln_kv');
  const qh = splitHeads(project(q, 0), COMPRESSOR_HEADS); // [1, 8, C², dh]
  const kh = splitHeads(project(g.add(x, resized), 1), COMPRESSOR_HEADS); // [N, 8, keys, dh]
  const vh = splitHeads(project(x, 2), COMPRESSOR_HEADS);
  const scale = 1 / Math.sqrt(width / COMPRESSOR_HEADS);
  const weights = g.softmax(g.matmul(g.mul(qh, scale), g.transpose(kh, [0, 1, 3, 2]))); // [N, 8, C², keys]
  const mixed = joinHeads(g.matmul(weights, vh)); // [N, C², Dv]
  return {
    tokens: g.linear(mixed, w('attn.out_proj.weight', width, width), w('attn.out_proj.bias', width)),
    attention: g.reduceMean(weights, [1]),
  };
}

/**
 * The matrix that resizes a C×C table to side×side as PyTorch's bicubic interpolation does (a = −0.75, half-pixel
 * centres, no antialias, borders repeated), with rows of equal weights for the keys that have no place.
 *
 * @returns `[(side² + extra), C²]`, row by row
 */
export function bicubicMatrix(c: number, side: number, extra: number): Float32Array {
  const line = new Float64Array(side * c);
  const a = -0.75;
  const near = (t: number): number => ((a + 2) * t - (a + 3)) * t * t + 1;
  const far = (t: number): number => ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  for (let i = 0; i < side; i++) {
    const centre = ((i + 0.5) * c) / side - 0.5;
    const floor = Math.floor(centre);
    const t = centre - floor;
    [far(t + 1), near(t), near(1 - t), far(2 - t)].forEach((weight, k) => {
      line[i * c + Math.min(Math.max(floor - 1 + k, 0), c - 1)] += weight;
    });
  }
  const out = new Float32Array((side * side + extra) * c * c);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let v = 0; v < c; v++)
        for (let u = 0; u < c; u++) out[((y * side + x) * c + v) * c + u] = line[y * c + v] * line[x * c + u];
  out.fill(1 / (c * c), side * side * c * c);
  return out;
}

/**
 * The fixed 2-D sin/cos table of the C×C query grid, `[C², Dv]`: half of the width for the column, half for the row,
 * each sines then cosines (MAE's layout). Constant for C = 1.
 */
export function sinCosTable(c: number, width: number): Float32Array {
  const out = new Float32Array(c * c * width);
  const quarter = width / 4;
  for (let y = 0; y < c; y++)
    for (let x = 0; x < c; x++)
      for (let k = 0; k < quarter; k++) {
        const omega = 1 / 10000 ** (k / quarter);
        const row = (y * c + x) * width;
        out[row + k] = Math.sin(x * omega);
        out[row + quarter + k] = Math.cos(x * omega);
        out[row + 2 * quarter + k] = Math.sin(y * omega);
        out[row + 3 * quarter + k] = Math.cos(y * omega);
      }
  return out;
}
