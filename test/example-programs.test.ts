import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runProgram } from './support/run-cli.ts';

/** What each program of `examples/` prints, but for `make-pictures.ts`, which draws the pictures anew. */
const PRINTED: Record<string, RegExp> = {
  'ask.ts': /^It is a cat\.$/m,
  'cancel.ts': /^not-found: .*no-such-picture\.png[\s\S]*^one word is enough$/m,
  'chat.ts': /^> What is this\?\nIt is a cat\.\n> What colour is it\?\n\S/m,
  'see-once.ts': /^600×400 pixels became \d+ bytes\n[\s\S]*\(vision: 0 ms\)$/m,
  'several-pictures.ts': /\(2 vision tokens\)$/m,
  'stream.ts': /^There (is|are) .*\n\d+ tokens, the first one after \d+ ms$/m,
  'where-it-looked.ts': /^([ ░▒▓█]+\n){8,}$/,
};

test('every program in examples/ is run here', async () => {
  const programs = (await readdir('examples')).filter((name) => name.endsWith('.ts') && name !== 'make-pictures.ts');
  expect(programs.sort()).toEqual(Object.keys(PRINTED).sort());
});

test.each(Object.entries(PRINTED))('examples/%s', async (name, printed) => {
  const { code, stdout, stderr } = await runProgram(process.execPath, [
    'scripts/run-typescript.mjs',
    `examples/${name}`,
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(printed);
});
