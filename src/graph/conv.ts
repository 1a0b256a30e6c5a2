/** @file Convolutions: over channels first for inference, over channels last where gradients are wanted. */
import * as ops from './ops.ts';
import { sameShape, shapeError, staticShape } from './shape.ts';
import type { Dim, Value } from './value.ts';

export interface ConvOptions {
  stride: number;
  /** top, left, bottom, right */
  padding: readonly [number, number, number, number];
  groups?: number;
}

/** 2-D convolution, `x [N, C, H, W]`, `weight [O, C/groups, kh, kw]` (inference only). */
export function conv2d(x: Value, weight: Value, bias: Value | null, options: ConvOptions): Value {
  const operands = bias ? [x, weight, bias] : [x, weight];
  if (x.rank !== 4 || weight.rank !== 4 || x.shape.slice(1).some((d) => typeof d !== 'number'))
    shapeError('conv2d', operands, 'expected [N, C, H, W] and [O, C/groups, kh, kw]');
  const [n, c, h, w] = x.shape as [Dim, number, number, number];
  const [o, ci, kh, kw] = staticShape(weight);
  const groups = options.groups ?? 1;
  if (ci * groups !== c || o % groups)
    shapeError('conv2d', operands, `${c} channels to ${o} do not fit ${groups} groups of ${ci}`);
  if (bias && !sameShape(bias.shape, [o])) shapeError('conv2d', operands, `the bias must be [${o}]`);
  const [top, left, bottom, right] = options.padding;
  const out = (size: number, k: number, pad: number): number => Math.floor((size + pad - k) / options.stride) + 1;
  if (h + top + bottom < kh || w + left + right < kw) shapeError('conv2d', operands, 'the kernel is larger than x');
  return x.graph.node(
    'Conv',
    operands,
    [{ dtype: x.dtype, shape: [n, o, out(h, kh, top + bottom), out(w, kw, left + right)] }],
    {
      strides: [options.stride, options.stride],
      pads: [top, left, bottom, right],
      group: groups,
      kernel_shape: [kh, kw],
    },
  )[0];
}

/** Folds blocks of r×r pixels into channels: `[N, C, H, W] → [N, r²·C, H/r, W/r]`, block offset outermost. */
export function spaceToDepth(x: Value, r: number): Value {
  if (r === 1) return x;
  if (x.rank !== 4) shapeError('spaceToDepth', [x], 'expected [N, C, H, W]');
  const [n, c, h, w] = x.shape as [Dim, number, number, number];
  if (h % r || w % r) shapeError('spaceToDepth', [x], `${h}×${w} is no multiple of ${r}`);
  return x.graph.node('SpaceToDepth', [x], [{ dtype: x.dtype, shape: [n, c * r * r, h / r, w / r] }], {
    blocksize: r,
  })[0];
}

/**
 * What lies around each place of a map, zeros beyond its edge: `[N, H, W, C] → [N, H, W, 9·C]`, row by row, channels
 * innermost. `linear` over it is a 3×3 convolution that has gradients.
 */
export function neighbours(x: Value): Value {
  if (x.rank !== 4 || x.shape.slice(1).some((d) => typeof d !== 'number'))
    shapeError('neighbours', [x], 'expected [N, H, W, C]');
  const around = (y: Value, axis: number): Value => {
    const size = y.shape[axis] as number;
    const padded = ops.padAxis(y, axis, 1, 1);
    return ops.concat(
      [0, 1, 2].map((at) => ops.slice(padded, axis, at, at + size)),
      3,
    );
  };
  return around(around(x, 2), 1);
}
