import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { type TinyModel, writeTinyModel } from './support/tiny-model.ts';

let tiny: TinyModel;
let top: string;
beforeAll(async () => {
  tiny = await writeTinyModel();
  top = await mkdtemp(join(tmpdir(), 'cli-export-'));
});
afterAll(async () => {
  await tiny.remove();
  await rm(top, { recursive: true, force: true });
});

test('export writes a folder that answers the same, and prints what it is', async () => {
  const out = join(top, 'out');
  const { code, stdout, stderr } = await runCli(['export', tiny.dir, out, '--dtype', 'fp32', '--json']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^note: the compressor has width 32/);
  expect(JSON.parse(stdout)).toMatchObject({ dir: out, files: ['model.safetensors'] });
  const ask = (model: string) =>
    runCli(['ask', '--model', model, '--threads', '1', '--max-tokens', '6', 'examples/pictures/cat.png', 'what?']);
  const [before, after] = [await ask(tiny.dir), await ask(out)];
  expect(after).toEqual(before);
  expect(after.code).toBe(0);
  const again = await runCli(['export', tiny.dir, out]);
  expect([again.code, again.stdout]).toEqual([1, '']);
  expect(again.stderr).toMatch(/^error: .*not empty\nhint: /);
});

test('nano, whose tower the reference does not have, is refused with what to do', async () => {
  const out = join(top, 'nano');
  const { code, stdout, stderr } = await runCli(['export', 'models/nano', out]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^error: the vision tower of models\/nano is efficientnet_lite.*\nhint: .*training-at-scale/);
  expect(existsSync(out)).toBe(false);
});

test('wrong use', async () => {
  expect((await runCli(['export', tiny.dir])).code).toBe(2);
  const { code, stderr } = await runCli(['export', tiny.dir, join(top, 'x'), '--dtype', 'q4']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/'q4' is invalid\. Allowed choices are fp16, bf16, fp32/);
});
