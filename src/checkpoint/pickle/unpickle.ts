import { LlavaMiniError } from '../../errors.ts';
import { quote } from '../strict-json.ts';
import { call, isAllowed, isKind, persistent, Refusal } from './allowed.ts';
import { describe, type PickleValue } from './values.ts';

const MAX_MEMO = 4_000_000;
const MAX_MARKS = 1000;
const MAX_STRING_BYTES = 64 << 10;
const MAX_NAME = 256;
const HINT = 'get a safetensors version of the model; nothing in the file was run';

/**
 * Reads a pickle of weights as plain data. Only the operations that torch.save needs for a state dict (protocols 2
 * to 5) are understood, and only the names in `allowed.ts`; nothing is imported, made or called. Memory and time stay
 * proportional to the pickle's length.
 *
 * @param path name used in errors
 * @throws LlavaMiniError `bad-checkpoint` naming what was refused
 */
export function unpickle(bytes: Uint8Array, path: string): PickleValue {
  const machine = new Machine(bytes);
  try {
    return machine.run();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new LlavaMiniError('bad-checkpoint', `${path} is refused: its pickle holds ${error.message}`, {
      hint: HINT,
      cause: error,
    });
  }
}

class Machine {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  private stack: PickleValue[] = [];
  /** Stacks that wait below a mark. */
  private readonly below: PickleValue[][] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleValue {
    if (this.bytes[0] !== 0x80) throw new Refusal('no protocol number at its start');
    for (;;) {
      const op = this.u8();
      if (op === 0x2e) break; // STOP
      const step = OPS[op];
      if (!step) throw new Refusal(`the operation ${opName(op)}`);
      step(this);
    }
    if (this.at !== this.bytes.length) throw new Refusal(`${this.bytes.length - this.at} bytes after its end`);
    if (this.below.length || this.stack.length !== 1) throw new Refusal('more or less than one value');
    return this.stack[0];
  }

  u8(): number {
    return this.bytes[this.skip(1)];
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  u64(): number {
    const at = this.skip(8);
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
  }

  f64(): number {
    return this.view.getFloat64(this.skip(8), false);
  }

  /** LONG1: little-endian two's complement of so many bytes. */
  long(length: number): number {
    if (length > 8) throw new Refusal('a number too large to be a size');
    const at = this.skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[at + i]);
    const number = Number(BigInt.asIntN(Math.max(1, length * 8), value));
    if (!Number.isSafeInteger(number)) throw new Refusal('a number too large to be a size');
    return number;
  }

