import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMessage } from './support/read-protobuf.ts';
import { swiftShaderEnvironment } from './support/swiftshader.ts';

type Tensors = Record<string, number[]>;

interface Said {
  toy: Record<'cpu' | 'webgpu', { steps: { loss: number; gradientNorm: number }[]; tensors: Tensors }[]>;
  restore: Record<'whole' | 'stopped' | 'again' | 'host', Tensors> & { steps: number[] };
  failedStep: { code: string; before: Tensors; after: Tensors; loss: number };
  memory: { grown: number };
  missing: { code: string; message: string; hint: string };
  answers: Record<'cpu' | 'webgpu' | 'resumed', { losses: number[]; weights: Tensors }> & {
    traffic: Record<'up' | 'down', number[]> & Record<'stayIn' | 'stayOut', string[][]>;
  };
}

let dir: string;
let said: Said;

/** Runs scenarios of webgpu-training.ts in a process with this environment. */
async function run(environment: Record<string, string>, names: (keyof Said)[]): Promise<Partial<Said>> {
  const args = ['scripts/run-typescript.mjs', 'test/support/webgpu-training.ts', dir, ...names];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...environment } });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject).on('close', (...end) => resolve(end));
  });
  if (code !== 0) throw new Error(`training on WebGPU ended with ${code ?? signal}:\n${errors}`);
  const lines = out.split('\n').filter((line) => line.startsWith('{"name"'));
  return Object.fromEntries(lines.map((line) => JSON.parse(line)).map(({ name, said }) => [name, said]));
}

/** Largest difference of each tensor, against its largest value. */
function expectClose(actual: Tensors, expected: Tensors, tolerance: number): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    const scale = Math.max(...values.map(Math.abs)) || 1;
    const difference = Math.max(...values.map((x, i) => Math.abs(x - actual[name][i])));
    expect(difference / scale, name).toBeLessThan(tolerance);
  }
}

const environment = swiftShaderEnvironment();
if (environment === null)
  console.warn('not tested: training on WebGPU, which needs SwiftShader: apt-get install chromium');

describe.skipIf(environment === null)('training on WebGPU', () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'llava-mini-webgpu-'));
    said = (await run(environment ?? {}, ['toy', 'restore', 'failedStep', 'memory', 'answers'])) as Said;
  });
  afterAll(() => dir && rm(dir, { recursive: true, force: true }));

  it('takes the steps that the CPU takes, of one batch or of several', () => {
    expect(said.toy.webgpu).toHaveLength(2);
    said.toy.webgpu.forEach(({ steps, tensors }, i) => {
      const expected = said.toy.cpu[i];
      expect(steps).toHaveLength(6);
      steps.forEach(({ loss, gradientNorm }, step) => {
        expect(loss).toBeCloseTo(expected.steps[step].loss, 5);
        expect(gradientNorm).toBeCloseTo(expected.steps[step].gradientNorm, 4);
      });
      expectClose(tensors, expected.tensors, 1e-5);
    });
  });

  it('trains a model as the CPU does', () => {
    const { cpu, webgpu } = said.answers;
    expect(webgpu.losses).toHaveLength(4);
    expect(webgpu.losses.at(-1)).toBeLessThan(webgpu.losses[0] - 0.2);
    webgpu.losses.forEach((loss, step) => {
      expect(loss / cpu.losses[step]).toBeCloseTo(1, 5);
    });
    expectClose(webgpu.weights, cpu.weights, 2e-4);
  });

  it('leaves weights and moments on the device between steps', () => {
    const { up, down, stayIn, stayOut } = said.answers.traffic;
    const weights = Object.values(said.answers.webgpu.weights).reduce((sum, values) => sum + values.length, 0);
    expect(down, 'loss and gradient norm').toEqual([8, 8, 8, 8]);
    expect(Math.max(...up), 'a batch and a few numbers').toBeLessThan(weights / 10);
    expect(stayIn[0]).toEqual(expect.arrayContaining(['model.norm.weight', 'moment2/model.norm.weight']));
    for (const names of stayIn) expect(names).toEqual(stayIn[0]);
    for (const names of stayOut) expect([...names].sort()).toEqual(stayIn[0].map((name) => `next/${name}`).sort());
  });

  it('has no operator in a step that the device does not know', async () => {
    const names = (await readdir(dir)).filter((file) => file.endsWith('.onnx'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(readersOfHostCopies(await readFile(join(dir, name)))).toEqual([]);
  });

  it('goes on from a saved state, on either device', () => {
    const { whole, stopped, again, host, steps } = said.restore;
    expect(steps).toEqual([6, 6, 6]);
    expect(stopped).toEqual(whole);
    expectClose(again, whole, 1e-6);
    expectClose(host, whole, 1e-5);
    expect(said.answers.resumed.losses).toHaveLength(2);
    expectClose(said.answers.resumed.weights, said.answers.webgpu.weights, 1e-5);
  });

  it('tells of a step that came to nothing and keeps the weights of the step before', () => {
    const { code, before, after, loss } = said.failedStep;
    expect(code).toBe('engine');
    expect(after).toEqual(before);
    expect(loss).toBeGreaterThan(0);
  });

  it('gives back what each step made', () => {
    // 300 steps make 94 MiB of tensors, 19 of each kind.
    expect(said.memory.grown).toBeLessThan(12);
  });

  it('says what is missing where there is no driver', async () => {
    const none = { VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' };
    const { missing } = await run(none, ['missing']);
    expect(missing).toMatchObject({ code: 'engine', message: expect.stringContaining('WebGPU cannot be used here') });
    expect(missing?.hint).toContain('docs/gpu.md');
  });
});

/** In a graph as the engine runs it: operators that read what was copied from the device. */
function readersOfHostCopies(model: Uint8Array): string[] {
  const text = (bytes?: Uint8Array): string => new TextDecoder().decode(bytes);
  const graph = readMessage(model).find(({ field }) => field === 7)?.bytes as Uint8Array;
  const nodes = readMessage(graph)
    .filter(({ field }) => field === 1)
    .map(({ bytes }) => {
      const fields = readMessage(bytes as Uint8Array);
      const named = (wanted: number): string[] => fields.filter((f) => f.field === wanted).map((f) => text(f.bytes));
      return { inputs: named(1), outputs: named(2), op: named(4)[0] };
    });
  const copies = new Set(nodes.filter(({ op }) => op === 'MemcpyToHost').flatMap(({ outputs }) => outputs));
  return nodes.filter(({ inputs }) => inputs.some((name) => copies.has(name))).map(({ op }) => op);
}
