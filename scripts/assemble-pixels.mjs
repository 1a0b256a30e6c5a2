// Assembles src/media/pixels.wat into src/media/pixels-wasm.ts, with wabt from the npm registry:
// node scripts/assemble-pixels.mjs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WABT = 'wabt@1.0.39';
const media = fileURLToPath(new URL('../src/media/', import.meta.url));
const source = join(media, 'pixels.wat');
const folder = mkdtempSync(join(tmpdir(), 'llava-mini-'));
try {
  const binary = join(folder, 'pixels.wasm');
  execFileSync('npm', ['exec', '--yes', `--package=${WABT}`, '--', 'wat2wasm', source, '-o', binary], {
    stdio: 'inherit',
  });
  const lines = readFileSync(binary)
    .toString('base64')
    .match(/.{1,100}/g)
    .map((line) => `  '${line}',`);
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
  writeFileSync(
    join(media, 'pixels-wasm.ts'),
    `/** @file Made by scripts/assemble-pixels.mjs (${WABT}) of pixels.wat: do not edit. */

/** SHA-256 of pixels.wat. */
export const SOURCE_SHA256 = '${hash}';

/** The module, in base64. */
export const WASM = [
${lines.join('\n')}
].join('');
`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
