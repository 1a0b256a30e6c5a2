import { LlavaMiniError } from '../errors.ts';
import type { GradientRule } from './gradients.ts';
import { type DType, type Shape, Value } from './value.ts';

/**
 * What a graph is for (design, section 3). `inference` may use fused operators, `training` only operators that
 * have a gradient, `analysis` is built like training and exposes attention probabilities.
 */
export type GraphMode = 'inference' | 'training' | 'analysis';

export type Attribute = number | bigint | string | readonly number[] | readonly bigint[] | { float: number };
export type ConstantData = Float32Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array;

export interface Node {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  /** null stands for an optional input that is left out. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OutputSpec {
  dtype: DType;
  shape: Shape;
}

/**
 * A typed ONNX graph under construction. It knows tensors, not models. Operations are the functions of `ops.ts`
 * and `nn.ts`; they check shapes as they are called, so a wrong model fails where it is wrong.
 */
export class Graph {
  readonly mode: GraphMode;
  readonly name: string;
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly outputs: { name: string; value: Value }[] = [];
  /** Weights by checkpoint name; where their data comes from is decided when the graph is serialised. */
  readonly parameters = new Map<string, Value>();
  /** Gradients of single nodes that differ from their operator's (see `gradients.ts`). */
  readonly gradientOf = new Map<Node, GradientRule>();
  readonly constants = new Map<string, { value: Value; data: ConstantData }>();
  private readonly constantKeys = new Map<string, Value>();
  private readonly names = new Set<string>();
  private count = 0;
  private scopes: string[] = [];

  constructor(name: string, mode: GraphMode) {
    this.name = name;
    this.mode = mode;
  }

  /** Runs `build` with `label` in front of the names of the nodes made inside: it makes profiles readable. */
  scope<T>(label: string, build: () => T): T {
    this.scopes.push(label);
    try {
      return build();
    } finally {
      this.scopes.pop();
    }
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    const value = new Value(this, this.claim(name), dtype, shape, null);
    this.inputs.push(value);
    return value;
  }

  /** A weight. Asked for twice under one name, it is the same value; a different shape is an error. */
  parameter(name: string, shape: readonly number[], dtype: DType = 'float32'): Value {
    const known = this.parameters.get(name);
    if (known) {
      if (known.shape.length !== shape.length || shape.some((d, i) => d !== known.shape[i]))
        throw new LlavaMiniError(
          'bad-graph',
          `weight ${name} is used as [${shape.join(',')}] and as [${known.shape.join(',')}]`,
        );
      return known;
    }
    const value = new Value(this, this.claim(name), dtype, shape, null);
    this.parameters.set(name, value);
    return value;
  }

  constant(data: ConstantData, shape: readonly number[], dtype: DType): Value {
    const size = shape.reduce((a, b) => a * b, 1);
    if (size !== data.length)
      throw new LlavaMiniError('bad-graph', `constant of shape [${shape.join(',')}] got ${data.length} elements`);
    const key =
      data.length <= 16 ? `${dtype}[${shape.join(',')}]${Array.from(data as ArrayLike<unknown>, text).join(',')}` : '';
    const known = key ? this.constantKeys.get(key) : undefined;
    if (known) return known;
    const value = new Value(this, this.claim(`const_${this.constants.size}`), dtype, shape, null);
    this.constants.set(value.name, { value, data });
    if (key) this.constantKeys.set(key, value);
    return value;
  }

  scalar(x: number): Value {
    return this.constant(Float32Array.of(x), [], 'float32');
  }

  ints(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values.map((v) => BigInt(v))), [values.length], 'int64');
  }

  output(name: string, value: Value): void {
    if (value.graph !== this)
      throw new LlavaMiniError(
        'bad-graph',
        `output ${name}: ${value} belongs to graph ${value.graph.name}, not ${this.name}`,
      );
    this.claim(name);
    this.outputs.push({ name, value });
  }

  /** Adds one operator. Model code calls the typed functions instead. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly OutputSpec[],
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value[] {
    for (const v of inputs) {
      if (v && v.graph !== this)
        throw new LlavaMiniError('bad-graph', `${op}: ${v} belongs to graph ${v.graph.name}, not ${this.name}`);
    }
    const name = `${this.scopes.length ? `${this.scopes.join('/')}/` : ''}${op}_${this.count++}`;
    const values: Value[] = [];
    const node: Node = { op, domain, name, inputs, outputs: values, attributes };
    outputs.forEach((spec, i) => {
      values.push(new Value(this, `${name}:${i}`, spec.dtype, spec.shape, node));
    });
    this.nodes.push(node);
    return values;
  }

  private claim(name: string): string {
    if (this.names.has(name)) throw new LlavaMiniError('bad-graph', `the name ${name} is taken in graph ${this.name}`);
    this.names.add(name);
    return name;
  }
}

/** Tells -0 from 0, which are different constants: 1/x shows it. */
function text(x: unknown): string {
  return Object.is(x, -0) ? '-0' : String(x);
}
