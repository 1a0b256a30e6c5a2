import type { Graph, Node } from './graph.ts';

/** Element types that the builder knows, by ONNX name. */
export type DType = 'float32' | 'float16' | 'int32' | 'int64' | 'uint8' | 'int8' | 'bool';

/** One dimension: a number, or the name of a size known only when the graph runs (`'batch'`). */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** A tensor in a graph: a name, an element type and a shape. It holds no data. */
export class Value {
  readonly graph: Graph;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The node that makes it; null for inputs, parameters and constants. */
  readonly producer: Node | null;

  constructor(graph: Graph, name: string, dtype: DType, shape: Shape, producer: Node | null) {
    this.graph = graph;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.producer = producer;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Dimension i, counted from the end when negative. */
  dim(i: number): Dim {
    return this.shape[i < 0 ? i + this.shape.length : i];
  }

  toString(): string {
    return `${this.name} ${this.dtype}[${this.shape.join(',')}]`;
  }
}
