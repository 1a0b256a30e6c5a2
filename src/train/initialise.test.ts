import { describe, expect, it } from 'vitest';
import { tinyConfigs } from '../../test/support/tiny-lite.ts';
import { Graph } from '../graph/index.ts';
import { sinCosTable } from '../model/compressor.ts';
import { answerLoss } from '../model/training.ts';
import { initialiseMissing } from './initialise.ts';
import type { Weights } from './weights.ts';

const { config, vision } = tinyConfigs();

function answers(): Graph {
  const graph = new Graph('answers', 'training');
  const features = graph.input('features', 'float32', [1, 5, config.visionWidth]);
  answerLoss(graph, config, vision, features, { pictures: 1, questions: 1, promptTokens: 4, sequence: 8, labels: 2 });
  return graph;
}

const spread = (data: Float32Array): number => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);

describe('initialiseMissing', () => {
  it('makes every weight once, and leaves those alone that are there', () => {
    const graph = answers();
    const norm = 'model.norm.weight';
    const own = { shape: [config.hiddenSize], data: new Float32Array(config.hiddenSize).fill(3) };
    const weights: Weights = new Map([[norm, own]]);
    const made = initialiseMissing(graph, config, weights, 'seed');
    expect([...made, norm].sort()).toEqual([...graph.parameters.keys()].sort());
    expect(weights.get(norm)).toBe(own);
    for (const [name, parameter] of graph.parameters) {
      const weight = weights.get(name);
      expect(weight?.shape).toEqual(parameter.shape);
      expect(weight?.data).toHaveLength((parameter.shape as number[]).reduce((a, b) => a * b, 1));
      expect(weight?.data.every(Number.isFinite)).toBe(true);
    }
    expect(initialiseMissing(graph, config, weights, 'seed')).toEqual([]);
  });

  it('gives norms ones, biases zeros, matrices a spread by their inputs, and the table its sines', () => {
    const weights: Weights = new Map();
    initialiseMissing(answers(), config, weights, 'seed');
    const data = (name: string): Float32Array => (weights.get(name) as { data: Float32Array }).data;
    for (const [name, { data: values, shape }] of weights) {
      if (name.endsWith('bias'))
        expect(
          values.every((x) => x === 0),
          name,
        ).toBe(true);
      else if (shape.length === 1)
        expect(
          values.every((x) => x === 1),
          name,
        ).toBe(true);
    }
    expect(data('model.compressor.pos_embed')).toEqual(sinCosTable(config.compressorSize, config.visionWidth));
    expect(spread(data('model.layers.0.mlp.gate_proj.weight'))).toBeCloseTo(1 / Math.sqrt(config.hiddenSize), 1);
    expect(spread(data('model.layers.0.mlp.down_proj.weight'))).toBeLessThan(
      spread(data('model.layers.0.mlp.gate_proj.weight')) / 2,
    );
  });

  it('depends on seed and name, not on order', () => {
    const [a, b, c]: Weights[] = [new Map(), new Map(), new Map()];
    initialiseMissing(answers(), config, a, 'seed');
    const one = 'model.layers.1.self_attn.q_proj.weight';
    b.set('model.embed_tokens.weight', a.get('model.embed_tokens.weight') as { shape: number[]; data: Float32Array });
    initialiseMissing(answers(), config, b, 'seed');
    initialiseMissing(answers(), config, c, 'other');
    expect(b.get(one)).toEqual(a.get(one));
    expect(c.get(one)).not.toEqual(a.get(one));
    expect(a.get('model.layers.0.self_attn.q_proj.weight')).not.toEqual(a.get(one));
  });
});
