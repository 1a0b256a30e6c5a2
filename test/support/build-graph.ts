import { expect } from 'vitest';
import { LlavaMiniError } from '../../src/errors.ts';
import { Graph, type Value } from '../../src/graph/index.ts';

/** A graph with an input of each of these shapes, called a, b, …. */
export function setup(...shapes: (readonly (number | string)[])[]): [Graph, ...Value[]] {
  const graph = new Graph('test', 'inference');
  return [graph, ...shapes.map((shape, i) => graph.input('abcdef'[i], 'float32', shape))];
}

/** What the typed error says that building fails with. */
export function messageOf(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    expect(error).toBeInstanceOf(LlavaMiniError);
    expect((error as LlavaMiniError).code).toBe('bad-graph');
    return (error as LlavaMiniError).message;
  }
  throw new Error('nothing was thrown');
}
