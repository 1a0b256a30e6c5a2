import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { convertModel, encoderThreads } from './convert.ts';
import { WeightsWriter } from './weights-writer.ts';

test('threads are as many as cores, at most 16, and never more than there are slices', () => {
  expect(encoderThreads(undefined, 1000, 4)).toBe(4);
  expect(encoderThreads(undefined, 1000, 192)).toBe(16);
  expect(encoderThreads(undefined, 3, 192)).toBe(3);
  expect(encoderThreads(40, 1000, 2)).toBe(40);
  expect(encoderThreads(40, 7, 2)).toBe(7);
});

// A system without room for a thread is not to be had on purpose; what follows from it is real.
vi.mock('../checkpoint/quantise/index.ts', async (original) => ({
  ...(await original<object>()),
  EncoderPool: class {
    constructor() {
      throw new Error('no thread can be started');
    }
  },
}));

test('when no thread can be started, the files that were opened are closed and removed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'threads-'));
  const close = vi.spyOn(WeightsWriter.prototype, 'close');
  const work = convertModel('test/golden/models/llama31-c1', join(dir, 'out'), { dtype: 'q4' });
  await expect(work).rejects.toThrow('no thread can be started');
  expect(close).toHaveBeenCalledTimes(1);
  expect(await readdir(dir)).toEqual([]);
  await rm(dir, { recursive: true });
});
