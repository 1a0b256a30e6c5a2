import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EncoderPool, encodeRows } from '../src/checkpoint/quantise/index.ts';
import { Random } from '../src/util/random.ts';
import { runCli, runProgram } from './support/run-cli.ts';
import { writeSparseModel } from './support/sparse-model.ts';

/** The built command converts in threads, which the sources cannot. */
const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const GOLDEN = 'test/golden/models/mixed-dtypes';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'convert-cli-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const until = async (is: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await is())) await new Promise((resolve) => setTimeout(resolve, 10));
};
const partial = async (): Promise<string[]> => (await readdir(dir)).filter((name) => name.startsWith('out.partial-'));

describe('llava-mini convert', () => {
  it('writes a folder that every command takes as a model', async () => {
    const out = join(dir, 'nano-q4');
    const made = await runCli(['convert', '--out', out, '--json']);
    expect([made.code, made.stderr]).toEqual([0, '']);
    const report = JSON.parse(made.stdout);
    expect(report).toMatchObject({ dir: out, dtype: 'q4', block: 128, symmetric: true, layout: 'mini' });
    expect(report.files).toContain('decoder.onnx');

    const info = await runCli(['info', out, '--json']);
    expect(info.code).toBe(0);
    const described = JSON.parse(info.stdout);
    const original = JSON.parse((await runCli(['info', '--json'])).stdout);
    expect(described.parameters).toBe(original.parameters);
    expect(described.converted).toMatchObject({ dtype: 'q4', bytes: report.bytes });
    expect(described.parts['token embedding'].types).toEqual(['Q8 in 128s']);
    expect((await runCli(['info', out])).stdout).toMatch(/converted to +q4, 2\d\.\d MB/);

    const asked = await runCli(['ask', '--model', out, 'examples/pictures/cat.png', 'What is in the picture?']);
    expect([asked.code, asked.stdout.trim().length > 0]).toEqual([0, true]);
  });

  it('without --out keeps it in the cache', async () => {
    const env = { LLAVA_MINI_CACHE: dir };
    const first = await runCli(['convert', GOLDEN, '--dtype', 'q8', '--block', '32'], { env });
    expect([first.code, first.stderr]).toEqual([0, '']);
    const folder = first.stdout.trim();
    expect(folder.startsWith(join(dir, 'converted', 'mixed-dtypes-q8-'))).toBe(true);
    const made = (await stat(join(folder, 'llava-mini.json'))).mtimeMs;
    const second = await runCli(['convert', GOLDEN, '--dtype', 'q8', '--block', '32'], { env });
    expect(second.stdout).toBe(first.stdout);
    expect((await stat(join(folder, 'llava-mini.json'))).mtimeMs).toBe(made);
  });

  it('cuts what a browser loads into small files', async () => {
    const made = await runCli(['convert', GOLDEN, '--browser', '--out', join(dir, 'out'), '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({ block: 32, partBytes: 512 * 1024 * 1024 });
  });

  it.each([
    [['--dtype', 'q3'], 2, 'Allowed choices are q4, q8, fp16, fp32'],
    [['--block', '48'], 2, 'must be 16, 32, 64, 128 or 256'],
    [['--max-length', '999999'], 1, '--max-length must be a whole number from 1 to 4096'],
  ])('refuses %j', async (flags, code, message) => {
    const result = await runCli(['convert', GOLDEN, '--out', join(dir, 'out'), ...flags]);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(message);
    expect(await readdir(dir)).toEqual([]);
  });

  it('stopped with Ctrl-C leaves nothing; killed, the next run tidies up and begins anew', async () => {
    await writeSparseModel(join(dir, 'source'), { vocab_size: 200_000, hidden_size: 1024, num_attention_heads: 8 });
    const convert = (signal?: NodeJS.Signals) =>
      runCli(['convert', join(dir, 'source'), '--out', join(dir, 'out')], {
        control: (child) => {
          child.stdin?.end();
          if (signal) until(async () => (await partial()).length > 0).then(() => child.kill(signal));
        },
      });
    expect((await convert('SIGINT')).code).toBe(130);
    expect(await readdir(dir)).toEqual(['source']);

    expect((await convert('SIGKILL')).code).toBe(null);
    expect(await partial()).toHaveLength(1);
    expect(existsSync(join(dir, 'out'))).toBe(false);
    expect(existsSync(join(dir, 'out.lock'))).toBe(true);

    expect((await convert()).code).toBe(0);
    expect((await readdir(dir)).sort()).toEqual(['out', 'source']);
  });

  it('needs little memory for a large model', async () => {
    // Two matrices of 246 MB, which would take twice that as float32.
    await writeSparseModel(join(dir, 'source'), { vocab_size: 30_000, hidden_size: 4096, num_attention_heads: 32 });
    const script = `
      import { convertModel } from ${JSON.stringify(join(DIST, 'folder/convert.js'))};
      const { bytes } = await convertModel(${JSON.stringify(join(dir, 'source'))}, ${JSON.stringify(join(dir, 'out'))}, { dtype: 'q4', threads: 2 });
      console.log(JSON.stringify({ bytes, peak: process.resourceUsage().maxRSS * 1024 }));`;
    const { code, stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', script]);
    expect([code, stderr]).toEqual([0, '']);
    const { bytes, peak } = JSON.parse(stdout);
    expect(bytes).toBeGreaterThan(240e6);
    expect(peak).toBeLessThan(450e6);
  });
});

describe('llava-mini synth', () => {
  it('writes a model that answers', async () => {
    const out = join(dir, 'tiny');
    const made = await runCli(['synth', '--like', 'tiny', '--out', out]);
    expect([made.code, made.stdout, made.stderr]).toEqual([0, `${out}\n`, '']);
    const asked = await runCli(['ask', '--model', out, '--json', 'examples/pictures/cat.png', 'What is it?']);
    expect(asked.code).toBe(0);
    expect(JSON.parse(asked.stdout).tokens).toBeGreaterThan(0);
    const unknown = await runCli(['synth', '--like', 'gpt', '--out', out]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('Allowed choices are')]);
  });
});

describe('EncoderPool, built', () => {
  const load = async (): Promise<typeof EncoderPool> =>
    (await import(join(DIST, 'checkpoint/quantise/index.js'))).EncoderPool;

  it('gives what encodeRows gives, whatever the number of threads', async () => {
    const random = new Random('encoder-pool');
    const jobs = Array.from({ length: 12 }, (_, i) => ({
      name: `w${i}`,
      values: Float32Array.from({ length: 64 * 100 }, () => random.normal()),
      columns: 100,
      firstRow: 0,
      format: (
        [
          { kind: 'blocks', bits: 4, block: 32, symmetric: false },
          { kind: 'blocks', bits: 8, block: 128, symmetric: true },
          { kind: 'float16' },
          { kind: 'float32' },
        ] as const
      )[i % 4],
    }));
    const expected = jobs.map((job) => encodeRows({ ...job, values: job.values.slice() }));
    const Pool = await load();
    for (const threads of [0, 3]) {
      const pool = new Pool(threads);
      const got = await Promise.all(jobs.map((job) => pool.encode({ ...job, values: job.values.slice() })));
      await pool.close();
      expect(got).toEqual(expected);
    }
  });

  it('passes errors on and works on; closed, it refuses', async () => {
    const Pool = await load();
    const pool = new Pool(1);
    const rows = (values: Float32Array) => ({
      name: 'w',
      values,
      columns: 2,
      firstRow: 0,
      format: { kind: 'float16' } as const,
    });
    await expect(pool.encode(rows(Float32Array.of(1, Number.NaN)))).rejects.toMatchObject({ code: 'bad-checkpoint' });
    await expect(pool.encode(rows(Float32Array.of(1, 1e6)))).rejects.toMatchObject({ code: 'unsupported' });
    expect(await pool.encode(rows(Float32Array.of(1, 2)))).toHaveLength(1);
    const pending = pool.encode(rows(new Float32Array(2))).catch((error: { code: string }) => error.code);
    await pool.close();
    expect(await pending).toBe('engine');
    await expect(pool.encode(rows(new Float32Array(2)))).rejects.toMatchObject({ code: 'engine' });
  });
});
