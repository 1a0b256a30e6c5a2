/**
 * Bytes per picture or frame: keys and values in the language model's cache, and what is kept outside of it to ask
 * again, for LLaVA-Mini and for the LLaVA-1.5 layout (all patches as vision tokens).
 *
 *     node scripts/run-typescript.mjs bench/memory-per-frame.ts [MODEL or SHAPE ...] [--picture FILE] [--json]
 *
 * The cache is allocated for real, as many frames as fill it without a remainder. What is kept comes from seeing a
 * picture with a model, or, for a shape without weights, from the sizes that such a memory has.
 */
import { parseArgs } from 'node:util';
import { readModelFolder } from '../src/folder/model-folder.ts';
import { decodePicture } from '../src/media/index.ts';
import type { ModelConfig } from '../src/model/config.ts';
import { patchGrid, type VisionConfig } from '../src/model/vision/index.ts';
import { KvPool } from '../src/runtime/kv-pool.ts';
import { memoryBytes, memorySizes } from '../src/runtime/memory-data.ts';
import { preparePictures } from '../src/runtime/prepare.ts';
import { table } from './median.ts';
import { times } from './numbers.ts';
import { loadEngine } from './our-engine.ts';
import { describe, isShape, shape, towerOf } from './shapes.ts';

type Layout = 'mini' | 'llava';

interface Bytes {
  tokens: number;
  cache: number;
  kept: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    picture: { type: 'string', default: 'examples/pictures/cat.png' },
    json: { type: 'boolean', default: false },
  },
});

/** Bytes of the cache per frame, of as many frames as fill it without a remainder. */
function cacheBytes(config: ModelConfig, tokens: number): number {
  const one = new KvPool({ layers: 1, kvHeads: 1, headDim: 2 });
  one.reserve(1, 1);
  let frames = 1;
  while ((frames * tokens) % one.room) frames++;
  const pool = new KvPool(config);
  pool.reserve(1, frames * tokens);
  return pool.bytes / frames;
}

/** What a model of this shape would keep of a picture. */
function shapeBytes(config: ModelConfig, vision: VisionConfig, layout: Layout): number {
  const { tokens, layers, keys, attention } = memorySizes(config, vision, layout);
  return 4 * (tokens + 2 * layers * keys + attention);
}

/** What a loaded model keeps of a picture. */
async function seenBytes(dir: string, layout: Layout): Promise<number> {
  const engine = await loadEngine(await readModelFolder(dir), { threads: 2, positions: 256, layout });
  try {
    const pixels = preparePictures(engine.folder, [await decodePicture(values.picture)]);
    return memoryBytes((await engine.see(pixels, 1, 'bench')).memory);
  } finally {
    await engine.dispose();
  }
}

async function measure(name: string) {
  const named = isShape(name);
  const folder = named ? null : await readModelFolder(name);
  const config = folder?.config ?? shape(name);
  const vision = named ? towerOf(name) : folder!.vision;
  const layouts: Record<Layout, Bytes> = {
    mini: { tokens: config.compressorSize ** 2, cache: 0, kept: 0 },
    llava: { tokens: patchGrid(vision).patches, cache: 0, kept: 0 },
  };
  for (const [layout, bytes] of Object.entries(layouts) as [Layout, Bytes][]) {
    bytes.cache = cacheBytes(config, bytes.tokens);
    bytes.kept = shapeBytes(config, vision, layout);
    // What is said of a shape holds for a model: it must keep just as much of a real picture.
    const seen = folder ? await seenBytes(name, layout) : bytes.kept;
    if (seen !== bytes.kept)
      throw new Error(`${name} keeps ${seen} bytes of a picture in the layout ${layout}, not ${bytes.kept}`);
  }
  const { mini, llava } = layouts;
  const ratio = { cache: llava.cache / mini.cache, all: (llava.cache + llava.kept) / (mini.cache + mini.kept) };
  return {
    model: name,
    shape: describe(config),
    kept: named ? 'by the sizes that the engine allocates' : 'of a picture seen',
    layouts,
    ratio,
  };
}

const measured = [];
for (const name of positionals.length ? positionals : ['llama-3.1-8b', 'models/nano'])
  measured.push(await measure(name));

if (values.json) console.log(JSON.stringify({ bench: 'memory-per-frame', bytesPerNumber: 4, measured }, null, 2));
else
  for (const { model, shape, kept, layouts, ratio } of measured) {
    const row = (name: string, { tokens, cache, kept }: Bytes): string[] => [
      name,
      ...[tokens, cache, kept, cache + kept].map((n) => n.toLocaleString('en')),
    ];
    console.log(`${model}: ${shape}\nbytes per frame in float32; kept: ${kept}\n`);
    console.log(
      table([
        ['', 'vision tokens', 'keys and values', 'kept to ask again', 'together'],
        row('LLaVA layout', layouts.llava),
        row('LLaVA-Mini', layouts.mini),
        ['ratio', '', times(ratio.cache), times(layouts.llava.kept / layouts.mini.kept), times(ratio.all)],
      ]),
    );
    console.log('');
  }
