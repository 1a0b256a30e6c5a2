import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSparseModel } from '../../test/support/sparse-model.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { LlavaMiniError } from '../errors.ts';
import { dequantiseRow } from '../graph/index.ts';
import { halvesToFloats } from '../util/float16.ts';
import { Random } from '../util/random.ts';
import { convertModel } from './convert.ts';
import type { ConvertOptions, ConvertProgress } from './convert-options.ts';
import { ALIGNMENT, MANIFEST_FILE, type Manifest, readManifest } from './manifest.ts';

const MODELS = 'test/golden/models';
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'convert-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const convert = (model: string, options: ConvertOptions): Promise<Manifest> =>
  convertModel(join(MODELS, model), join(dir, 'out'), options);

async function failure(work: Promise<unknown>): Promise<LlavaMiniError> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(LlavaMiniError);
  return error as LlavaMiniError;
}

async function part(manifest: Manifest, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { file, offset, bytes } = manifest.weights[name];
  const data = await readFile(join(dir, 'out', file));
  expect(data.length).toBeGreaterThanOrEqual(offset + bytes);
  return new Uint8Array(data.subarray(offset, offset + bytes));
}

/** A stored weight as float32. */
async function stored(manifest: Manifest, name: string, shape: readonly number[]): Promise<Float32Array> {
  const format = manifest.formats[name] ?? { kind: 'float32' };
  if (format.kind === 'float32') return new Float32Array((await part(manifest, name)).buffer);
  if (format.kind === 'float16') return halvesToFloats(new Uint16Array((await part(manifest, `${name}#half`)).buffer));
  const blocks = await part(manifest, `${name}#blocks`);
  const scales = new Float32Array((await part(manifest, `${name}#scales`)).buffer);
  const zeros = format.symmetric ? null : await part(manifest, `${name}#zeros`);
  const [rows, columns] = shape;
  const out = new Float32Array(rows * columns);
  const row = <T extends Uint8Array | Float32Array>(array: T, r: number): T =>
    array.subarray((array.length / rows) * r, (array.length / rows) * (r + 1)) as T;
  for (let r = 0; r < rows; r++)
    dequantiseRow(format, row(blocks, r), row(scales, r), zeros && row(zeros, r), row(out, r));
  return out;
}

/** Relative root-mean-square error of every stored weight, by how it is stored. */
async function errors(model: string, manifest: Manifest): Promise<Map<string, number>> {
  const checkpoint = await openCheckpoint(join(MODELS, model));
  const worst = new Map<string, number>();
  const names = [...new Set(Object.keys(manifest.weights).map((name) => name.split('#')[0]))];
  for (const name of names) {
    const wanted = await checkpoint.readFloat32(name);
    const got = await stored(manifest, name, checkpoint.info(name).shape);
    expect(got.length, name).toBe(wanted.length);
    let off = 0;
    let size = 0;
    for (let i = 0; i < got.length; i++) {
      off += (got[i] - wanted[i]) ** 2;
      size += wanted[i] ** 2;
    }
    const format = manifest.formats[name];
    const kind = format?.kind === 'blocks' ? `${format.bits}` : (format?.kind ?? 'float32');
    worst.set(kind, Math.max(worst.get(kind) ?? 0, size === 0 ? off : Math.sqrt(off / size)));
  }
  await checkpoint.close();
  return worst;
}

