import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
// Inside the project, so that its packages are found.
const folder = join(root, 'runs', `test-${randomBytes(6).toString('hex')}`);

const SCRIPT = `
import { createHash } from 'node:crypto';
import { loadSprites } from './train/pictograms/sprites.js';
import { PictureFactory } from './train/pictograms/picture-factory.js';
const sprites = await loadSprites({ folder: process.argv[2], styles: ['streamline-emojis'] });
const recipes = [{ kind: 'single', size: 64 }, { kind: 'objects', size: 64 }, { kind: 'lettering', size: 64 }];
const orders = Array.from({ length: 12 }, (_, i) => ({ recipe: recipes[i % 3], seed: 's' + i }));
const sums = [];
for (const workers of [0, 1, 3]) {
  const factory = new PictureFactory(sprites, { workers });
  const hash = createHash('sha256');
  for await (const { picture, scene } of factory.pictures(orders)) hash.update(picture).update(JSON.stringify(scene));
  sums.push(hash.digest('hex'));
  if (workers !== 1) await factory.close();
}
const factory = new PictureFactory(sprites, { workers: 1 });
const bad = await factory.draw({ recipe: { kind: 'single', size: 1 }, seed: 'x' }).catch((error) => error);
const controller = new AbortController();
const reason = new Error('enough');
let stopped;
try {
  for await (const _ of factory.pictures(orders, { signal: controller.signal })) controller.abort(reason);
} catch (error) {
  stopped = error;
}
const after = await factory.draw(orders[0]);
console.log(JSON.stringify({ sums, bad: bad.code, name: bad.name, stopped: stopped === reason, after: after.scene.seed }));
`;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--outDir', folder, '--incremental', 'false', '--tsBuildInfoFile', 'null', '--declaration', 'false'];
  // Type errors elsewhere are the type check's business; what matters is that the files are written.
  await run(process.execPath, [compiler, '-p', 'tsconfig.build.json', ...options], { cwd: root }).catch(() => {});
  expect(existsSync(join(folder, 'train/pictograms/worker.js'))).toBe(true);
  await writeFile(join(folder, 'script.js'), SCRIPT);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('picture factory with worker threads, compiled', () => {
  it('makes the same pictures with any number of workers, passes errors on, stops, and lets the process end', async () => {
    const { stdout } = await run(process.execPath, [join(folder, 'script.js'), join(folder, 'sprites')]);
    const result = JSON.parse(stdout);
    expect(new Set(result.sums).size).toBe(1);
    expect(result).toMatchObject({ bad: 'bad-argument', name: 'LlavaMiniError', stopped: true, after: 's0' });
  });
});
