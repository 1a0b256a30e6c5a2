import { LlavaMiniError } from '../errors.ts';
import type { Dim, Shape, Value } from './value.ts';

/** Throws `bad-graph` with the operation and its operands' names, types and shapes. */
export function shapeError(operation: string, values: readonly Value[], why: string): never {
  throw new LlavaMiniError('bad-graph', `${operation}(${values.map(String).join(', ')}): ${why}`);
}

/** NumPy broadcasting; two different symbols do not fit. Returns null when the shapes do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Dim[] | null {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === y || y === 1) out.push(x);
    else if (x === 1) out.push(y);
    else return null;
  }
  return out;
}

/** Number of elements, or a symbolic product such as `batch*48`. */
export function sizeOf(shape: Shape): Dim {
  let product = 1;
  const symbols: string[] = [];
  for (const d of shape) {
    const factors = typeof d === 'number' || d.includes('+') ? [d] : d.split('*');
    for (const factor of factors) {
      if (typeof factor === 'number' || /^\d+$/.test(factor)) product *= Number(factor);
      else symbols.push(factor);
    }
  }
  if (symbols.length === 0) return product;
  symbols.sort();
  return product === 1 ? symbols.join('*') : `${symbols.join('*')}*${product}`;
}

/** The symbols of a size without its number: sizes with the same symbols must have the same number too. */
export function symbolsOf(size: Dim): string {
  return typeof size === 'number' ? '' : size.replace(/\*\d+$/, '');
}

/** All dimensions as numbers. @throws `bad-graph` when one is symbolic. */
export function staticShape(value: Value): number[] {
  for (const d of value.shape) if (typeof d !== 'number') shapeError('static shape', [value], `${d} is not a number`);
  return value.shape as number[];
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

export function normaliseAxis(value: Value, axis: number): number {
  const a = axis < 0 ? axis + value.rank : axis;
  if (!Number.isInteger(a) || a < 0 || a >= value.rank) shapeError('axis', [value], `axis ${axis} is out of range`);
  return a;
}
