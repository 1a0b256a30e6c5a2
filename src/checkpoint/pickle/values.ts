import type { DType } from '../tensor-data.ts';

/** What a pickle of weights can hold: plain data. Nothing here can run. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleTuple
  | PickleDict
  | PickleList
  | Allowed
  | StorageRef
  | TensorRef;

export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

export interface PickleList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<string | number, PickleValue>;
}

/** One of the few names that a pickle may refer to. */
export interface Allowed {
  readonly kind: 'name';
  readonly name: string;
}

/** A run of elements in an archive entry of its own, `data/<key>`. */
export interface StorageRef {
  readonly kind: 'storage';
  readonly key: string;
  /** `null`: bytes, whose type the tensor says. */
  readonly dtype: DType | null;
  /** In elements, or bytes when there is no type. */
  readonly count: number;
}

/** A tensor as torch stores it: a view of a storage. Offset and strides count elements. */
export interface TensorRef {
  readonly kind: 'tensor';
  readonly key: string;
  readonly dtype: DType;
  /** Elements of the whole storage. */
  readonly count: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** For messages. */
export function describe(value: PickleValue): string {
  if (value === null) return 'None';
  if (typeof value !== 'object') return `a ${typeof value}`;
  return value.kind === 'name' ? value.name : `a ${value.kind}`;
}
