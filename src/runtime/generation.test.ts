import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IMAGE_TOKEN } from '../text/conversation.ts';
import { commonPrefix, positionKeys } from './generation.ts';

test('every position of a prompt has a key, vision tokens one each', () => {
  expect(positionKeys([5, IMAGE_TOKEN, 0, IMAGE_TOKEN, 7], [2, 1])).toEqual([5, -1, -2, 0, -3, 7]);
  expect(positionKeys([5, 6], [3])).toEqual([5, 6]);
});

test('the common prefix is the longest one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3)), fc.array(fc.nat(3)), (a, b) => {
      const n = commonPrefix(a, b);
      expect(a.slice(0, n)).toEqual(b.slice(0, n));
      if (n < Math.min(a.length, b.length)) expect(a[n]).not.toBe(b[n]);
    }),
  );
});
