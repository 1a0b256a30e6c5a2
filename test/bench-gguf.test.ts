import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ggufBytes, ggufSize, llamaTensors, writeGguf } from '../bench/peers/gguf.ts';
import { randomBlocks } from '../bench/peers/gguf-blocks.ts';
import { shape } from '../bench/shapes.ts';
import type { ModelConfig } from '../src/model/config.ts';
import { rotaryTables } from '../src/model/rotary.ts';
import { halfToFloat } from '../src/util/float16.ts';
import { Random } from '../src/util/random.ts';

const tiny: ModelConfig = {
  ...shape('tiny'),
  layers: 2,
  hiddenSize: 256,
  intermediateSize: 512,
  headDim: 64,
  vocabSize: 512,
  ropeScaling: null,
};
const llama3: ModelConfig = { ...tiny, tieWordEmbeddings: true, ropeScaling: shape('llama-3.1-8b').ropeScaling };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llava-mini-gguf-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Numbers of the GGUF specification, version 3. */
const BLOCKS: Record<number, [values: number, bytes: number]> = {
  0: [1, 4],
  2: [32, 18],
  8: [32, 34],
  12: [256, 144],
  14: [256, 210],
};

/** Reads a whole file as the specification says. */
function readGguf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 0;
  const take = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  const uint32 = (): number => view.getUint32(take(4), true);
  const uint64 = (): number => Number(view.getBigUint64(take(8), true));
  const string = (): string => {
    const length = uint64();
    const from = take(length);
    return Buffer.from(file.subarray(from, from + length)).toString('utf8');
  };
  const value = (type: number): unknown => {
    if (type === 4) return uint32();
    if (type === 5) return view.getInt32(take(4), true);
    if (type === 6) return view.getFloat32(take(4), true);
    if (type === 8) return string();
    if (type !== 9) throw new Error(`unknown type ${type} at ${at}`);
    const items = uint32();
    return Array.from({ length: uint64() }, () => value(items));
  };
  const magic = Buffer.from(file.subarray(0, take(4) + 4)).toString('latin1');
  const version = uint32();
  const tensorCount = uint64();
  const metadata: Record<string, unknown> = {};
  for (let left = uint64(); left > 0; left--) {
    const key = string();
    metadata[key] = value(uint32());
  }
  const tensors = Array.from({ length: tensorCount }, () => {
    const name = string();
    const sizes = Array.from({ length: uint32() }, uint64);
    const type = uint32();
    const offset = uint64();
    const [values, bytes] = BLOCKS[type];
    expect(sizes[0] % values, name).toBe(0);
    return { name, sizes, type, offset, bytes: (sizes.reduce((a, b) => a * b, 1) / values) * bytes };
  });
  return { magic, version, metadata, tensors, data: Math.ceil(at / 32) * 32 };
}

/** As ggml's reference functions do, in float32's place double. */
function dequantise(type: number, data: Uint8Array): number[] {
  const half = (at: number): number => halfToFloat(data[at] | (data[at + 1] << 8));
  const signed = (byte: number): number => (byte << 24) >> 24;
  const [, bytes] = BLOCKS[type];
  const out: number[] = [];
  for (let at = 0; at < data.length; at += bytes) {
    if (type === 2) {
      const nibbles = data.subarray(at + 2, at + 18);
      for (const byte of nibbles) out.push(half(at) * ((byte & 15) - 8));
      for (const byte of nibbles) out.push(half(at) * ((byte >> 4) - 8));
    } else if (type === 12) {
      const six = data.subarray(at + 4, at + 16);
      for (let i = 0; i < 256; i++) {
        // Groups of 32; two share 32 bytes. The last four groups' numbers have their high bits with the first four's.
        const [group, l] = [i >> 5, i & 31];
        const byte = data[at + 16 + (group >> 1) * 32 + l];
        const [scale, offset] =
          group < 4
            ? [six[group] & 63, six[group + 4] & 63]
            : [(six[group + 4] & 15) | ((six[group - 4] >> 6) << 4), (six[group + 4] >> 4) | ((six[group] >> 6) << 4)];
        out.push(half(at) * scale * (group & 1 ? byte >> 4 : byte & 15) - half(at + 2) * offset);
      }
    } else if (type === 8) for (let i = 0; i < 32; i++) out.push(half(at) * signed(data[at + 2 + i]));
    else
      for (let i = 0; i < 256; i++) {
        // Two halves of 128; in each, four groups of 32 share 64 low and 32 high bytes.
        const [part, group, l] = [i >> 7, (i >> 5) & 3, i & 31];
        const low = data[at + part * 64 + (group & 1) * 32 + l] >> (group >> 1 ? 4 : 0);
        const high = data[at + 128 + part * 32 + l] >> (2 * group);
        const small = signed(data[at + 192 + (i >> 4)]);
        out.push(half(at + 208) * small * (((low & 15) | ((high & 3) << 4)) - 32));
      }
  }
  return out;
}

