import { expect } from 'vitest';

/** Largest difference must stay below `limit`. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, limit = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
  // NaN on either side must fail too.
  expect(worst <= limit ? 0 : worst).toBe(0);
  expect(Array.from(actual).some(Number.isNaN)).toBe(false);
}
