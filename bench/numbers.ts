import { LlavaMiniError } from '../src/errors.ts';

/** Options of a command line as whole numbers. @throws LlavaMiniError `bad-argument` naming the option */
export function numbers<K extends string>(values: Record<K, string>): Record<K, number> {
  const entries = Object.entries<string>(values).map(([name, text]) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1)
      throw new LlavaMiniError('bad-argument', `--${name} must be a whole number above 0, not ${text}`);
    return [name, value];
  });
  return Object.fromEntries(entries) as Record<K, number>;
}

/** Times smaller or larger, for people. */
export const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
