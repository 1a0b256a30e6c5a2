/**
 * @file The basic operations. Each checks its operands when called and returns a typed value; every one that
 * takes part in training has its gradient in `gradients.ts`. Shapes in comments: `[]` is a scalar.
 */
import { lift, type Operand, one } from './operands.ts';
import { expand, reshape } from './reshaping.ts';
import { broadcastShapes, normaliseAxis, sameShape, shapeError, sizeOf } from './shape.ts';
import type { Dim, DType, Value } from './value.ts';

export * from './reshaping.ts';

function binary(op: string, a: Operand, b: Operand, result?: DType): Value {
  const x = lift(a, b);
  const y = lift(b, a);
  if (x.dtype !== y.dtype) shapeError(op, [x, y], 'element types differ');
  const shape = broadcastShapes(x.shape, y.shape);
  if (!shape) shapeError(op, [x, y], 'shapes do not broadcast');
  return one(op, [x, y], result ?? x.dtype, shape);
}

/** Elementwise with NumPy broadcasting; a number is a constant of the other operand's type. */
export const add = (a: Operand, b: Operand): Value => binary('Add', a, b);
export const sub = (a: Operand, b: Operand): Value => binary('Sub', a, b);
export const mul = (a: Operand, b: Operand): Value => binary('Mul', a, b);
export const div = (a: Operand, b: Operand): Value => binary('Div', a, b);
export const min = (a: Operand, b: Operand): Value => binary('Min', a, b);
export const max = (a: Operand, b: Operand): Value => binary('Max', a, b);
export const equal = (a: Operand, b: Operand): Value => binary('Equal', a, b, 'bool');
export const greaterOrEqual = (a: Operand, b: Operand): Value => binary('GreaterOrEqual', a, b, 'bool');

const unary = (op: string, x: Value): Value => one(op, [x], x.dtype, x.shape);
export const neg = (x: Value): Value => unary('Neg', x);
export const exp = (x: Value): Value => unary('Exp', x);
export const log = (x: Value): Value => unary('Log', x);
export const sqrt = (x: Value): Value => unary('Sqrt', x);
export const reciprocal = (x: Value): Value => unary('Reciprocal', x);
export const sigmoid = (x: Value): Value => unary('Sigmoid', x);
export const tanh = (x: Value): Value => unary('Tanh', x);
export const erf = (x: Value): Value => unary('Erf', x);

export function clip(x: Value, low: number, high: number): Value {
  return one('Clip', [x, lift(low, x), lift(high, x)], x.dtype, x.shape);
}

export function cast(x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  const code = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 }[dtype];
  return one('Cast', [x], dtype, x.shape, { to: code });
}

export function where(condition: Value, a: Operand, b: Operand): Value {
  const x = lift(a, b);
  const y = lift(b, a);
  const inner = broadcastShapes(x.shape, y.shape);
  const shape = inner && broadcastShapes(condition.shape, inner);
  if (!shape || condition.dtype !== 'bool' || x.dtype !== y.dtype)
    shapeError('where', [condition, x, y], 'shapes or types do not fit');
  return one('Where', [condition, x, y], x.dtype, shape);
}

/** Batched matrix product `[…, m, k] × […, k, n] → […, m, n]`. */
export function matmul(a: Value, b: Value): Value {
  if (a.rank < 2 || b.rank < 2) shapeError('matmul', [a, b], 'both operands need two dimensions or more');
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (a.dim(-1) !== b.dim(-2)) shapeError('matmul', [a, b], `inner dimensions ${a.dim(-1)} and ${b.dim(-2)} differ`);
  if (!batch) shapeError('matmul', [a, b], 'the dimensions before the last two do not broadcast');
  if (a.dtype !== b.dtype) shapeError('matmul', [a, b], 'element types differ');
  return one('MatMul', [a, b], a.dtype, [...batch, a.dim(-2), b.dim(-1)]);
}

export interface GemmOptions {
  transposeA?: boolean;
  transposeB?: boolean;
}

/** `A′·B′ (+ bias)` of two matrices, each taken as it lies or transposed, without copying. */
export function gemm(a: Value, b: Value, bias: Value | null = null, options: GemmOptions = {}): Value {
  if (a.rank !== 2 || b.rank !== 2) shapeError('gemm', [a, b], 'both operands must be matrices');
  const [m, k] = options.transposeA ? [a.dim(1), a.dim(0)] : [a.dim(0), a.dim(1)];
  const [k2, n] = options.transposeB ? [b.dim(1), b.dim(0)] : [b.dim(0), b.dim(1)];
  if (k !== k2) shapeError('gemm', [a, b], `inner dimensions ${k} and ${k2} differ`);
  if (a.dtype !== b.dtype) shapeError('gemm', [a, b], 'element types differ');
  if (bias && !sameShape(bias.shape, [n])) shapeError('gemm', [a, b, bias], `the bias must be [${n}]`);
  return one('Gemm', bias ? [a, b, bias] : [a, b], a.dtype, [m, n], {
    transA: options.transposeA ? 1 : 0,
    transB: options.transposeB ? 1 : 0,
  });
}

