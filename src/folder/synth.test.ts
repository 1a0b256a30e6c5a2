import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseModelConfig } from '../model/config.ts';
import { wellKnownTower } from '../model/vision/index.ts';
import { loadTokenizer } from '../text/load-tokenizer.ts';
import { readManifest } from './manifest.ts';
import { planFolder } from './plan.ts';
import { synthModel } from './synth.ts';
import { synthModelOf } from './synth-models.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'synth-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('synthModel', () => {
  it('writes a whole folder, the same each time', async () => {
    const hash = async (out: string): Promise<string> =>
      createHash('sha256')
        .update(await readFile(join(out, 'weights-00001.bin')))
        .digest('hex');
    const [a, b] = [join(dir, 'a'), join(dir, 'b')];
    const steps: number[] = [];
    const manifest = await synthModel('tiny', a, { dtype: 'q4', onProgress: ({ bytes }) => steps.push(bytes) });
    await synthModel('tiny', b, { dtype: 'q4' });
    expect(await readManifest(a)).toEqual(manifest);
    expect(steps.length).toBeGreaterThan(0);
    expect(await hash(a)).toBe(await hash(b));
    expect((await readdir(dir)).sort()).toEqual(['a', 'b']);
  });

  it('has a tokenizer in which every id reads as something', async () => {
    await synthModel('tiny', dir, { dtype: 'q4' });
    const tokenizer = await loadTokenizer(dir);
    expect(tokenizer.vocabSize).toBe(1024);
    const text = 'What is in the picture? Žluťoučký kůň, 42!';
    const ids = tokenizer.encode(text);
    expect(Math.max(...ids)).toBeLessThan(1024);
    expect(tokenizer.decode(ids)).toContain(text);
    for (let id = 300; id < 1024; id += 7) expect(tokenizer.decode([id]).length, `id ${id}`).toBeGreaterThan(0);
  });

  it('refuses a shape that it does not know', async () => {
    await expect(synthModel('other' as never, dir, { dtype: 'q4' })).rejects.toThrow('there is no shape "other"');
    await expect(synthModel('tiny', dir, { dtype: 'q4', layers: 0 })).rejects.toThrow('layers must be');
    expect(await readdir(dir)).toEqual([]);
  });

  it('stops when asked to, and leaves nothing', async () => {
    const controller = new AbortController();
    const stopped = synthModel('tiny', join(dir, 'out'), {
      dtype: 'q4',
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('the known shapes', () => {
  const size = (name: Parameters<typeof synthModelOf>[0], dtype: 'q4' | 'fp16') => {
    const { config, layout } = synthModelOf(name);
    const parsed = parseModelConfig(config);
    const plan = planFolder(
      { config: parsed, vision: wellKnownTower(parsed.visionTower)! },
      { dtype, block: 128, symmetric: true, uniform: false, maxLength: 4096, layout, partBytes: 2e9 },
    );
    const parameters = plan.weights.reduce((all, { shape }) => all + shape.reduce((a, b) => a * b, 1), 0);
    return { parameters, bytes: plan.bytes, weights: plan.weights.map((w) => w.name) };
  };

  it('have as many parameters as the models', () => {
    // 8,030 M of Llama 3.1, four layers more, CLIP up to its last layer but one, compressor and projector.
    const layer = 4096 * (4096 * 2 + 1024 * 2) + 3 * 4096 * 14336 + 2 * 4096;
    const projector = 1024 * 4096 + 4096 + 4096 * 4096 + 4096;
    const clipLayer = 4 * (1024 * 1024 + 1024) + 2 * 1024 * 4096 + 4096 + 1024 + 4 * 1024;
    const clip = 23 * clipLayer + 577 * 1024 + 3 * 14 * 14 * 1024 + 1024 + 2 * 1024;
    const compressor = 4 * (1024 * 1024 + 1024) + 2 * 1024 + 4 * 1024;
    expect(size('llama-3.1-8b', 'q4').parameters).toBe(8030261248 + 4 * layer + clip + compressor + projector);
    expect(size('llama-1b', 'q4').parameters).toBeGreaterThan(1235814400);
    const llava = size('llava-1.5-7b', 'q4');
    expect(llava.parameters).toBe(6738415616 + clip + projector);
    expect(llava.weights.some((name) => /prefusion|compressor/.test(name))).toBe(false);
    expect(size('vicuna-7b', 'q4').parameters).toBeGreaterThan(llava.parameters);
  });

  it('take so much room', () => {
    expect(size('llama-3.1-8b', 'q4').bytes / 1e9).toBeCloseTo(6, 0);
    expect(size('llama-3.1-8b', 'fp16').bytes / 1e9).toBeCloseTo(18.4, 0);
  });
});
