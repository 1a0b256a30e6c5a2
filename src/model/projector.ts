import type { Graph, Value } from '../graph/index.ts';
import * as g from '../graph/index.ts';
import type { ModelConfig } from './config.ts';

/** From vision width to the language model's: one linear layer, or several with GELU between. `[..., Dv] → [..., D]` */
export function project(graph: Graph, config: ModelConfig, x: Value): Value {
  const { visionWidth, hiddenSize, projectorDepth } = config;
  let y = x;
  for (let i = 0; i < projectorDepth; i++) {
    const name = projectorDepth === 1 ? 'model.mm_projector' : `model.mm_projector.${2 * i}`;
    const inputs = i === 0 ? visionWidth : hiddenSize;
    const weight = graph.parameter(`${name}.weight`, [hiddenSize, inputs]);
    y = g.linear(i === 0 ? y : g.gelu(y), weight, graph.parameter(`${name}.bias`, [hiddenSize]));
  }
  return y;
}
