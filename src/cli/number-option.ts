import { InvalidArgumentError } from 'commander';

/** Parses an option's value that must be a number. @throws InvalidArgumentError */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** Parses an option's value that must be a whole number from 0. @throws InvalidArgumentError */
export function parseWhole(text: string): number {
  const value = parseNumber(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
