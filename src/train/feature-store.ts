import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { fileError } from '../util/atomic-file.ts';
import type { KeptFeatures } from './tower-runner.ts';

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

  constructor(path: string, patchValues: number, classes: number) {
    this.path = path;
    this.patchValues = patchValues;
    this.classes = classes;
    try {
      this.records = openSync(`${path}.f16`, existsSync(`${path}.f16`) ? 'r+' : 'w+');
      this.lines = openSync(`${path}.jsonl`, 'a+');
    } catch (error) {
      throw fileError(error, path);
    }
    this.recover();
  }

  private get recordBytes(): number {
    return (this.patchValues + this.classes) * 2;
  }

  get length(): number {
    return this.labels.length;
  }

  private recover(): void {
    const whole = Math.floor(statSync(`${this.path}.f16`).size / this.recordBytes);
    const text = readFileSync(`${this.path}.jsonl`, 'utf8');
    const lines = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1)
      .slice(0, whole);
    for (const line of lines) this.labels.push(JSON.parse(line) as Label);
    truncateSync(`${this.path}.f16`, lines.length * this.recordBytes);
    truncateSync(
      `${this.path}.jsonl`,
      lines.reduce((n, line) => n + Buffer.byteLength(line) + 1, 0),
    );
  }

  append(items: readonly { features: KeptFeatures; label: Label }[]): void {
    try {
      let at = this.length * this.recordBytes;
      for (const { features } of items)
        for (const part of [features.patches, features.probabilities]) {
          writeSync(
            this.records,
            new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
            0,
            part.byteLength,
            at,
          );
          at += part.byteLength;
        }
      writeSync(this.lines, items.map((i) => `${JSON.stringify(i.label)}\n`).join(''));
    } catch (error) {
      throw fileError(error, this.path);
    }
    for (const { label } of items) this.labels.push(label);
  }

  /** Copies record `index` to place `row` of a batch. */
  read(index: number, patches: Uint16Array, probabilities: Uint16Array, row: number): void {
    const at = index * this.recordBytes;
    const first = this.patchValues * 2;
    const bytes = (a: Uint16Array, i: number, n: number) => new Uint8Array(a.buffer, a.byteOffset + i * n, n);
    readSync(this.records, bytes(patches, row, first), 0, first, at);
    readSync(this.records, bytes(probabilities, row, this.classes * 2), 0, this.classes * 2, at + first);
  }

  close(): void {
    fsyncSync(this.records);
    closeSync(this.records);
    closeSync(this.lines);
  }
}