describe('random GGUF files', () => {
  it('have the head, alignment and offsets of the format', async () => {
    const path = join(dir, 'tiny.gguf');
    await writeGguf(path, tiny);
    const file = await readFile(path);
    const { magic, version, metadata, tensors, data } = readGguf(file);
    expect([magic, version]).toEqual(['GGUF', 3]);
    expect(metadata).toMatchObject({
      'general.architecture': 'llama',
      'llama.embedding_length': 256,
      'llama.block_count': 2,
      'llama.attention.head_count_kv': 2,
      'llama.vocab_size': 512,
    });
    expect(metadata['llama.attention.layer_norm_rms_epsilon']).toBeCloseTo(1e-5, 10);
    const tokens = metadata['tokenizer.ggml.tokens'] as string[];
    expect(new Set(tokens).size).toBe(512);
    expect(tokens.slice(0, 4)).toEqual(['<unk>', '<s>', '</s>', '<0x00>']);
    expect([tokens[258], tokens[259]]).toEqual(['<0xFF>', '▁259']);
    for (const key of ['scores', 'token_type']) expect(metadata[`tokenizer.ggml.${key}`]).toHaveLength(512);

    let next = 0;
    for (const { offset, bytes, name } of tensors) {
      expect(offset, name).toBe(next);
      next = Math.ceil((offset + bytes) / 32) * 32;
    }
    expect(file.length).toBe(data + next);
    expect(ggufSize(tiny)).toBe(file.length);
    expect(Object.fromEntries(tensors.map((t) => [t.name, [t.type, ...t.sizes]]))).toMatchObject({
      'token_embd.weight': [2, 256, 512],
      'output.weight': [14, 256, 512],
      'output_norm.weight': [0, 256],
      'blk.1.attn_k.weight': [2, 256, 128],
      'blk.1.ffn_down.weight': [2, 512, 256],
    });
  });

  it('hold finite values of the wanted size, without a direction in common', async () => {
    const path = join(dir, 'values.gguf');
    await writeGguf(path, { ...tiny, hiddenSize: 96, headDim: 24 });
    const file = await readFile(path);
    const { tensors, data } = readGguf(file);
    expect(new Set(tensors.map((t) => t.type))).toEqual(new Set([0, 2, 8]));
    for (const { name, sizes, type, offset, bytes } of tensors) {
      const part = file.subarray(data + offset, data + offset + bytes);
      if (type === 0) {
        const values = new Float32Array(new Uint8Array(part).buffer);
        expect(Math.min(...values), name).toBeGreaterThan(0.89);
        expect(Math.max(...values), name).toBeLessThan(1.11);
        continue;
      }
      expectSpread(dequantise(type, part), 1 / Math.sqrt(sizes[0]), name);
    }
    const q6 = Buffer.concat([...randomBlocks('Q6_K', 64, 1024, new Random('q6'))]);
    expect(q6.length).toBe(64 * 4 * 210);
    expectSpread(dequantise(14, q6), 1 / 32, 'Q6_K');
    const q4 = Buffer.concat([...randomBlocks('Q4_K', 64, 1024, new Random('q4'))]);
    expect(q4.length).toBe(64 * 4 * 144);
    expectSpread(dequantise(12, q4), 1 / 32, 'Q4_K');
  });

  it('divide Llama 3 frequencies as our own rotary tables do', async () => {
    const file = Buffer.concat([...ggufBytes(llama3, 'random', 'seed')]);
    const { tensors, data } = readGguf(file);
    expect(tensors.map((t) => t.name)).not.toContain('output.weight');
    expect(tensors[0]).toMatchObject({ name: 'token_embd.weight', type: 14 });
    const { offset, bytes } = tensors.find((t) => t.name === 'rope_freqs.weight')!;
    const divisors = new Float32Array(new Uint8Array(file.subarray(data + offset, data + offset + bytes)).buffer);
    expect(new Set(divisors).size).toBeGreaterThan(2);
    const { sin } = rotaryTables(llama3, 2);
    divisors.forEach((divisor, i) => {
      const frequency = 1 / llama3.ropeTheta ** ((2 * i) / llama3.headDim) / divisor;
      expect(Math.sin(frequency)).toBeCloseTo(sin[llama3.headDim / 2 + i], 6);
    });
  });

  it('are made in slices, the same ones for the same seed', () => {
    const sizes = [...randomBlocks('Q4_0', 4096, 5000 * 32, new Random('big'))].map((slice) => slice.length);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8 << 20);
    expect(sizes.reduce((a, b) => a + b)).toBe(4096 * 5000 * 18);
    expect(sizes.every((size) => size % 18 === 0)).toBe(true);
    const bytes = (seed: string): Buffer => Buffer.concat([...ggufBytes(tiny, 'random', seed)]);
    expect(bytes('a').equals(bytes('a'))).toBe(true);
    expect(bytes('a').equals(bytes('b'))).toBe(false);
  });

  it('have as many parameters as the published models', () => {
    const parameters = (name: string): number =>
      llamaTensors(shape(name)).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    // 8,030,261,248, 1,235,814,400 and 6,738,415,616 parameters, and rotary divisors.
    expect(parameters('llama-3.1-8b')).toBe(8_030_261_248 + 64);
    expect(parameters('llama-1b')).toBe(1_235_814_400 + 32);
    expect(parameters('vicuna-7b')).toBe(6_738_415_616);
  });

  it('have more bits in Q4_K_M where llama-quantize gives more', () => {
    const types = new Map(llamaTensors({ ...tiny, layers: 16, quant: 'q4_k_m' }).map(({ name, type }) => [name, type]));
    const more = (part: string): number[] =>
      Array.from({ length: 16 }, (_, i) => i).filter((i) => types.get(`blk.${i}.${part}.weight`) === 'Q6_K');
    expect(more('attn_v')).toEqual([0, 1, 4, 7, 10, 13, 14, 15]);
    expect(more('ffn_down')).toEqual(more('attn_v'));
    expect(more('attn_q')).toEqual([]);
    expect([types.get('token_embd.weight'), types.get('output.weight')]).toEqual(['Q4_K', 'Q6_K']);
    const head = readGguf(Buffer.concat([...ggufBytes({ ...tiny, quant: 'q4_k_m' }, 'random', 'seed')]));
    expect(head.metadata['general.file_type']).toBe(15);
    expect(() => llamaTensors({ ...tiny, intermediateSize: 352, quant: 'q4_k_m' })).toThrow('blocks of 256');
  });

  it('refuse what the format cannot hold, and leave nothing behind when cancelled', async () => {
    await expect(writeGguf(join(dir, 'x.gguf'), { ...tiny, intermediateSize: 100 })).rejects.toThrow(
      'intermediate size 100 does not divide',
    );
    await expect(writeGguf(join(dir, 'x.gguf'), { ...tiny, vocabSize: 200 })).rejects.toThrow('no room for bytes');
    const stop = new AbortController();
    const reason = new Error('enough');
    const onTensor = (done: number): void => {
      if (done === 3) stop.abort(reason);
    };
    await expect(writeGguf(join(dir, 'x.gguf'), tiny, { signal: stop.signal, onTensor })).rejects.toBe(reason);
    expect((await readdir(dir)).filter((name) => name.startsWith('x.gguf'))).toEqual([]);
  });
});

function expectSpread(values: number[], spread: number, what: string): void {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const square = values.reduce((a, b) => a + b * b, 0) / values.length;
  expect(values.every(Number.isFinite), what).toBe(true);
  expect(Math.abs(mean), `${what}: mean`).toBeLessThan(0.06 * spread);
  expect(Math.sqrt(square) / spread, `${what}: root mean square`).toBeCloseTo(1, 1);
}
