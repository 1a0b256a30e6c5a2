import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ExportDtype, ExportOptions, ExportProgress } from './index.ts';
import * as library from './index.ts';

test('everything that can be called is described', async () => {
  const text = await readFile(new URL('../docs/library.md', import.meta.url), 'utf8');
  expect(Object.keys(library).filter((name) => !new RegExp(`\`[^\`]*\\b${name}\\b`).test(text))).toEqual([]);
});

test('an export’s options can be written down with the types that are exported', () => {
  const dtype: ExportDtype = 'bf16';
  const seen: ExportProgress[] = [];
  const options: ExportOptions = { dtype, onProgress: (progress) => seen.push(progress) };
  options.onProgress?.({ bytes: 1, totalBytes: 2, bytesPerSecond: 0, secondsLeft: undefined });
  expect(seen).toHaveLength(1);
});
