import { expect, test } from 'vitest';
import { forAll, Slots } from './slots.ts';

test('never more at once than there are slots, in order, also after failures', async () => {
  const slots = new Slots(3);
  const order: number[] = [];
  let active = 0;
  let most = 0;
  const work = Array.from({ length: 20 }, (_, i) =>
    slots.run(async () => {
      order.push(i);
      most = Math.max(most, ++active);
      await new Promise((done) => setTimeout(done, 1 + (i % 3)));
      active--;
      if (i % 4 === 0) throw new Error(String(i));
      return i;
    }),
  );
  const results = await Promise.allSettled(work);
  expect(most).toBe(3);
  expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(5);
});

test('forAll waits for all, then throws the first failure', async () => {
  let done = 0;
  const seen: unknown[] = [];
  const work = async (ms: number): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    done++;
    if (ms < 10) throw new Error(String(ms));
    return ms;
  };
  await expect(forAll([30, 5, 1], work, (error) => seen.push(error))).rejects.toThrow('1');
  expect(done).toBe(3);
  expect(seen).toHaveLength(2);
  expect(await forAll([10, 11], work)).toEqual([10, 11]);
});
