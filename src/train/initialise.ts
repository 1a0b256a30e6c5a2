import type { Graph } from '../graph/index.ts';
import { sinCosTable } from '../model/compressor.ts';
import type { ModelConfig } from '../model/config.ts';
import { Random } from '../util/random.ts';
import type { Weights } from './step-runner.ts';

/**
 * Gives every weight of a graph that has none yet its first value: ones and zeros for norms and biases, the fixed
 * sin/cos table, and normal numbers for the rest, their size after the input width; what writes into the residual
 * stream starts smaller the deeper the model. Each tensor has a generator of its own, so that it does not matter in
 * which order, or in which stage, weights are made.
 */
export function initialiseMissing(graph: Graph, config: ModelConfig, weights: Weights, seed: string): string[] {
  const made: string[] = [];
  for (const [name, value] of graph.parameters) {
    if (weights.has(name)) continue;
    const shape = value.shape as number[];
    weights.set(name, { shape, data: firstValue(name, shape, config, seed) });
    made.push(name);
  }
  return made;
}

function firstValue(name: string, shape: number[], config: ModelConfig, seed: string): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = new Float32Array(size);
  if (name.endsWith('pos_embed')) return sinCosTable(config.compressorSize, config.visionWidth);
  if (/(bias|fold\.places|fold\.again\.\d+\.(start|gate))$/.test(name)) return data;
  if (/(norm|ln_q|ln_kv)[a-z_]*\.weight$/.test(name) || shape.length === 1) return data.fill(1);
  // What refines the finest map, and layers behind the fold, like their repeats, begin as if they were not there, so that a trained fold can get them.
  if (/fold\.layers\.\d+\.(self_attn\.out_proj|mlp\.fc2)\.weight$|fold\.refine\.conv2\.weight$/.test(name)) return data;
  const random = new Random(`${seed}/${name}`);
  const std = standardDeviation(name, shape, config);
  for (let i = 0; i < size; i++) data[i] = random.normal() * std;
  return data;
}

function standardDeviation(name: string, shape: number[], config: ModelConfig): number {
  if (/compressor\.query$|positions$/.test(name)) return 0.02;
  if (/embed_tokens|lm_head/.test(name)) return 0.5 / Math.sqrt(config.hiddenSize);
  if (/fold\.classes$/.test(name)) return 0.5;
  const fanIn = 1 / Math.sqrt(shape[1]);
  return /(o_proj|down_proj)\.weight$/.test(name)
    ? fanIn / Math.sqrt(2 * (config.layers + config.prefusionLayers))
    : fanIn;
}
