import type { Graph, Value } from '../../graph/index.ts';
import * as g from '../../graph/index.ts';
import { bidirectionalAttention } from '../attention.ts';

export interface EncoderLayerSizes {
  width: number;
  heads: number;
  intermediateSize: number;
  activation: 'quick_gelu' | 'gelu';
  layerNormEps: number;
}

/**
 * One pre-norm transformer layer in which every patch sees every other, with CLIP's names
 * (reference: `CLIPEncoderLayer` of transformers).
 *
 * @param at name of the layer, such as `encoder.layers.0`
 * @param x `[N, P, Dv]` → `[N, P, Dv]`
 */
export function encoderLayer(graph: Graph, at: string, x: Value, sizes: EncoderLayerSizes): Value {
  const { width, intermediateSize } = sizes;
  const w = (name: string, ...shape: number[]): Value => graph.parameter(`${at}.${name}`, shape);
  const norm = (y: Value, name: string): Value =>
    g.layerNorm(y, w(`${name}.weight`, width), w(`${name}.bias`, width), sizes.layerNormEps);
  const dense = (y: Value, name: string, outputs: number, inputs: number): Value =>
    g.linear(y, w(`${name}.weight`, outputs, inputs), w(`${name}.bias`, outputs));

  const h = norm(x, 'layer_norm1');
  const [q, k, v] = ['q', 'k', 'v'].map((n) => dense(h, `self_attn.${n}_proj`, width, width));
  const y = g.add(x, dense(bidirectionalAttention(q, k, v, sizes.heads), 'self_attn.out_proj', width, width));
  const up = dense(norm(y, 'layer_norm2'), 'mlp.fc1', intermediateSize, width);
  const act = sizes.activation === 'gelu' ? g.gelu(up) : g.quickGelu(up);
  return g.add(y, dense(act, 'mlp.fc2', width, intermediateSize));
}
