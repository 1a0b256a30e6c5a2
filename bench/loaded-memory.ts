/**
 * Memory of a loaded model, stage by stage, beside the size of its folder and what loading expects it to need:
 * `node scripts/run-typescript.mjs bench/loaded-memory.ts MODEL [--positions N]` (Linux).
 *
 * MiB of resident memory above what this process had before, the most it ever was, and the part that is mapped files.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readManifest } from '../src/folder/manifest.ts';
import { readModelFolder } from '../src/folder/model-folder.ts';
import { formatOf } from '../src/folder/plan.ts';
import { Engine } from '../src/runtime/engine.ts';
import { engineOptions } from '../src/runtime/load-options.ts';
import { memoryNeed } from '../src/runtime/memory-need.ts';
import { IMAGE_TOKEN } from '../src/text/index.ts';
import { table } from './median.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { positions: { type: 'string', default: '256' } },
});
const positions = Number(values.positions);
const folder = await readModelFolder(positionals[0]);
const manifest = await readManifest(folder.dir);
const options = engineOptions(folder, { maxLength: positions });

const mebibytes = (name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
const before = mebibytes('VmRSS');
const rows = [['', 'resident', 'most', 'of files']];
const note = (stage: string): void => {
  const sizes = [mebibytes('VmRSS') - before, mebibytes('VmHWM') - before, mebibytes('RssFile')];
  rows.push([stage, ...sizes.map((size) => size.toFixed(0))]);
};

const [start, cpu] = [performance.now(), process.cpuUsage()];
const engine = await Engine.load(options, (done, all) => note(`part ${done} of ${all}`));
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);

const { vision, config } = folder;
const pixels = new Float32Array(
  3 * vision.imageSize ** 2 * (config.resolutionRatio > 1 ? config.resolutionRatio ** 2 + 1 : 1),
);
const { memory } = await engine.see(pixels, 1, 'bench');
note('picture seen');
const ids = [IMAGE_TOKEN, ...Array.from({ length: 40 }, (_, i) => 1 + ((i * 71) % (config.vocabSize - 1)))];
const embeddings = await engine.embed(ids, [memory]);
engine.cache.reserve(1, positions);
const prompt = embeddings.length / config.hiddenSize;
await engine.append(0, embeddings, 0);
for (let i = 0; i < 8; i++) await engine.step([7], [prompt + i]);
note('answered');
await engine.dispose();

const need = memoryNeed(
  folder,
  options,
  manifest ? formatOf(manifest.formats) : () => ({ kind: 'float32' }),
  !manifest,
);
console.log(table(rows));
console.log(
  `folder ${manifest ? (manifest.bytes / 2 ** 20).toFixed(0) : 'not converted'}, expected ${(need / 2 ** 20).toFixed(0)} MiB; loaded in ${seconds.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of processor time)`,
);
