import { LlavaMiniError } from '../errors.ts';
import type { GradientRule } from './gradients.ts';
import { sameShape } from './shape.ts';
import { type DType, type Shape, Value } from './value.ts';
import { type WeightFormat, type WeightPart, weightParts } from './weight-format.ts';

/**
 * What a graph is for (design, section 3). `inference` may use fused operators, `training` only operators that
 * have a gradient, `analysis` is built like training and exposes attention probabilities.
 */
export type GraphMode = 'inference' | 'training' | 'analysis';

export type Attribute = number | bigint | string | readonly number[] | readonly bigint[] | { float: number } | Branch;

/** Nodes that run only when a condition holds; they may use every value made before them. */
export interface Branch {
  nodes: readonly Node[];
  output: Value;
}
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

/** A weight that is stored in blocks: only `linear` can use it. */
export interface BlockedWeight {
  name: string;
  format: WeightFormat & { kind: 'blocks' };
  /** uint8 `[N, blocks, bytes]`, float32 `[N, blocks]`, uint8 `[N, bytes]` or none when symmetric. */
  blocks: Value;
  scales: Value;
  zeros: Value | null;
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
  /**
   * Stored arrays by name: a float32 weight is one under its own name, others are the parts of `weightParts`. Where
   * their data comes from is decided when the graph is serialised.
   */
  readonly parameters = new Map<string, Value>();
  /** Gradients of single nodes that differ from their operator's (see `gradients.ts`). */
  readonly gradientOf = new Map<Node, GradientRule>();
  readonly constants = new Map<string, { value: Value; data: ConstantData }>();
  private readonly formats: ((name: string) => WeightFormat) | undefined;
  /** What `parameter` gave out for each weight. */
  private readonly weights = new Map<string, Value>();
  private readonly blocked = new Map<Value, BlockedWeight>();
  private readonly constantKeys = new Map<string, Value>();
  private readonly names = new Set<string>();
  private count = 0;
  private scopes: string[] = [];

  /**
   * @param formats how float32 weights are stored; all as they are by default
   * @throws LlavaMiniError `bad-graph` for formats in a training graph: what is stored in fewer bits has no gradient
   */
  constructor(name: string, mode: GraphMode, formats?: (name: string) => WeightFormat) {
    if (formats && mode === 'training')
      throw new LlavaMiniError('bad-graph', `graph ${name}: a training graph takes its weights as float32`);
    this.name = name;
    this.mode = mode;
    this.formats = formats;
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

  /**
   * A weight. Asked for twice under one name, it is the same value; a different shape is an error. What is stored as
   * float16 is cast where it is used (the engine does that once, when it loads); what is stored in blocks is of use
   * to `linear` alone.
   *
   * @throws LlavaMiniError `bad-graph`
   */
  parameter(name: string, shape: readonly number[], dtype: DType = 'float32'): Value {
    const known = this.weights.get(name);
    if (known) {
      if (known.shape.length !== shape.length || shape.some((d, i) => d !== known.shape[i]))
        throw new LlavaMiniError(
          'bad-graph',
          `weight ${name} is used as [${shape.join(',')}] and as [${known.shape.join(',')}]`,
        );
      return known;
    }
    const format = dtype === 'float32' ? this.formats?.(name) : undefined;
    const value =
      format && format.kind !== 'float32'
        ? this.storedWeight(name, shape, format)
        : this.store({ name, dtype, shape: [...shape] });
    this.weights.set(name, value);
    return value;
  }

  /** The parts of a weight that is stored in blocks; undefined for any other value. */
  blockedWeight(value: Value): BlockedWeight | undefined {
    return this.blocked.get(value);
  }

  private storedWeight(
    name: string,
    shape: readonly number[],
    format: Exclude<WeightFormat, { kind: 'float32' }>,
  ): Value {
    if (format.kind === 'blocks' && shape.length !== 2)
      throw new LlavaMiniError('bad-graph', `weight ${name} [${shape.join(',')}] cannot be stored in blocks`, {
        hint: 'blocks are for matrices; store it as float32 or float16',
      });
    const [first, scales, zeros] = weightParts(name, shape, format).map((part) => this.store(part));
    if (format.kind === 'float16') return this.node('Cast', [first], [{ dtype: 'float32', shape }], { to: FLOAT32 })[0];
    const value = new Value(this, this.claim(name), 'float32', shape, null);
    this.blocked.set(value, { name, format, blocks: first, scales, zeros: zeros ?? null });
    return value;
  }

  private store({ name, dtype, shape }: Omit<WeightPart, 'dtype'> & { dtype: DType }): Value {
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
    this.refuseBlocked(`output ${name}`, value);
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
      if (v) this.refuseBlocked(op, v);
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

  /**
   * The value of one of two computations, of which only that one runs (inference only).
   *
   * @param condition bool `[]`
   * @throws LlavaMiniError `bad-graph` where the two differ in type or shape
   */
  branch(condition: Value, yes: () => Value, no: () => Value): Value {
    const [a, b] = [yes, no].map((build): Branch => {
      const start = this.nodes.length;
      const output = build();
      const nodes = this.nodes.splice(start);
      if (!nodes.some((node) => node === output.producer))
        throw new LlavaMiniError('bad-graph', `branch: ${output} is not made in its branch`);
      return { nodes, output };
    });
    const { dtype, shape } = a.output;
    if (condition.dtype !== 'bool' || condition.rank || b.output.dtype !== dtype || !sameShape(b.output.shape, shape))
      throw new LlavaMiniError('bad-graph', `branch(${condition}): ${a.output} or ${b.output}`, {
        hint: 'the condition is a bool scalar, and both sides have one type and shape',
      });
    return this.node('If', [condition], [{ dtype, shape }], { then_branch: a, else_branch: b })[0];
  }

  private refuseBlocked(user: string, value: Value): void {
    if (this.blocked.has(value))
      throw new LlavaMiniError('bad-graph', `${user}: weight ${value.name} is stored in blocks`, {
        hint: 'only linear takes blocks; store it as float32 or float16',
      });
  }

  private claim(name: string): string {
    if (this.names.has(name)) throw new LlavaMiniError('bad-graph', `the name ${name} is taken in graph ${this.name}`);
    this.names.add(name);
    return name;
  }
}

/** Of the attribute `to`, by ONNX's numbering. */
const FLOAT32 = 1;

/** Tells -0 from 0, which are different constants: 1/x shows it. */
function text(x: unknown): string {
  return Object.is(x, -0) ? '-0' : String(x);
}
