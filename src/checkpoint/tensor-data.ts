import { bfloatsToFloats, floatsToBfloats, floatsToHalves, halvesToFloats } from '../util/float16.ts';

/** Bytes per element of every element type we read, by its safetensors name. */
export const DTYPE_BYTES = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type DType = keyof typeof DTYPE_BYTES;

export type TensorArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** Whether safetensors has an element type of that name that is read here. */
export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(DTYPE_BYTES, name);
}

/** Number of elements of a shape; NaN when it is not a safe integer or a side is not a whole number ≥ 0. */
export function elementCount(shape: readonly number[]): number {
  // A zero anywhere must not hide an overflow elsewhere in the shape.
  let product = 1;
  let empty = false;
  for (const side of shape) {
    if (!Number.isSafeInteger(side) || side < 0) return Number.NaN;
    if (side === 0) empty = true;
    else product *= side;
    if (!Number.isSafeInteger(product)) return Number.NaN;
  }
  return empty ? 0 : product;
}

/**
 * Little-endian bytes of a tensor as float32, into `out` when given (same number of elements).
 * F32 bytes that are aligned come back as a view, not a copy, when there is no `out`. 64-bit values are rounded.
 */
export function bytesToFloat32(bytes: Uint8Array, dtype: DType, out?: Float32Array): Float32Array {
  const count = bytes.byteLength / DTYPE_BYTES[dtype];
  const view = typedView(bytes, dtype);
  if (view instanceof Float32Array) {
    if (!out) return view;
    out.set(view);
    return out;
  }
  const floats = (out ?? new Float32Array(count)) as Float32Array<ArrayBuffer>;
  if (dtype === 'F16') return halvesToFloats(view as Uint16Array, floats);
  if (dtype === 'BF16') return bfloatsToFloats(view as Uint16Array, floats);
  for (let i = 0; i < count; i++) floats[i] = Number(view[i]);
  return floats;
}

/** The same memory as elements (F16 and BF16 as their bits in a Uint16Array); copied only when it is misaligned. */
export function typedView(bytes: Uint8Array, dtype: DType): TensorArray {
  const size = DTYPE_BYTES[dtype];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const args = [aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size] as const;
  switch (dtype) {
    case 'F64':
      return new Float64Array(...args);
    case 'I64':
      return new BigInt64Array(...args);
    case 'U64':
      return new BigUint64Array(...args);
    case 'F32':
      return new Float32Array(...args);
    case 'I32':
      return new Int32Array(...args);
    case 'U32':
      return new Uint32Array(...args);
    case 'F16':
    case 'BF16':
    case 'U16':
      return new Uint16Array(...args);
    case 'I16':
      return new Int16Array(...args);
    case 'I8':
      return new Int8Array(...args);
    default:
      return new Uint8Array(...args);
  }
}

/**
 * Elements as the little-endian bytes of `dtype`. A Float32Array is converted to F32, F64, F16 or BF16; a Uint8Array
 * is taken as the finished bytes of any type; everything else must already be of the type (F16 and BF16 as bits).
 *
 * @throws RangeError when the pair does not fit, or a finite number is too large for F16.
 */
export function toBytes(data: TensorArray, dtype: DType): Uint8Array {
  if (data instanceof Float32Array && dtype !== 'F32') {
    if (dtype === 'F64') return rawBytes(Float64Array.from(data));
    if (dtype === 'BF16') return rawBytes(floatsToBfloats(data));
    if (dtype === 'F16') {
      const halves = floatsToHalves(data);
      for (let i = 0; i < halves.length; i++)
        if ((halves[i] & 0x7fff) === 0x7c00 && Number.isFinite(data[i]))
          throw new RangeError(`the value ${data[i]} at ${i} is too large for F16`);
      return rawBytes(halves);
    }
    throw new RangeError(`a Float32Array cannot be stored as ${dtype}`);
  }
  if (!(data instanceof Uint8Array) && data.constructor !== typedView(new Uint8Array(0), dtype).constructor)
    throw new RangeError(`a ${data.constructor.name} cannot be stored as ${dtype}`);
  return rawBytes(data);
}

function rawBytes(data: TensorArray): Uint8Array {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}
