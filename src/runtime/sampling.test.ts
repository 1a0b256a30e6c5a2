import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { checkSampling, logProbability, Sampler, type SamplingOptions } from './sampling.ts';

const logits = fc
  .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 1, maxLength: 40 })
  .map((values) => Float32Array.from(values));

/** How often each token comes, in many draws. */
function shares(values: Float32Array, options: SamplingOptions, draws = 20_000): number[] {
  const sampler = new Sampler({ seed: 7, ...options });
  const counts = new Array<number>(values.length).fill(0);
  for (let i = 0; i < draws; i++) counts[sampler.next(values.slice())]++;
  return counts.map((n) => n / draws);
}

describe('Sampler', () => {
  test('takes the most likely token at temperature 0, and the first of equals', () => {
    fc.assert(
      fc.property(logits, (values) => {
        const best = values.indexOf(Math.max(...values));
        expect(new Sampler({}).next(values.slice())).toBe(best);
        expect(new Sampler({ temperature: 1, topK: 1 }).next(values.slice())).toBe(values.indexOf(Math.max(...values)));
      }),
    );
  });

  test('draws tokens as often as their probabilities say', () => {
    const values = Float32Array.of(0, 1, 2, -30);
    for (const temperature of [0.5, 1, 2]) {
      const weights = [...values].map((x) => Math.exp(x / temperature));
      const sum = weights.reduce((a, b) => a + b, 0);
      shares(values, { temperature }).forEach((share, i) => {
        expect(share).toBeCloseTo(weights[i] / sum, 1.7);
      });
    }
  });

  test('top-k and top-p leave the unlikely ones out', () => {
    const values = Float32Array.from([0.5, 0.3, 0.15, 0.05], Math.log);
    expect(shares(values, { temperature: 1, topK: 2 }).slice(2)).toEqual([0, 0]);
    expect(shares(values, { temperature: 1, topP: 0.79 }).slice(2)).toEqual([0, 0]);
    const three = shares(values, { temperature: 1, topP: 0.81 });
    expect(three[2]).toBeGreaterThan(0.1);
    expect(three[3]).toBe(0);
    expect(shares(values, { temperature: 1, topP: 1e-9 })).toEqual([1, 0, 0, 0]);
  });

  test('the penalty makes repetition less likely, whatever the sign', () => {
    for (const values of [Float32Array.of(2, 1.5, -9), Float32Array.of(-1, -1.5, -9)]) {
      const sampler = new Sampler({ repetitionPenalty: 2 });
      expect(sampler.next(values.slice())).toBe(0);
      expect(sampler.next(values.slice())).toBe(1);
    }
  });

  test('repeats itself with the same seed', () => {
    const values = new Float32Array(50);
    const draw = (seed: number): number[] => {
      const sampler = new Sampler({ temperature: 1, seed });
      return Array.from({ length: 20 }, () => sampler.next(values.slice()));
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  test('refuses what is not a number', () => {
    const next = (values: Float32Array): number => new Sampler({}).next(values);
    expect(() => next(new Float32Array(3).fill(Number.NaN))).toThrow(LlavaMiniError);
    expect(next(Float32Array.of(Number.NaN, 1))).toBe(1);
  });
});

test('checkSampling names the option', () => {
  expect(() => checkSampling({ temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 0 })).not.toThrow();
  for (const [name, value] of [
    ['temperature', -0.1],
    ['temperature', '1'],
    ['topP', 0],
    ['topK', 0.5],
    ['repetitionPenalty', 0],
    ['seed', 1.5],
  ] as const)
    expect(() => checkSampling({ [name]: value })).toThrow(new RegExp(name));
});

test('logarithms of probabilities are those of a softmax, however large the logits', () => {
  fc.assert(
    fc.property(logits, fc.float({ min: -1000, max: 1000, noNaN: true }), (values, shift) => {
      const shifted = values.map((x) => x + shift);
      const sum = values.reduce((a, b) => a + Math.exp(b), 0);
      values.forEach((x, id) => {
        expect(logProbability(shifted, id)).toBeCloseTo(x - Math.log(sum), 2);
      });
    }),
  );
});
