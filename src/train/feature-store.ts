import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import type { KeptFeatures } from './tower-runner.ts';

/** A killed run leaves no more than the records of one unfinished append. */
const MOST_UNFINISHED = 256;

/**
 * Kept features of pictures and what each shows, as two files that grow together: fixed-size half-precision records,
 * and one JSON line a picture. A run that was killed in the middle of a record continues after the last whole one.
 */
export class FeatureStore<Label> {
  readonly labels: Label[] = [];
  readonly patchValues: number;
  readonly classes: number;
  private readonly records: number;
  private readonly lines: number;
  private readonly path: string;

  /**
   * Opens or makes a store.
   *
   * @throws LlavaMiniError `bad-data` when what is there was kept with other sizes or is damaged; `no-space`, `io`
   */
  constructor(path: string, patchValues: number, classes: number) {
    this.path = path;
    this.patchValues = patchValues;
    this.classes = classes;
    try {
      this.records = openSync(`${path}.f16`, existsSync(`${path}.f16`) ? 'r+' : 'w+');
    } catch (error) {
      throw fileError(error, `${path}.f16`);
    }
    try {
      this.lines = openSync(`${path}.jsonl`, 'a+');
    } catch (error) {
      closeSync(this.records);
      throw fileError(error, `${path}.jsonl`);
    }
    try {
      this.recover();
    } catch (error) {
      closeSync(this.records);
      closeSync(this.lines);
      throw fileError(error, path);
    }
  }

  private get recordBytes(): number {
    return (this.patchValues + this.classes) * 2;
  }

  get length(): number {
    return this.labels.length;
  }

  private recover(): void {
    const { size } = statSync(`${this.path}.f16`);
    const whole = Math.floor(size / this.recordBytes);
    const text = readFileSync(`${this.path}.jsonl`, 'utf8');
    const all = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
    if (Math.abs(whole - all.length) > MOST_UNFINISHED)
      throw new LlavaMiniError(
        'bad-data',
        `${this.path}.f16 does not hold ${all.length} records of this model's size`,
        {
          hint: 'it was kept with another model, or as maps instead of patches; give the stage another id or delete both files',
        },
      );
    const lines = all.slice(0, whole);
    lines.forEach((line, i) => {
      try {
        this.labels.push(JSON.parse(line) as Label);
      } catch {
        throw new LlavaMiniError('bad-data', `${this.path}.jsonl: line ${i + 1} is not JSON`);
      }
    });
    truncateSync(`${this.path}.f16`, lines.length * this.recordBytes);
    truncateSync(
      `${this.path}.jsonl`,
      lines.reduce((n, line) => n + Buffer.byteLength(line) + 1, 0),
    );
  }

  /** @throws LlavaMiniError `no-space`, `io`; the store then is as it was before */
  append(items: readonly { features: KeptFeatures; label: Label }[]): void {
    const { size } = statSync(`${this.path}.jsonl`);
    try {
      let at = this.length * this.recordBytes;
      for (const { features } of items)
        for (const part of [features.patches, features.probabilities]) {
          writeWhole(this.records, new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
          at += part.byteLength;
        }
      writeWhole(this.lines, Buffer.from(items.map((i) => `${JSON.stringify(i.label)}\n`).join('')), null);
    } catch (error) {
      // Half a line would run into the next one.
      ftruncateSync(this.lines, size);
      throw fileError(error, this.path);
    }
    for (const { label } of items) this.labels.push(label);
  }

  /** Copies record `index` to place `row` of a batch. @throws LlavaMiniError `bad-data` when the file was cut, `io` */
  read(index: number, patches: Uint16Array, probabilities: Uint16Array, row: number): void {
    const at = index * this.recordBytes;
    const first = this.patchValues * 2;
    const bytes = (a: Uint16Array, i: number, n: number) => new Uint8Array(a.buffer, a.byteOffset + i * n, n);
    this.fill(bytes(patches, row, first), at, index);
    this.fill(bytes(probabilities, row, this.classes * 2), at + first, index);
  }

  private fill(out: Uint8Array, at: number, index: number): void {
    let read = 0;
    try {
      read = readSync(this.records, out, 0, out.length, at);
    } catch (error) {
      throw fileError(error, `${this.path}.f16`);
    }
    if (read < out.length) throw new LlavaMiniError('bad-data', `${this.path}.f16 ends within record ${index}`);
  }

  close(): void {
    fsyncSync(this.records);
    closeSync(this.records);
    closeSync(this.lines);
  }
}

/** A write may stop half way, on a disk that fills up. */
function writeWhole(file: number, bytes: Uint8Array, at: number | null): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, at === null ? null : at + done);
}