function reduce(op: string, x: Value, axes: readonly number[], keep: boolean): Value {
  if (axes.length === 0 && x.rank > 0) return x; // ONNX would take all axes
  const list = [...new Set(axes.map((a) => normaliseAxis(x, a)))];
  const shape: Dim[] = [];
  x.shape.forEach((d, i) => {
    if (!list.includes(i)) shape.push(d);
    else if (keep) shape.push(1);
  });
  return one(op, [x, x.graph.ints(list)], x.dtype, shape, { keepdims: keep ? 1 : 0 });
}

export const reduceSum = (x: Value, axes: readonly number[], keep = false): Value => reduce('ReduceSum', x, axes, keep);
export const reduceMean = (x: Value, axes: readonly number[], keep = false): Value =>
  reduce('ReduceMean', x, axes, keep);
/** Has no gradient. */
export const reduceMax = (x: Value, axes: readonly number[], keep = false): Value => reduce('ReduceMax', x, axes, keep);
export const sumAll = (x: Value): Value => reduceSum(x, [...x.shape.keys()]);

export function softmax(x: Value): Value {
  return one('Softmax', [x], x.dtype, x.shape, { axis: -1 });
}

export function logSoftmax(x: Value): Value {
  return one('LogSoftmax', [x], x.dtype, x.shape, { axis: -1 });
}

/** Rows of a table: `table [V, …]`, `index` of any shape → `[…index, …]`. Rows may repeat. */
export function gather(table: Value, index: Value, axis = 0): Value {
  const a = normaliseAxis(table, axis);
  if (index.dtype !== 'int32' && index.dtype !== 'int64')
    shapeError('gather', [table, index], 'indices must be integers');
  return one(
    'Gather',
    [table, index],
    table.dtype,
    [...table.shape.slice(0, a), ...index.shape, ...table.shape.slice(a + 1)],
    { axis: a },
  );
}

/** `x[…, index[…]]` along the last axis; `index` has the shape of the result. */
export function gatherLast(x: Value, index: Value): Value {
  if (index.rank !== x.rank || !sameShape(x.shape.slice(0, -1), index.shape.slice(0, -1)))
    shapeError('gatherLast', [x, index], 'all dimensions but the last must agree');
  if (index.dtype !== 'int32' && index.dtype !== 'int64')
    shapeError('gatherLast', [x, index], 'indices must be integers');
  return one('GatherElements', [x, index], x.dtype, index.shape, { axis: -1 });
}

/**
 * `data` with `updates` added at `index` along `axis` (repeated places add up).
 * Gradient helper of the two gathers.
 */
export function scatterAdd(data: Value, index: Value, updates: Value, axis: number): Value {
  return one('ScatterElements', [data, index, updates], data.dtype, data.shape, { axis, reduction: 'add' });
}

/** A tensor of zeros (or another number) of a static shape, made when the graph runs. */
export function full(like: Value, shape: readonly number[], x = 0): Value {
  return expand(like.graph.scalar(x), shape);
}

/** The value itself; the gradient stops here. */
export function stopGradient(x: Value): Value {
  return one('Identity', [x], x.dtype, x.shape, {});
}

/** The size of one dimension as an int64 scalar, for graphs with symbolic shapes. */
export function sizeAlong(x: Value, axis: number): Value {
  const a = normaliseAxis(x, axis);
  const shape = one('Shape', [x], 'int64', [1], { start: a, end: a + 1 });
  return reshape(shape, []);
}

/** The whole numbers 0 … count−1, `count` int64 `[]` → int64 `[length]`. */
export function range(count: Value, length: Dim): Value {
  if (count.rank !== 0 || count.dtype !== 'int64') shapeError('range', [count], 'the count must be an int64 scalar');
  const { graph } = count;
  const number = (n: bigint): Value => graph.constant(BigInt64Array.of(n), [], 'int64');
  return one('Range', [number(0n), count, number(1n)], 'int64', [length]);
}

/** One row of each batch item: `x [B, T, D]`, `index` int64 `[B, 1]` → `[B, D]`. */
export function gatherRow(x: Value, index: Value): Value {
  if (x.rank !== 3 || index.rank !== 2 || index.shape[1] !== 1)
    shapeError('gatherRow', [x, index], 'expected [B,T,D], [B,1]');
  return one('GatherND', [x, index], x.dtype, [x.shape[0], x.shape[2]], { batch_dims: 1 });
}

/** Product of two dimensions, numbers or symbols. */
export const sizeProduct = (...dims: Dim[]): Dim => sizeOf(dims);

/** Place of the largest element of the last axis: `[..., V] → [...]` int64. */
export function argMax(x: Value): Value {
  return one('ArgMax', [x], 'int64', x.shape.slice(0, -1), { axis: -1, keepdims: 0 });
}
