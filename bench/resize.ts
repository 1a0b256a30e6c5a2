/**
 * Milliseconds to prepare a picture's pixels, in the first call of a fresh process and in later ones: this version,
 * an earlier one, and sharp's own resize (libvips; quicker to come by, but not PIL's values). Both versions are
 * compiled as the package is, and must give the same values.
 *
 *     node scripts/run-typescript.mjs bench/resize.ts [--before REF] [--runs 9]
 *
 * The variants take turns. `cold` is the median over processes of their first call, `warm` that of their median later
 * call; the least is in brackets. sharp has been used before its first call, as it decoded the picture.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { median, table } from './median.ts';
import { numbers } from './numbers.ts';
import type { ResizeTimes } from './resize-once.ts';

/** The last version that resized in JavaScript. */
const IN_JAVASCRIPT = '7fba10f';

const { values } = parseArgs({
  options: { before: { type: 'string', default: IN_JAVASCRIPT }, runs: { type: 'string', default: '9' } },
});
const { runs } = numbers({ runs: values.runs });
const pictures = [
  [451, 300],
  [640, 427],
  [4000, 3000],
];
const sizes = [256, 336];

const folder = mkdtempSync(join(tmpdir(), 'llava-mini-resize-'));

function compile(source: string, name: string, entry: string): string {
  const out = join(folder, name);
  mkdirSync(out);
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }');
  const options = '--target es2022 --module esnext --moduleResolution bundler --rewriteRelativeImportExtensions';
  execFileSync(
    resolve('node_modules/.bin/tsc'),
    [join(source, entry), '--outDir', out, '--rootDir', source, ...options.split(' '), '--noCheck', '--ignoreConfig'],
    { stdio: 'inherit' },
  );
  return join(out, entry.replace(/\.ts$/, '.js'));
}

try {
  const earlier = join(folder, 'source');
  mkdirSync(earlier);
  const archive = join(folder, 'source.tar');
  execFileSync('git', ['archive', '-o', archive, values.before, 'src/media', 'src/errors.ts']);
  execFileSync('tar', ['-xf', archive, '-C', earlier]);
  const once = compile(resolve('bench'), 'bench', 'resize-once.ts');
  const variants = {
    [`before (${values.before})`]: compile(join(earlier, 'src'), 'before', 'media/prepare.ts'),
    now: compile(resolve('src'), 'now', 'media/prepare.ts'),
    sharp: createRequire(resolve('package.json')).resolve('sharp'),
  };
  console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`);
  console.log(`milliseconds, medians of ${runs} processes (least)\n`);
  const rows = [['', 'resize, cold', 'resize, warm', '+ normalise, cold', '+ normalise, warm']];
  for (const [width, height] of pictures)
    for (const size of sizes) {
      const times: Record<string, ResizeTimes[]> = {};
      for (let run = 0; run < runs; run++)
        for (const [name, path] of Object.entries(variants)) {
          const output = execFileSync(process.execPath, [once, name, path, `${width}`, `${height}`, `${size}`]);
          times[name] ??= [];
          times[name].push(JSON.parse(output.toString()) as ResizeTimes);
        }
      const exact = Object.entries(times).filter(([name]) => name !== 'sharp');
      if (new Set(exact.flatMap(([, all]) => all.map((t) => t.hash))).size !== 1)
        throw new Error(`${width}×${height} to ${size}: the versions differ`);
      for (const [name, all] of Object.entries(times)) {
        const cell = (of: (t: ResizeTimes) => number): string =>
          `${median(all.map(of)).toFixed(2)} (${Math.min(...all.map(of)).toFixed(2)})`;
        rows.push([
          `${width}×${height} → ${size}, ${name}`,
          cell((t) => t.resize.cold),
          cell((t) => t.resize.warm),
          ...(name === 'sharp' ? ['', ''] : [cell((t) => t.whole.cold), cell((t) => t.whole.warm)]),
        ]);
      }
    }
  console.log(table(rows));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
