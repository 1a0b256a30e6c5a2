import { LlavaMiniError } from '../errors.ts';
import type { ParameterPlace, Value } from '../graph/index.ts';

/** A model's weights in memory, by checkpoint name. */
export type Weights = Map<string, { shape: number[]; data: Float32Array }>;

/** A graph's weight. @throws LlavaMiniError `bad-checkpoint` when it is missing or has another shape */
export function weightOf(weights: Weights, parameter: Value): { shape: number[]; data: Float32Array } {
  const weight = weights.get(parameter.name);
  if (!weight || weight.shape.join() !== parameter.shape.join())
    throw new LlavaMiniError(
      'bad-checkpoint',
      weight
        ? `weight ${parameter.name} is [${weight.shape}], the model's config wants [${parameter.shape}]`
        : `weight ${parameter.name} is missing`,
      weight ? {} : { hint: 'the stage that trains it must come first, or the starting weights must hold it' },
    );
  return weight;
}

/** Puts weights into a graph's own file. */
export const inlineFrom =
  (weights: Weights) =>
  (parameter: Value): ParameterPlace => ({ kind: 'inline', data: weightOf(weights, parameter).data });
