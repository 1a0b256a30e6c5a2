import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { HubServer } from '../../test/support/hub-server.ts';
import { createProgram } from './program.ts';

let hub: HubServer;
beforeAll(async () => {
  hub = await HubServer.start();
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
});

test.each([[['info', 'src/mistyped']], [['ask', '--model', 'src/mistyped', 'examples/pictures/cat.png', 'what?']]])(
  '%j: a name below a folder that is here is a mistyped folder, and no hub hears of it',
  async (args) => {
    await expect(createProgram().parseAsync(args, { from: 'user' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/there is no model folder .*mistyped/),
    });
    expect(hub.requests()).toEqual([]);
  },
);
