import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import type { ModelConfig } from './config.ts';

export interface QueryKeyValue {
  /** `[B, T, heads·Dh]` */
  q: Value;
  /** `[B, T, kvHeads·Dh]` */
  k: Value;
  v: Value;
}

/** The weights of one Llama decoder layer, named `${prefix}.self_attn.q_proj.weight` and so on. */
function layerWeights(graph: Graph, config: ModelConfig, prefix: string) {
  const { hiddenSize: d, intermediateSize: f, heads, kvHeads, headDim, rmsNormEps } = config;
  const dense = (x: Value, name: string, outputs: number, inputs: number, bias: boolean): Value =>
    g.linear(
      x,
      graph.parameter(`${prefix}.${name}.weight`, [outputs, inputs]),
      bias ? graph.parameter(`${prefix}.${name}.bias`, [outputs]) : null,
    );
  return {
    norm: (x: Value, name: string): Value => g.rmsNorm(x, graph.parameter(`${prefix}.${name}.weight`, [d]), rmsNormEps),
    query: (x: Value): Value => dense(x, 'self_attn.q_proj', heads * headDim, d, config.attentionBias),
    key: (x: Value): Value => dense(x, 'self_attn.k_proj', kvHeads * headDim, d, config.attentionBias),
    value: (x: Value): Value => dense(x, 'self_attn.v_proj', kvHeads * headDim, d, config.attentionBias),
    output: (x: Value): Value => dense(x, 'self_attn.o_proj', d, heads * headDim, config.attentionBias),
    feedForward: (x: Value): Value => {
      const gate = g.silu(dense(x, 'mlp.gate_proj', f, d, config.mlpBias));
      return dense(g.mul(gate, dense(x, 'mlp.up_proj', f, d, config.mlpBias)), 'mlp.down_proj', d, f, config.mlpBias);
    },
  };
}

/**
 * One Llama decoder layer: RMS norm, attention, residual, RMS norm, SwiGLU, residual. `x [B, T, D] → [B, T, D]`.
 *
 * @param attend rotates, masks, caches and attends: that is what differs between graphs.
 * @param tail takes the rows that are wanted; keys and values are made for all, the rest for these alone.
 */
export function decoderLayer(
  graph: Graph,
  config: ModelConfig,
  prefix: string,
  x: Value,
  attend: (qkv: QueryKeyValue) => Value,
  tail: (y: Value) => Value = (y) => y,
): Value {
  return graph.scope(prefix, () => {
    const w = layerWeights(graph, config, prefix);
    const h = w.norm(x, 'input_layernorm');
    const a = attend({ q: w.query(tail(h)), k: w.key(h), v: w.value(h) });
    const y = g.add(tail(x), w.output(a));
    return g.add(y, w.feedForward(w.norm(y, 'post_attention_layernorm')));
  });
}
