import { floatToHalf } from '../util/float16.ts';
import type { Attribute } from './graph.ts';
import type { DType, Shape, Value } from './value.ts';

/** A node with one output. */
export function one(
  op: string,
  inputs: readonly (Value | null)[],
  dtype: DType,
  shape: Shape,
  attributes: Record<string, Attribute> = {},
  domain = '',
): Value {
  const graph = (inputs.find((v) => v !== null) as Value).graph;
  return graph.node(op, inputs, [{ dtype, shape }], attributes, domain)[0];
}

/** A number stands for a constant of the other operand's type. */
export type Operand = Value | number;

/** An operand as a value. */
export function lift(a: Operand, other: Operand): Value {
  if (typeof a !== 'number') return a;
  const { graph, dtype } = other as Value;
  if (dtype === 'int64') return graph.constant(BigInt64Array.of(BigInt(a)), [], 'int64');
  if (dtype === 'int32') return graph.constant(Int32Array.of(a), [], 'int32');
  if (dtype === 'float16') return graph.constant(Uint16Array.of(floatToHalf(a)), [], 'float16');
  return graph.scalar(a);
}
