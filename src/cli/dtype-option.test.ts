import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { HubServer } from '../../test/support/hub-server.ts';
import { EXPORT_DTYPES } from '../folder/export.ts';
import { DTYPES } from '../folder/manifest.ts';
import { WEIGHT_TYPES } from '../runtime/sessions.ts';
import { convertedDtype, exportedDtype, loadedDtype } from './dtype-option.ts';
import { createProgram } from './program.ts';

let hub: HubServer;
let home: string;
beforeAll(async () => {
  hub = await HubServer.start();
  home = await mkdtemp(join(tmpdir(), 'dtype-'));
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_HUB_CACHE', home);
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await hub.stop();
  await rm(home, { recursive: true, force: true });
});

test('the types offered are those that there are', () => {
  expect(loadedDtype().argChoices).toEqual(WEIGHT_TYPES);
  expect(convertedDtype().argChoices).toEqual(DTYPES);
  expect(exportedDtype().argChoices).toEqual(EXPORT_DTYPES);
});

test.each([
  [['ask', '--model', 'org/name', 'examples/pictures/cat.png', 'what?']],
  [['chat', '--model', 'org/name']],
  [['eval', 'org/name', '--limit', '1']],
  [['convert', 'org/name', '--out', 'nowhere']],
  [['export', 'org/name', 'nowhere']],
  [['synth', '--like', 'tiny', '--out', 'nowhere']],
])('%j with a type that is none is refused before the hub is asked', async (args) => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const run = createProgram().parseAsync([...args, '--dtype', 'q5'], { from: 'user' });
  await expect(run).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  expect(written.mock.calls.join('')).toMatch(/'q5' is invalid\. Allowed choices are .*fp16/);
  expect(hub.requests()).toEqual([]);
});
