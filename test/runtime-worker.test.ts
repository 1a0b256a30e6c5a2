import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LlavaMini } from '../src/index.ts';
import { type TinyModel, writeTinyModel } from './support/tiny-model.ts';

let tiny: TinyModel;

/** Runs a scenario of worker-check.mjs on the built package. */
async function check(scenario: string, dir = tiny.dir, number = 0): Promise<{ code: number; said: unknown }> {
  const args = ['test/support/worker-check.mjs', scenario, dir, String(number)];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    return { code: 0, said: stdout ? JSON.parse(stdout) : null };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    if (code !== 7) throw new Error(`${scenario} ended with ${code}: ${stderr}`);
    return { code, said: null };
  }
}

beforeAll(async () => {
  if (!existsSync('dist/runtime/worker.js')) throw new Error('these tests need the built package: npm run build');
  tiny = await writeTinyModel();
});
afterAll(() => tiny.remove());

describe('the engine in a thread of its own', () => {
  test('leaves the calling thread free, answers as in this thread, lets the process end', async () => {
    const { code, said } = await check('free');
    const { tokens, ticks, elapsed } = said as { tokens: number[]; ticks: number; elapsed: number };
    expect(code).toBe(0);
    expect(ticks).toBeGreaterThan(elapsed / 20);
    const here = await LlavaMini.load(tiny.dir, { threads: 1, engine: 'inline' });
    const answer = await here.ask('examples/pictures/cat.png', 'what is this?', { maxTokens: 300 });
    await here.dispose();
    expect(tokens).toEqual(answer.tokens);
  });

  test('carries batches, cancelling and typed errors', async () => {
    expect((await check('mixed')).said).toEqual({
      same: true,
      cancelled: 'enough',
      tooLong: ['LlavaMiniError', 'prompt-too-long', true],
      disposed: 'bad-argument',
    });
  });

  test('is started anew after it died', async () => {
    expect((await check('crash')).said).toEqual({ failed: ['LlavaMiniError', 'engine', true], same: true });
  });

  test('ends with the process at any time', async () => {
    for (const after of [50, 250, 400, 600]) expect((await check('exit', tiny.dir, after)).code).toBe(7);
  });

  test('stops loading when told to', async () => {
    for (const after of [1, 150]) expect((await check('cancel', tiny.dir, after)).said).toMatch(/TimeoutError|loaded/);
  });

  test('says what is wrong with a model', async () => {
    const broken = await writeTinyModel();
    const path = join(broken.dir, 'config.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), num_hidden_layers: 9 }));
    const { said } = await check('broken', broken.dir);
    await broken.remove();
    expect(said).toEqual(['LlavaMiniError', 'bad-checkpoint', true, expect.stringContaining('model.layers.2.')]);
  });
});
