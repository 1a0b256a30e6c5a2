import { LlavaMiniError } from '../../errors.ts';
import { MAX_TENSORS, type TensorInfo } from '../safetensors-header.ts';
import { quote } from '../strict-json.ts';
import { DTYPE_BYTES, elementCount } from '../tensor-data.ts';
import { isKind } from './allowed.ts';
import { describe, type PickleValue, type TensorRef } from './values.ts';
import type { ZipEntry } from './zip.ts';

/** A tensor of a pickled checkpoint: where its storage is in the file, and which of its elements are the tensor's. */
export interface StridedTensor extends TensorInfo {
  /** Byte position of the tensor's first element. */
  readonly begin: number;
  /** In elements. */
  readonly strides: readonly number[];
  readonly elements: number;
}

const MAX_TENSOR_NAME = 1024;

/**
 * The tensors of a flat state dict, each checked to lie within its storage.
 *
 * @param storage the archive entry of a storage key
 * @throws LlavaMiniError `bad-checkpoint` naming file and tensor
 */
export function stateDict(
  value: PickleValue,
  storage: (key: string) => ZipEntry | undefined,
  path: string,
): Map<string, StridedTensor> {
  if (!isKind(value, 'dict')) bad(path, `holds ${describe(value)} instead of a state dict`);
  if (value.entries.size > MAX_TENSORS) bad(path, `has ${value.entries.size} tensors, over the cap of ${MAX_TENSORS}`);
  const tensors = new Map<string, StridedTensor>();
  for (const [name, tensor] of value.entries) {
    if (typeof name !== 'string' || name.length > MAX_TENSOR_NAME)
      bad(path, `has an entry with a name of the wrong kind`);
    if (!isKind(tensor, 'tensor'))
      bad(
        path,
        `is no flat state dict: ${quote(name)} is ${describe(tensor)}`,
        'save model.state_dict() alone, or get a safetensors version of the model',
      );
    tensors.set(name, place(name, tensor, storage(tensor.key), path));
  }
  return tensors;
}

function place(name: string, tensor: TensorRef, entry: ZipEntry | undefined, path: string): StridedTensor {
  const { dtype, shape, strides, offset, count } = tensor;
  const where = `tensor ${quote(name)}`;
  if (!entry) bad(path, `has ${where} in storage ${quote(tensor.key)}, which is not there`);
  const size = DTYPE_BYTES[dtype];
  if (entry.size !== count * size)
    bad(path, `has ${where} in a storage of ${count} ${dtype} elements, but ${entry.name} is ${entry.size} bytes long`);
  const elements = elementCount(shape);
  if (!Number.isSafeInteger(elements)) bad(path, `has ${where} of shape [${shape}], too large to exist`);
  // Also keeps a small file from asking for much memory: a stride of 0 repeats elements.
  if (elements > count) bad(path, `has ${where} of ${elements} elements in a storage of ${count}`);
  const last = elements === 0 ? 0 : shape.reduce((sum, side, i) => sum + (side - 1) * strides[i], offset + 1);
  if (!Number.isSafeInteger(last) || last > count || offset > count)
    bad(path, `has ${where} reaching out of its storage: element ${last} of ${count}`);
  const begin = entry.begin + offset * size;
  return { name, dtype, shape, strides, elements, begin, end: elements === 0 ? begin : entry.begin + last * size };
}

/** Whether the elements lie one after another in row-major order. */
export function isContiguous({ shape, strides, elements }: StridedTensor): boolean {
  if (elements === 0) return true;
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 1) continue;
    if (strides[i] !== step) return false;
    step *= shape[i];
  }
  return true;
}

/** Places in the storage, counted from the tensor's first element, of its elements `from` to `to` in row-major order. */
export function places({ shape, strides }: StridedTensor, from: number, to: number): Float64Array {
  const out = new Float64Array(to - from);
  const index = new Array<number>(shape.length).fill(0);
  let rest = from;
  let place = 0;
  for (let i = shape.length - 1; i >= 0; i--) {
    index[i] = rest % shape[i];
    rest = Math.floor(rest / shape[i]);
    place += index[i] * strides[i];
  }
  for (let n = 0; n < out.length; n++) {
    out[n] = place;
    for (let i = shape.length - 1; i >= 0; i--) {
      place += strides[i];
      if (++index[i] < shape[i]) break;
      place -= shape[i] * strides[i];
      index[i] = 0;
    }
  }
  return out;
}

function bad(path: string, what: string, hint = 'get a safetensors version of the model'): never {
  throw new LlavaMiniError('bad-checkpoint', `${path} ${what}`, { hint });
}
