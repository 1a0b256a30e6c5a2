import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createProgram } from '../src/cli/program.ts';
import { cliReference } from '../src/cli/reference.ts';

test('docs/cli.md is what the help texts say (npm run docs writes it)', async () => {
  expect(await readFile('docs/cli.md', 'utf8')).toBe(cliReference(createProgram()));
});
