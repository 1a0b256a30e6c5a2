// Removes what the compiler wrote, and its memory of having written it.
import { rmSync } from 'node:fs';

for (const path of ['../dist', '../node_modules/.cache/tsbuildinfo'])
  rmSync(new URL(path, import.meta.url), { recursive: true, force: true });
