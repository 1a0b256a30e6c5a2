/** @file Operations that move elements and compute nothing; see `ops.ts`. */
import { lift, one } from './operands.ts';
import { broadcastShapes, normaliseAxis, sameShape, shapeError, sizeOf, symbolsOf } from './shape.ts';
import type { Dim, Shape, Value } from './value.ts';

export function transpose(x: Value, permutation: readonly number[]): Value {
  if (permutation.length !== x.rank || !x.shape.every((_, i) => permutation.includes(i)))
    shapeError('transpose', [x], `bad permutation ${permutation}`);
  return one(
    'Transpose',
    [x],
    x.dtype,
    permutation.map((p) => x.shape[p]),
    { perm: permutation },
  );
}

/** Same elements, other shape. At most one symbolic dimension may be at a new place. */
export function reshape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const before = sizeOf(x.shape);
  const after = sizeOf(shape);
  if (before !== after && symbolsOf(before) === symbolsOf(after))
    shapeError('reshape', [x], `cannot become [${shape.join(',')}]`);
  let unknown = 0;
  const target = shape.map((d, i) => {
    if (typeof d === 'number') return d;
    if (x.shape[i] === d) return 0;
    unknown++;
    return -1;
  });
  if (unknown > 1) shapeError('reshape', [x], `[${shape.join(',')}] has more than one unknown dimension`);
  return one('Reshape', [x, x.graph.ints(target)], x.dtype, shape);
}

export function concat(values: readonly Value[], axis: number): Value {
  if (values.length === 1) return values[0];
  const a = normaliseAxis(values[0], axis);
  const shape = values[0].shape.slice();
  const along: Dim[] = [];
  for (const v of values) {
    const fits =
      v.rank === shape.length && v.dtype === values[0].dtype && v.shape.every((d, i) => i === a || d === shape[i]);
    if (!fits) shapeError('concat', values, `do not fit along axis ${a}`);
    along.push(v.shape[a]);
  }
  shape[a] = along.every((d) => typeof d === 'number')
    ? (along as number[]).reduce((p, q) => p + q, 0)
    : along.filter((d) => d !== 0).join('+');
  return one('Concat', values, values[0].dtype, shape, { axis: a });
}

/** Elements `start … end-1` along an axis. On an axis of symbolic length it is for the caller to know that they exist. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  const a = normaliseAxis(x, axis);
  const size = x.shape[a];
  if (start < 0 || end <= start || (typeof size === 'number' && end > size))
    shapeError('slice', [x], `${start}…${end} along axis ${a} is out of range`);
  if (start === 0 && end === size) return x;
  const shape = x.shape.map((d, i) => (i === a ? end - start : d));
  const { graph } = x;
  return one('Slice', [x, graph.ints([start]), graph.ints([end]), graph.ints([a])], x.dtype, shape);
}

/** All but the first `start` elements along an axis whose length may be symbolic; `length` names what is left. */
export function sliceFrom(x: Value, axis: number, start: number, length: Dim): Value {
  const a = normaliseAxis(x, axis);
  const shape = x.shape.map((d, i) => (i === a ? length : d));
  const { graph } = x;
  return one('Slice', [x, graph.ints([start]), graph.ints([Number.MAX_SAFE_INTEGER]), graph.ints([a])], x.dtype, shape);
}

/** The last `count` elements (int64 `[]`) of an axis; `length` names how many these are. */
export function sliceLast(x: Value, axis: number, count: Value, length: Dim): Value {
  const a = normaliseAxis(x, axis);
  if (count.rank !== 0 || count.dtype !== 'int64')
    shapeError('sliceLast', [x, count], 'the count must be an int64 scalar');
  const shape = x.shape.map((d, i) => (i === a ? length : d));
  const { graph } = x;
  const start = reshape(one('Neg', [count], count.dtype, count.shape), [1]);
  return one('Slice', [x, start, graph.ints([Number.MAX_SAFE_INTEGER]), graph.ints([a])], x.dtype, shape);
}

/** The first `count` elements (int64 `[]`) of an axis; `length` names how many these are. */
export function sliceFirst(x: Value, axis: number, count: Value, length: Dim): Value {
  const a = normaliseAxis(x, axis);
  if (count.rank !== 0 || count.dtype !== 'int64')
    shapeError('sliceFirst', [x, count], 'the count must be an int64 scalar');
  const shape = x.shape.map((d, i) => (i === a ? length : d));
  const { graph } = x;
  return one('Slice', [x, graph.ints([0]), reshape(count, [1]), graph.ints([a])], x.dtype, shape);
}

export function split(x: Value, axis: number, sizes: readonly number[]): Value[] {
  const a = normaliseAxis(x, axis);
  if (sizes.reduce((p, q) => p + q, 0) !== x.shape[a])
    shapeError('split', [x], `sizes ${sizes} do not add up to axis ${a}`);
  return x.graph.node(
    'Split',
    [x, x.graph.ints(sizes)],
    sizes.map((s) => ({ dtype: x.dtype, shape: x.shape.map((d, i) => (i === a ? s : d)) })),
    { axis: a },
  );
}

/** Zeros in front of and behind the elements of one axis. */
export function padAxis(x: Value, axis: number, before: number, after: number): Value {
  const a = normaliseAxis(x, axis);
  if (before === 0 && after === 0) return x;
  const size = x.shape[a];
  if (typeof size !== 'number') shapeError('padAxis', [x], `axis ${a} has no known length`);
  const shape = x.shape.map((d, i) => (i === a ? size + before + after : d));
  const { graph } = x;
  return one('Pad', [x, graph.ints([before, after]), lift(0, x), graph.ints([a])], x.dtype, shape);
}

/** Broadcasts to a static shape. */
export function expand(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const target = broadcastShapes(x.shape, shape);
  if (!target || !sameShape(target, shape)) shapeError('expand', [x], `cannot become [${shape.join(',')}]`);
  return one('Expand', [x, x.graph.ints(shape)], x.dtype, shape);
}
