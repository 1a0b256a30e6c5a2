import { expect, test } from 'vitest';
import { LlavaMiniError } from '../../errors.ts';
import { failure, pauseOrThrow, retryAfter, traitsOf, wait } from './failure.ts';

test('Retry-After in seconds and as a date', () => {
  const now = Date.parse('Tue, 03 Mar 2026 10:00:00 GMT');
  expect(retryAfter('12', now)).toBe(12_000);
  expect(retryAfter('0.5', now)).toBe(500);
  expect(retryAfter('Tue, 03 Mar 2026 10:00:07 GMT', now)).toBe(7000);
  expect(retryAfter('Tue, 03 Mar 2026 09:00:00 GMT', now)).toBe(0);
  for (const none of [undefined, '', 'soon', '-1x']) expect(retryAfter(none, now)).toBeUndefined();
});

test('only what may pass is tried again, and not for ever', async () => {
  const policy = { tries: 3, pause: 1, longest: 50 };
  const passing = failure('busy', { retry: true, down: true });
  await pauseOrThrow(passing, 1, policy);
  await expect(pauseOrThrow(passing, 3, policy)).rejects.toBe(passing);
  const final = failure('no', { retry: false, down: false, status: 404 });
  expect(final.code).toBe('not-found');
  await expect(pauseOrThrow(final, 1, policy)).rejects.toBe(final);
  const long = failure('wait', { retry: true, down: true, wait: 51 });
  await expect(pauseOrThrow(long, 1, policy)).rejects.toBe(long);
  const foreign = new LlavaMiniError('io', 'disk');
  expect(traitsOf(foreign)).toBeUndefined();
  await expect(pauseOrThrow(foreign, 1, policy)).rejects.toBe(foreign);
});

test('waiting ends with the signal’s own reason', async () => {
  const reason = new Error('stop');
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 10);
  await expect(wait(60_000, abort.signal)).rejects.toBe(reason);
  await expect(
    pauseOrThrow(failure('busy', { retry: true, down: true }), 1, { tries: 9, pause: 9e6, longest: 9e9 }, abort.signal),
  ).rejects.toBe(reason);
});
