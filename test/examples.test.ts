import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What each example must say; one that is not named here must run, and say something. */
const EXPECTED: Record<string, RegExp> = {
  'ask.ts': /\bcat\b/i,
  'stream.ts': /\d+ tokens, the first one after \d+ ms/,
  'see-once.ts': /pixels became \d+ bytes\n(.+\(vision: 0 ms\)\n){3}/,
  'chat.ts': /> What is this\?\n.+\n> What colour is it\?\n.+/,
  'several-pictures.ts': /2 vision tokens/,
  'cancel.ts': /not-found: .+\none word is enough/,
  'where-it-looked.ts': /^([ ░▒▓█]+\n){2,}/,
};

// Programs that make the project's own pictures are no examples of use.
const examples = readdirSync('examples').filter((name) => name.endsWith('.ts') && !name.startsWith('make-'));

test('there are examples', () => {
  expect(examples).toEqual(expect.arrayContaining(Object.keys(EXPECTED)));
});

for (const name of examples)
  test(`examples/${name}`, async () => {
    const args = ['--import', 'tsx', `examples/${name}`];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 100_000 });
    expect(stdout).toMatch(EXPECTED[name] ?? /\S/);
  });
