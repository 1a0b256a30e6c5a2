import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type PullOptions, pullModel } from '../../src/checkpoint/hub/pull.ts';
import { HubServer, type SeenRequest } from './hub-server.ts';

export const ID = 'Some-Org/llava.mini_1';
export const COMMIT = 'a'.repeat(40);
export const NEXT = 'b'.repeat(40);
export const SMALL = { 'config.json': '{"model_type":"llava_mini"}', 'tokenizer.json': '{}', 'README.md': '# hello' };

/** A hub for the tests of one file, and an empty cache for each of them. */
export interface PullBench {
  hub: HubServer;
  home: string;
  env: Record<string, string>;
  pull(options?: PullOptions): Promise<string>;
  /** The model's folder in the cache. */
  root(): string;
  /** Names of unfinished downloads. */
  left(): Promise<string[]>;
}

/** Call it at the top of a test file. */
export function pullBench(): PullBench {
  const bench = {
    pull: (options = {}) => pullModel(ID, { env: bench.env, retry: { pause: 1 }, ...options }),
    root: () => join(bench.home, 'hf', 'hub', 'models--Some-Org--llava.mini_1'),
    left: async () => (await readdir(join(bench.root(), 'blobs'))).filter((name) => /incomplete/.test(name)),
  } as PullBench;
  let top: string;
  beforeAll(async () => {
    bench.hub = await HubServer.start();
    top = await mkdtemp(join(tmpdir(), 'hub-'));
  });
  beforeEach(async () => {
    bench.home = await mkdtemp(join(top, 'home-'));
    bench.env = { HOME: bench.home, HF_HOME: join(bench.home, 'hf'), HF_ENDPOINT: bench.hub.endpoint };
  });
  afterEach(() => {
    bench.hub.models.clear();
    bench.hub.forget();
  });
  afterAll(async () => {
    await bench.hub.stop();
    await rm(top, { recursive: true, force: true });
  });
  return bench;
}

export function weights(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 13);
}

/** Whether a request is for content, to the content server. */
export function isGet({ server, method }: SeenRequest): boolean {
  return server === 'cdn' && method === 'GET';
}
