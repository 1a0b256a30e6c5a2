import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** Packages that run in browsers too. */
const ALLOWED = ['zod'];

test('nothing that the browser shares imports Node or a native package', () => {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const source = readFileSync(path, 'utf8');
    expect(source, path).not.toMatch(/\b(Buffer|process)\b[.(]/);
    for (const [, name] of source.matchAll(/from '([^']+)'/g)) {
      if (name.startsWith('.')) visit(join(dirname(path), name));
      else expect(ALLOWED, path).toContain(name);
    }
  };
  visit(join(import.meta.dirname, 'portable.ts'));
  expect(seen.size).toBeGreaterThan(8);
});
