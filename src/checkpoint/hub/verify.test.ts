import { expect, test } from 'vitest';
import { expectedHash, verify } from './verify.ts';

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}
// `printf 'hello\n' | sha256sum` and `printf 'hello\n' | git hash-object --stdin`
const SHA256 = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
const GIT = 'ce013625030ba8dba906f756967f9e9ca394464a';

test('knows both kinds of hash', async () => {
  await verify(chunks('hel', 'lo\n'), 6, { kind: 'sha256', hex: SHA256 }, 'x');
  await verify(chunks('hello', '\n'), 6, { kind: 'git', hex: GIT }, 'x');
  await verify(chunks('hello', '\n'), 6, undefined, 'x');
});

test.each([
  ['content', ['jello\n'], 6],
  ['short', ['hello'], 6],
  ['long', ['hello\n', '!'], 6],
])('finds damage: %s', async (_, texts, size) => {
  for (const expected of [{ kind: 'sha256', hex: SHA256 } as const, { kind: 'git', hex: GIT } as const])
    await expect(verify(chunks(...texts), size, expected, 'w.bin')).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(/^w\.bin arrived damaged/),
    });
});

test('stops when told', async () => {
  const reason = new Error('stop');
  await expect(verify(chunks('a'), 1, undefined, 'x', AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('the listing’s hash comes before the ETag', () => {
  expect(expectedHash({ sha256: SHA256, gitHash: GIT }, 'x')).toEqual({ kind: 'sha256', hex: SHA256 });
  expect(expectedHash({ sha256: undefined, gitHash: GIT }, SHA256)).toEqual({ kind: 'git', hex: GIT });
  expect(expectedHash({ sha256: undefined, gitHash: undefined }, SHA256)).toEqual({ kind: 'sha256', hex: SHA256 });
  expect(expectedHash({ sha256: undefined, gitHash: undefined }, GIT)).toEqual({ kind: 'git', hex: GIT });
  expect(expectedHash({ sha256: undefined, gitHash: undefined }, 'weird')).toBeUndefined();
});