describe('convertModel', () => {
  it.each(['llama31-c1', 'mixed-dtypes', 'hd-c4-tied', 'vicuna-c2'])('keeps every weight of %s', async (model) => {
    expect([...(await errors(model, await convert(model, { dtype: 'fp32' }))).entries()]).toEqual([['float32', 0]]);
    const half = await errors(model, await convert(model, { dtype: 'fp16' }));
    expect(half.get('float32')).toBe(0);
    expect(half.get('float16')).toBeLessThan(4e-4);
    const q8 = await errors(model, await convert(model, { dtype: 'q8' }));
    expect(q8.get('8')).toBeLessThan(0.007);
    expect(q8.has('4')).toBe(false);
    for (const symmetric of [true, false]) {
      const q4 = await errors(model, await convert(model, { dtype: 'q4', block: 32, symmetric }));
      expect(q4.get('4')).toBeLessThan(symmetric ? 0.09 : 0.085);
      expect(q4.get('8')).toBeLessThan(0.007);
    }
  });

  it('stores each array once, aligned, in files of the size asked for, and graphs that load by path', async () => {
    const manifest = await convert('vicuna-c2', { dtype: 'q8', partBytes: 1 << 20 });
    const spans = Object.values(manifest.weights).sort((a, b) =>
      a.file === b.file ? a.offset - b.offset : a.file < b.file ? -1 : 1,
    );
    spans.forEach(({ file, offset, bytes }, i) => {
      expect(offset % ALIGNMENT).toBe(0);
      const next = spans[i + 1];
      if (next?.file === file) expect(offset + bytes).toBeLessThanOrEqual(next.offset);
      if (offset > 0) expect(offset + bytes).toBeLessThanOrEqual(1 << 20);
    });
    const files = [...new Set(spans.map(({ file }) => file))];
    expect(files.length).toBeGreaterThan(1);
    const onDisk = await Promise.all(
      [...files, ...Object.values(manifest.graphs)].map(async (f) => (await readFile(join(dir, 'out', f))).length),
    );
    expect(onDisk.reduce((a, b) => a + b, 0)).toBe(manifest.bytes);
    for (const graph of Object.values(manifest.graphs))
      await (await ort.InferenceSession.create(join(dir, 'out', graph), { logSeverityLevel: 3 })).release();
    expect((await readdir(join(dir, 'out'))).sort()).toEqual(
      ['config.json', MANIFEST_FILE, 'vision_tower', ...files, ...Object.values(manifest.graphs)].sort(),
    );
    expect(await readdir(dir)).toEqual(['out']);
  });

  it('records what it was made of, and reports how far it is', async () => {
    const steps: ConvertProgress[] = [];
    const manifest = await convert('mixed-dtypes', { dtype: 'q4', onProgress: (p) => steps.push(p) });
    expect(await readManifest(join(dir, 'out'))).toEqual(manifest);
    expect(manifest.source.files.map(({ name }) => name).sort()).toEqual([
      'config.json',
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
      'vision_tower/config.json',
      'vision_tower/preprocessor_config.json',
    ]);
    for (const { name, bytes, sha256 } of manifest.source.files) {
      const data = await readFile(join(MODELS, 'mixed-dtypes', name));
      expect([bytes, sha256]).toEqual([data.length, createHash('sha256').update(data).digest('hex')]);
    }
    const last = steps.at(-1)!;
    expect(last.phase).toBe('converting');
    expect(last.bytes).toBe(last.totalBytes);
  });

  it('keeps the features of a CLIP tower in 8 bits', async () => {
    const pixels = new Float32Array(3 * 336 * 336);
    const random = new Random('convert/clip');
    for (let i = 0; i < pixels.length; i++) pixels[i] = Math.sin(i / 40) + 0.3 * random.normal();
    const features = async (dtype: 'fp32' | 'q4'): Promise<Float32Array> => {
      const { graphs } = await convert('photo-336', { dtype });
      const session = await ort.InferenceSession.create(join(dir, 'out', graphs.vision), { logSeverityLevel: 3 });
      const out = await session.run({ pixels: new ort.Tensor('float32', pixels, [1, 3, 336, 336]) });
      await session.release();
      return out.features.data as Float32Array;
    };
    const [exact, quantised] = [await features('fp32'), await features('q4')];
    const width = 64;
    for (let patch = 0; patch < exact.length / width; patch++) {
      let [ab, aa, bb] = [0, 0, 0];
      for (let i = patch * width; i < (patch + 1) * width; i++) {
        ab += exact[i] * quantised[i];
        aa += exact[i] ** 2;
        bb += quantised[i] ** 2;
      }
      expect(ab / Math.sqrt(aa * bb)).toBeGreaterThan(0.999);
    }
  });

  it('replaces a converted model, but nothing else', async () => {
    const first = await convert('llama31-c1', { dtype: 'fp16' });
    const second = await convert('llama31-c1', { dtype: 'q4' });
    expect(second.bytes).toBeLessThan(first.bytes);
    expect((await readManifest(join(dir, 'out')))?.dtype).toBe('q4');
    await rm(join(dir, 'out', MANIFEST_FILE));
    expect((await failure(convert('llama31-c1', { dtype: 'q4' }))).code).toBe('bad-argument');
    await writeFile(join(dir, 'file'), '');
    const onFile = convertModel(join(MODELS, 'llama31-c1'), join(dir, 'file'), { dtype: 'q4' });
    expect((await failure(onFile)).message).toContain('is a file');
    expect((await readdir(dir)).sort()).toEqual(['file', 'out']);
  });

  it('refuses what cannot be, before anything is written', async () => {
    const cases: [Partial<ConvertOptions>, string][] = [
      [{ dtype: 'q3' as never }, 'unknown dtype "q3"'],
      [{ block: 100 as never }, 'block must be one of'],
      [{ maxLength: 0 }, 'maxLength must be a whole number from 1 to 4096'],
      [{ maxLength: 4097 }, 'maxLength'],
      [{ partBytes: 1000 }, 'partBytes'],
      [{ threads: 0 }, 'threads'],
      [{ layout: 'other' as never }, 'layout'],
    ];
    for (const [options, message] of cases) {
      const error = await failure(convert('llama31-c1', { dtype: 'q4', ...options }));
      expect([error.code, error.message]).toEqual(['bad-argument', expect.stringContaining(message)]);
    }
    expect((await failure(convertModel(join(dir, 'none'), join(dir, 'out'), { dtype: 'q4' }))).code).toBe('not-found');
    await convert('llama31-c1', { dtype: 'q4' });
    const again = convertModel(join(dir, 'out'), join(dir, 'twice'), { dtype: 'q8' });
    expect((await failure(again)).message).toContain('is a converted model');
    expect(await readdir(dir)).toEqual(['out']);
  });

  it('says how much room is missing', async () => {
    await writeSparseModel(join(dir, 'huge'), {
      vocab_size: 1 << 24,
      hidden_size: 1 << 14,
      num_attention_heads: 128,
      tie_word_embeddings: true,
    });
    const error = await failure(convertModel(join(dir, 'huge'), join(dir, 'out'), { dtype: 'fp16' }));
    expect(error.code).toBe('no-space');
    expect(error.message).toMatch(/the fp16 conversion needs 5\d\d\.\d\d GB more, and .* has [\d.]+ [GM]B free/);
    expect(await readdir(dir)).toEqual(['huge']);
  });

  it('leaves nothing behind when a weight is no number, or when it is stopped', async () => {
    await cp(join(MODELS, 'llama31-c1'), join(dir, 'source'), { recursive: true });
    const checkpoint = await openCheckpoint(join(dir, 'source'));
    const tensors = await Promise.all(
      checkpoint.names().map(async (name) => {
        const data = await checkpoint.readFloat32(name);
        if (name === 'model.layers.1.mlp.up_proj.weight') data[128 * 3 + 7] = Number.NaN;
        return { name, shape: checkpoint.info(name).shape, dtype: 'F32' as const, data };
      }),
    );
    await checkpoint.close();
    await writeSafetensors(join(dir, 'source', 'model.safetensors'), tensors);
    const convertSource = (options: Partial<ConvertOptions>): Promise<Manifest> =>
      convertModel(join(dir, 'source'), join(dir, 'out'), { dtype: 'q4', ...options });
    const error = await failure(convertSource({}));
    expect([error.code, error.message]).toEqual([
      'bad-checkpoint',
      'weight "model.layers.1.mlp.up_proj.weight" holds NaN in row 3, column 7',
    ]);
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopped = convertSource({
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(stopped).rejects.toBe(reason);
    expect(await readdir(dir)).toEqual(['source']);
  });

  it('notices that the source changes meanwhile', async () => {
    await cp(join(MODELS, 'llama31-c1'), join(dir, 'source'), { recursive: true });
    let changed: Promise<void> | undefined;
    const work = convertModel(join(dir, 'source'), join(dir, 'out'), {
      dtype: 'q4',
      onProgress: ({ phase }) => {
        if (phase === 'converting') changed ??= writeFile(join(dir, 'source', 'generation_config.json'), '{}');
      },
    });
    await work; // A file that comes later is not the conversion's business.
    await rm(join(dir, 'out'), { recursive: true });
    let once = false;
    const second = convertModel(join(dir, 'source'), join(dir, 'out'), {
      dtype: 'q4',
      onProgress: ({ phase }) => {
        if (phase === 'converting' && !once) changed = writeFile(join(dir, 'source', 'generation_config.json'), '{ }');
        once ||= phase === 'converting';
      },
    });
    expect((await failure(second)).message).toContain('was changed while it was being read');
    await changed;
  });

  it('removes what a process that died has left, and keeps a folder that it was about to replace', async () => {
    await convert('llama31-c1', { dtype: 'q4' });
    await cp(join(dir, 'out'), join(dir, 'out.replaced-by-llava-mini'), { recursive: true });
    await rm(join(dir, 'out'), { recursive: true });
    await mkdir(join(dir, 'out.partial-4194305-0123abcd'));
    await writeFile(join(dir, 'out.partial-4194305-0123abcd', 'weights-00001.bin'), 'half');
    const controller = new AbortController();
    const stopped = convert('llama31-c1', {
      dtype: 'q8',
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(await readdir(dir)).toEqual(['out']);
    expect((await readManifest(join(dir, 'out')))?.dtype).toBe('q4');
  });
});
