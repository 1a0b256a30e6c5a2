import { DTYPE_BYTES, type DType } from '../tensor-data.ts';
import { describe, type PickleDict, type PickleValue, type StorageRef, type TensorRef } from './values.ts';

/** Typed storages, by their names in torch. */
const STORAGES: ReadonlyMap<string, DType | null> = new Map<string, DType | null>([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
  ['torch.storage.UntypedStorage', null],
]);

/** Element types that torch names beside a storage without type. */
const DTYPES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['torch.float64', 'F64'],
  ['torch.float32', 'F32'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.int64', 'I64'],
  ['torch.uint64', 'U64'],
  ['torch.int32', 'I32'],
  ['torch.uint32', 'U32'],
  ['torch.int16', 'I16'],
  ['torch.uint16', 'U16'],
  ['torch.int8', 'I8'],
  ['torch.uint8', 'U8'],
  ['torch.bool', 'BOOL'],
]);

const MAX_RANK = 32;

/** Thrown for what is not understood; the message completes "it holds …". */
export class Refusal extends Error {}

const CALLS: ReadonlyMap<string, (args: readonly PickleValue[]) => PickleValue> = new Map<
  string,
  (args: readonly PickleValue[]) => PickleValue
>([
  ['collections.OrderedDict', emptyDict],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_tensor_v3', rebuildTypedTensor],
  ['torch._utils._rebuild_parameter', rebuildParameter],
]);

/** Whether a pickle may name this. Naming it only makes plain data: our own functions below say what it means. */
export function isAllowed(name: string): boolean {
  return CALLS.has(name) || STORAGES.has(name) || DTYPES.has(name);
}

/** The value of calling an allowed name. @throws Refusal */
export function call(target: PickleValue, args: PickleValue): PickleValue {
  const name = isKind(target, 'name') ? target.name : null;
  const rebuild = name === null ? undefined : CALLS.get(name);
  if (!rebuild) throw new Refusal(`a call of ${describe(target)}`);
  return rebuild(tuple(args, `the arguments of ${name}`));
}

/** `('storage', type, key, device, count)` → storage. @throws Refusal */
export function persistent(id: PickleValue): StorageRef {
  const [tag, type, key, device, count] = tuple(id, 'a reference', 5);
  const name = isKind(type, 'name') ? type.name : '';
  const dtype = STORAGES.get(name);
  if (tag !== 'storage' || dtype === undefined || typeof device !== 'string')
    throw new Refusal('a reference that is not to a storage of a known type');
  if (typeof key !== 'string' || !/^[A-Za-z0-9_]{1,64}$/.test(key)) throw new Refusal('a storage with a strange key');
  return { kind: 'storage', key, dtype, count: whole(count, 'the length of a storage') };
}

function emptyDict(args: readonly PickleValue[]): PickleDict {
  if (args.length) throw new Refusal('an OrderedDict with arguments');
  return { kind: 'dict', entries: new Map() };
}

/** `(storage, offset, size, stride, requires_grad, backward_hooks[, metadata])` */
function rebuildTensor(args: readonly PickleValue[]): TensorRef {
  if (args.length < 6 || args.length > 7) throw new Refusal(`a tensor of ${args.length} arguments`);
  const [storage] = args;
  if (!isKind(storage, 'storage') || !storage.dtype) throw new Refusal('a tensor without a typed storage');
  return tensor(storage, storage.dtype, storage.count, args);
}

/** `(storage, offset, size, stride, requires_grad, backward_hooks, dtype[, metadata])` */
function rebuildTypedTensor(args: readonly PickleValue[]): TensorRef {
  if (args.length < 7 || args.length > 8) throw new Refusal(`a tensor of ${args.length} arguments`);
  const [storage] = args;
  const type = args[6];
  const dtype = isKind(type, 'name') ? DTYPES.get(type.name) : undefined;
  if (!isKind(storage, 'storage') || storage.dtype || !dtype)
    throw new Refusal(`a tensor of an unknown element type, ${describe(type)}`);
  const count = storage.count / DTYPE_BYTES[dtype];
  if (!Number.isInteger(count)) throw new Refusal('a storage that is no whole number of elements long');
  return tensor(storage, dtype, count, args);
}

/** `(data, requires_grad, backward_hooks)` */
function rebuildParameter(args: readonly PickleValue[]): TensorRef {
  const [data] = args;
  if (args.length !== 3 || !isKind(data, 'tensor')) throw new Refusal('a parameter without a tensor');
  return data;
}

function tensor(storage: StorageRef, dtype: DType, count: number, args: readonly PickleValue[]): TensorRef {
  const offset = whole(args[1], 'the offset of a tensor');
  const shape = tuple(args[2], 'the shape of a tensor').map((side) => whole(side, 'the shape of a tensor'));
  const strides = tuple(args[3], 'the strides of a tensor').map((step) => whole(step, 'the strides of a tensor'));
  if (shape.length > MAX_RANK || strides.length !== shape.length)
    throw new Refusal(`a tensor with ${shape.length} sides and ${strides.length} strides`);
  return { kind: 'tensor', key: storage.key, dtype, count, offset, shape, strides };
}

function whole(value: PickleValue | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Refusal(`${what} that is no whole number`);
}

function tuple(value: PickleValue, what: string, length?: number): readonly PickleValue[] {
  const items = isKind(value, 'tuple') ? value.items : null;
  if (!items || (length !== undefined && items.length !== length)) throw new Refusal(`${what} of the wrong form`);
  return items;
}

type Kinded = Exclude<PickleValue, null | boolean | number | string>;

/** Whether an unpickled value is an object of that kind. */
export function isKind<K extends Kinded['kind']>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<Kinded, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}
