import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FeatureStore } from './feature-store.ts';

const [PATCHES, CLASSES] = [10, 3];
const RECORD = (PATCHES + CLASSES) * 2;

let dir: string;
let path: string;
let opened: FeatureStore<{ name: string }>[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llava-mini-store-'));
  path = join(dir, 'single');
  opened = [];
});
afterEach(async () => {
  for (const store of opened) store.close();
  await rm(dir, { recursive: true, force: true });
});

function open(patches = PATCHES, classes = CLASSES): FeatureStore<{ name: string }> {
  const store = new FeatureStore<{ name: string }>(path, patches, classes);
  opened.push(store);
  return store;
}

const item = (i: number) => ({
  features: {
    patches: Uint16Array.from({ length: PATCHES }, (_, k) => 100 * i + k),
    probabilities: Uint16Array.from({ length: CLASSES }, (_, k) => 50_000 + 10 * i + k),
  },
  label: { name: `picture ${i} “ünïcode”` },
});

/** Checks that the store holds pictures 0 … n − 1 and nothing else. */
function expectPictures(store: FeatureStore<{ name: string }>, n: number): void {
  expect(store.length).toBe(n);
  expect(store.labels).toEqual(Array.from({ length: n }, (_, i) => item(i).label));
  const patches = new Uint16Array(3 * PATCHES);
  const probabilities = new Uint16Array(3 * CLASSES);
  for (let i = 0; i < n; i++) {
    const row = i % 3;
    store.read(i, patches, probabilities, row);
    expect(patches.subarray(row * PATCHES, (row + 1) * PATCHES)).toEqual(item(i).features.patches);
    expect(probabilities.subarray(row * CLASSES, (row + 1) * CLASSES)).toEqual(item(i).features.probabilities);
  }
  expect(statSync(`${path}.f16`).size).toBe(n * RECORD);
  expect(readFileSync(`${path}.jsonl`, 'utf8').split('\n')).toHaveLength(n + 1);
}

function filled(n: number): FeatureStore<{ name: string }> {
  const store = open();
  store.append(Array.from({ length: n }, (_, i) => item(i)));
  return store;
}

describe('a store', () => {
  it('keeps what is put in, also over several openings', () => {
    expectPictures(open(), 0);
    filled(3);
    const again = open();
    expectPictures(again, 3);
    again.append([item(3)]);
    again.append([]);
    again.append([item(4), item(5)]);
    expectPictures(again, 6);
    expectPictures(open(), 6);
  });

  it('reads views into a batch and leaves the rest of it alone', () => {
    const store = filled(2);
    const patches = new Uint16Array(4 * PATCHES).fill(7);
    store.read(1, patches.subarray(PATCHES, 3 * PATCHES), new Uint16Array(2 * CLASSES), 1);
    expect(patches.subarray(0, 2 * PATCHES)).toEqual(new Uint16Array(2 * PATCHES).fill(7));
    expect(patches.subarray(2 * PATCHES, 3 * PATCHES)).toEqual(item(1).features.patches);
    expect(patches.subarray(3 * PATCHES)).toEqual(new Uint16Array(PATCHES).fill(7));
  });
});

describe('after a run was killed', () => {
  const accidents: [string, () => void, number][] = [
    ['within a record', () => truncateSync(`${path}.f16`, 4 * RECORD + 5), 4],
    ['after a record, before its line', () => appendFileSync(`${path}.f16`, Buffer.alloc(2 * RECORD, 1)), 5],
    ['within a further record', () => appendFileSync(`${path}.f16`, Buffer.alloc(RECORD + 3, 1)), 5],
    ['within a line', () => truncateSync(`${path}.jsonl`, statSync(`${path}.jsonl`).size - 4), 4],
    ['before the end of a line', () => truncateSync(`${path}.jsonl`, statSync(`${path}.jsonl`).size - 1), 4],
    ['within a letter', () => appendFileSync(`${path}.jsonl`, Buffer.from('{"name":"ü').subarray(0, 10)), 5],
    ['within the first line', () => truncateSync(`${path}.jsonl`, 3), 0],
    ['before any record reached the disk', () => truncateSync(`${path}.f16`, 0), 0],
  ];
  for (const [when, happen, left] of accidents)
    it(`${when}, it goes on after the last whole picture`, () => {
      filled(5);
      happen();
      const store = open();
      expectPictures(store, left);
      store.append(Array.from({ length: 7 - left }, (_, i) => item(left + i)));
      expectPictures(store, 7);
      expectPictures(open(), 7);
    });
});

describe('what is wrong is told', () => {
  const failure = (act: () => unknown): unknown => {
    try {
      act();
    } catch (error) {
      return error;
    }
    throw new Error('nothing was thrown');
  };

  it('a folder that is not there', () => {
    path = join(dir, 'missing', 'single');
    expect(failure(open)).toMatchObject({ name: 'LlavaMiniError', code: 'not-found' });
  });

  it('a folder in place of a file', () => {
    mkdirSync(`${path}.f16`);
    expect(failure(open)).toMatchObject({ name: 'LlavaMiniError', code: 'io' });
    path = join(dir, 'other');
    mkdirSync(`${path}.jsonl`);
    expect(failure(open)).toMatchObject({ name: 'LlavaMiniError', code: 'io' });
  });

  it('a line that is no JSON', () => {
    filled(3);
    const lines = readFileSync(`${path}.jsonl`, 'utf8').split('\n');
    lines[1] = '{"name": broken}';
    writeFileSync(`${path}.jsonl`, lines.join('\n'));
    expect(failure(open)).toMatchObject({ code: 'bad-data', message: expect.stringContaining('line 2') });
    expect(statSync(`${path}.f16`).size).toBe(3 * RECORD);
  });

  it('records of another size, of which none are lost', () => {
    filled(600);
    for (const [patches, classes] of [
      [PATCHES * 6, CLASSES],
      [1, 1],
    ])
      expect(failure(() => open(patches, classes))).toMatchObject({ code: 'bad-data', hint: expect.any(String) });
    expectPictures(open(), 600);
  });

  it('a file cut while it is read', () => {
    const store = filled(3);
    truncateSync(`${path}.f16`, 2 * RECORD + 4);
    const read = (i: number) => store.read(i, new Uint16Array(PATCHES), new Uint16Array(CLASSES), 0);
    read(1);
    expect(failure(() => read(2))).toMatchObject({ code: 'bad-data', message: expect.stringContaining('record 2') });
  });

  it('a disk that is full: the store stays as it was', () => {
    const store = filled(3);
    const full = new FullDisk(store);
    expect(failure(() => full.append([item(3)]))).toMatchObject({ name: 'LlavaMiniError', code: 'no-space' });
    expect(store.length).toBe(3);
    full.repair();
    expectPictures(open(), 3);
    store.append([item(3)]);
    expectPictures(store, 4);
  });
});

/** Lets a store write its records to `/dev/full`, which takes nothing. */
class FullDisk {
  private readonly store: { records: number };
  private readonly real: number;
  private readonly full: FeatureStore<{ name: string }>;

  constructor(store: FeatureStore<{ name: string }>) {
    this.store = store as unknown as { records: number };
    this.real = this.store.records;
    this.full = store;
    this.store.records = openSync('/dev/full', 'w');
  }

  append(items: ReturnType<typeof item>[]): void {
    this.full.append(items);
  }

  repair(): void {
    closeSync(this.store.records);
    this.store.records = this.real;
  }
}
