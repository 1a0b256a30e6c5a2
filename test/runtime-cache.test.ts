import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENGINE_DEFAULTS } from '../src/runtime/engine-options.ts';
import type { GenerateResult } from '../src/runtime/generation.ts';
import { LocalEngine } from '../src/runtime/local-engine.ts';
import type { MemoryData } from '../src/runtime/memory-data.ts';
import { IMAGE_TOKEN } from '../src/text/index.ts';
import { type TinyModel, writeTinyModel } from './support/tiny-model.ts';

let tiny: TinyModel;
let engine: LocalEngine;
let memories: MemoryData[];

const load = (dir: string): Promise<LocalEngine> =>
  LocalEngine.load({ ...ENGINE_DEFAULTS, dir, device: 'cpu', dtype: 'fp32', threads: 1, maxLength: 128 });

const generate = (on: LocalEngine, ids: number[], seen: MemoryData[], maxTokens = 6): Promise<GenerateResult> =>
  on.generate({ ids, memories: seen, sampling: {}, maxTokens, stopIds: [] });

beforeAll(async () => {
  tiny = await writeTinyModel({ compressor_size: 2 });
  engine = await load(tiny.dir);
  memories = [];
  for (const value of [40, 200]) {
    const data = Uint8Array.from({ length: 300 }, (_, i) => (i * value) & 255);
    const { memory } = await engine.see({ id: `m${value}`, frames: [{ width: 10, height: 10, data }] });
    memories.push(memory);
  }
});
afterAll(async () => {
  await engine.dispose();
  await tiny.remove();
});

const id = fc.integer({ min: 0, max: 287 });

test('a prompt that goes on from an answer gives what it gives alone', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(id, { minLength: 1, maxLength: 12 }),
      fc.array(id, { minLength: 1, maxLength: 5 }),
      fc.constantFrom<number[]>([], [0], [1], [0, 1], [1, 0]),
      fc.nat(),
      async (before, after, which, place) => {
        const seen = which.map((i) => memories[i]);
        const at = place % (before.length + 1);
        const ids = [...before.slice(0, at), ...seen.map(() => IMAGE_TOKEN), ...before.slice(at)];
        const first = await generate(engine, ids, seen);
        const next = [...ids, ...first.tokens, ...after];
        const second = await generate(engine, next, seen);
        // Generated tokens went in raw: without a picture that is what they would be in a prompt, with one it is not.
        const rawTail = seen.length ? 0 : first.tokens.length - 1;
        expect(second.cachedTokens).toBe(first.promptTokens + rawTail);
        const fresh = await load(tiny.dir);
        try {
          expect((await generate(fresh, next, seen)).tokens).toEqual(second.tokens);
        } finally {
          await fresh.dispose();
        }
      },
    ),
    { numRuns: 15 },
  );
});

test('an answer may fill the room to the last position, and not more', async () => {
  const ids = Array.from({ length: 100 }, (_, i) => i + 1);
  const { tokens, finishReason } = await generate(engine, ids, [], 500);
  expect([tokens.length, finishReason]).toEqual([28, 'length']);
  await expect(generate(engine, [...ids, ...ids], [])).rejects.toMatchObject({ code: 'prompt-too-long' });
  await expect(generate(engine, [], [])).rejects.toMatchObject({ code: 'bad-argument' });
  await expect(generate(engine, [5, 288], [])).rejects.toMatchObject({ code: 'bad-argument' });
  await expect(generate(engine, [5, IMAGE_TOKEN], [])).rejects.toMatchObject({ code: 'bad-argument' });
});

test('more questions than rows wait for their turn', async () => {
  const prompts = Array.from({ length: 19 }, (_, i) => [i + 1, IMAGE_TOKEN, 2 * i + 3]);
  const together = await Promise.all(prompts.map((ids, i) => generate(engine, ids, [memories[i % 2]], 1 + (i % 7))));
  for (const [i, ids] of prompts.entries())
    expect((await generate(engine, ids, [memories[i % 2]], 1 + (i % 7))).tokens).toEqual(together[i].tokens);
});

test('a question that waits for a row can be cancelled while the others are answered', async () => {
  const abort = new AbortController();
  let ended = 0;
  const last = ENGINE_DEFAULTS.maxBatch - 1;
  const running = Array.from({ length: last + 1 }, (_, i) =>
    engine
      .generate(
        { ids: [5, 6 + i], memories: [], sampling: {}, maxTokens: 100, stopIds: [] },
        // By its first token all rows are taken.
        i === last ? { onToken: () => abort.abort(new Error('no longer wanted')) } : {},
      )
      .finally(() => ended++),
  );
  const waiting = engine.generate(
    { ids: [9], memories: [], sampling: {}, maxTokens: 3, stopIds: [] },
    { signal: abort.signal },
  );
  await expect(waiting).rejects.toThrow('no longer wanted');
  expect(ended).toBe(0);
  await Promise.all(running);
});