  string(length: number): string {
    if (length > MAX_STRING_BYTES) throw new Refusal(`a string of ${length} bytes`);
    const at = this.skip(length);
    try {
      return UTF8.decode(this.bytes.subarray(at, at + length));
    } catch {
      throw new Refusal('a string that is not UTF-8');
    }
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0 || end - this.at > MAX_NAME) throw new Refusal('a broken name');
    const text = this.string(end - this.at);
    this.at++;
    return text;
  }

  skip(length: number): number {
    const at = this.at;
    if (length > this.bytes.length - at) throw new Refusal('no end: it is cut short');
    this.at += length;
    return at;
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined) throw new Refusal('an operation without a value to work on');
    return value;
  }

  top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined) throw new Refusal('an operation without a value to work on');
    return value;
  }

  mark(): void {
    if (this.below.length >= MAX_MARKS) throw new Refusal(`values nested deeper than ${MAX_MARKS}`);
    this.below.push(this.stack);
    this.stack = [];
  }

  /** The values since the last mark. */
  toMark(): PickleValue[] {
    const items = this.stack;
    const stack = this.below.pop();
    if (!stack) throw new Refusal('an operation without a mark');
    this.stack = stack;
    return items;
  }

  tuple(items: PickleValue[]): void {
    this.push({ kind: 'tuple', items });
  }

  tupleOf(count: number): void {
    const items = Array.from({ length: count }, () => this.pop()).reverse();
    this.tuple(items);
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
    if (this.memo.size > MAX_MEMO) throw new Refusal(`more than ${MAX_MEMO} values to remember`);
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new Refusal('a reference to a value that is not there');
    this.push(value);
  }

  name(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (full.length > MAX_NAME || !isAllowed(full))
      throw new Refusal(`the name ${quote(full)}, which a file of weights has no need of`);
    this.push({ kind: 'name', name: full });
  }

  stackName(): void {
    const name = this.pop();
    const module = this.pop();
    if (typeof name !== 'string' || typeof module !== 'string') throw new Refusal('a broken name');
    this.name(module, name);
  }

  setItems(items: PickleValue[]): void {
    const dict = this.top();
    if (!isKind(dict, 'dict') || items.length % 2) throw new Refusal('entries for something that is no dictionary');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number')
        throw new Refusal(`a dictionary with ${describe(key)} as key`);
      if (dict.entries.has(key)) throw new Refusal(`the key ${quote(String(key))} twice in a dictionary`);
      dict.entries.set(key, items[i + 1]);
    }
  }

  append(items: PickleValue[]): void {
    const list = this.top();
    if (!isKind(list, 'list')) throw new Refusal('items for something that is no list');
    for (const item of items) list.items.push(item);
  }

  /** State of an object: a state dict carries versions of its modules there, which mean nothing to us. */
  build(): void {
    const state = this.pop();
    if (!isKind(this.top(), 'dict') || !isKind(state, 'dict')) throw new Refusal(`a state for ${describe(this.top())}`);
  }

  reduce(): void {
    const args = this.pop();
    this.push(call(this.pop(), args));
  }

  persistent(): void {
    this.push(persistent(this.pop()));
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** By operation code; Python's `pickletools` describes them. */
const OPS: readonly ((m: Machine) => void)[] = Object.assign([], {
  128: (m: Machine) => {
    const protocol = m.u8();
    if (protocol < 2 || protocol > 5) throw new Refusal(`the protocol ${protocol}`);
  },
  149: (m: Machine) => void m.u64(), // FRAME
  40: (m: Machine) => m.mark(),
  78: (m: Machine) => m.push(null),
  136: (m: Machine) => m.push(true),
  137: (m: Machine) => m.push(false),
  75: (m: Machine) => m.push(m.u8()), // BININT1
  77: (m: Machine) => m.push(m.u16()), // BININT2
  74: (m: Machine) => m.push(m.i32()), // BININT
  138: (m: Machine) => m.push(m.long(m.u8())), // LONG1
  71: (m: Machine) => m.push(m.f64()), // BINFLOAT
  140: (m: Machine) => m.push(m.string(m.u8())), // SHORT_BINUNICODE
  88: (m: Machine) => m.push(m.string(m.u32())), // BINUNICODE
  141: (m: Machine) => m.push(m.string(m.u64())), // BINUNICODE8
  41: (m: Machine) => m.tuple([]),
  133: (m: Machine) => m.tupleOf(1),
  134: (m: Machine) => m.tupleOf(2),
  135: (m: Machine) => m.tupleOf(3),
  116: (m: Machine) => m.tuple(m.toMark()),
  125: (m: Machine) => m.push({ kind: 'dict', entries: new Map() }),
  115: (m: Machine) => {
    const value = m.pop();
    m.setItems([m.pop(), value]);
  },
  117: (m: Machine) => m.setItems(m.toMark()),
  93: (m: Machine) => m.push({ kind: 'list', items: [] }),
  97: (m: Machine) => m.append([m.pop()]),
  101: (m: Machine) => m.append(m.toMark()),
  113: (m: Machine) => m.remember(m.u8()), // BINPUT
  114: (m: Machine) => m.remember(m.u32()), // LONG_BINPUT
  148: (m: Machine) => m.rememberNext(), // MEMOIZE
  104: (m: Machine) => m.recall(m.u8()), // BINGET
  106: (m: Machine) => m.recall(m.u32()), // LONG_BINGET
  99: (m: Machine) => m.name(m.line(), m.line()), // GLOBAL
  147: (m: Machine) => m.stackName(), // STACK_GLOBAL
  81: (m: Machine) => m.persistent(), // BINPERSID
  82: (m: Machine) => m.reduce(),
  98: (m: Machine) => m.build(),
});

function opName(code: number): string {
  const known: Record<number, string> = {
    105: 'INST',
    111: 'OBJ',
    129: 'NEWOBJ',
    146: 'NEWOBJ_EX',
    130: 'EXT1',
    80: 'PERSID',
  };
  return known[code] ?? `0x${code.toString(16).padStart(2, '0')}`;
}
