import { expect, test } from 'vitest';
import { layOutLookups } from './lookup-batch.ts';

const bucket = { pictures: 2, questions: 2, promptTokens: 5, sequence: 8, labels: 8, answerTokens: 3 };
const told = (at: number, counts: number) => ({ at, targets: { counts } });

function read(groups: Parameters<typeof layOutLookups>[0], shape = bucket) {
  const tensors = layOutLookups(groups, shape, {
    counts: { classes: 7, weight: 1, common: 6 },
    rows: { classes: 9, weight: 1 },
  });
  return Object.fromEntries(Object.entries(tensors).map(([key, { data }]) => [key, Array.from(data as Int32Array)]));
}

test('lookups lie at their question’s place, first ones first, and what is not known counts for nothing', () => {
  const out = read([[{ lookups: [told(1, 3), told(4, 0)] }, {}], [{ lookups: [told(2, 5)] }]]);
  // Rows: picture 0, question 0 from 0; picture 1, question 0 from 10.
  expect(out.lookup_rows).toEqual([1, 12, 4, ...Array(17).fill(0)]);
  expect(out.lookup_rows_inverse.flatMap((place, row) => (place < 20 ? [[row, place]] : []))).toEqual([
    [1, 0],
    [4, 2],
    [12, 1],
  ]);
  expect(out.counts_lookup_targets.slice(0, 3)).toEqual([3, 5, 0]);
  expect(out.counts_lookup_weights).toEqual([1, 1, 1, ...Array(17).fill(0)]);
  expect(out.rows_lookup_weights).toEqual(Array(20).fill(0));
});

test('more than there is room for are left out, the last ones', () => {
  const many = { before: [told(0, 0)], lookups: [1, 2, 3, 4].map((at) => told(at, at)) };
  const small = { ...bucket, promptTokens: 6 };
  const crowded = { ...many, lookups: [...many.lookups, told(5, 5)] };
  const out = read(
    [
      [many, crowded],
      [crowded, crowded],
    ],
    small,
  );
  expect(out.lookup_rows).toEqual([...[0, 12, 1, 7, 13, 19, 2, 8, 14, 20], ...[3, 9, 15, 21, 4, 10, 16, 22, 11, 17]]);
  expect(out.lookup_rows_inverse.filter((place) => place < 20)).toHaveLength(20);
});

test('two lookups at one token are a mistake of the source', () => {
  expect(() => read([[{ lookups: [told(1, 3), told(1, 0)] }]])).toThrow('two lookups at token 1');
});

test('what tokens before the question tell is asked of a picture’s first question, and a common class counts for less', () => {
  const out = read([[{ before: [told(0, 6)], lookups: [told(3, 1)] }, { before: [told(0, 6)] }], []]);
  expect(out.lookup_rows.slice(0, 3)).toEqual([0, 3, 0]);
  expect(out.counts_lookup_targets.slice(0, 2)).toEqual([6, 1]);
  expect(out.counts_lookup_weights.slice(0, 3)).toEqual([Math.fround(0.3), 1, 0]);
});

test('behind an opening that is run once, tokens are counted without it, and its own stand behind all questions', () => {
  const opened = { ...bucket, opening: [7, -200, 8] }; // Three of the five prompt tokens are the question's.
  const out = read(
    [[{}, { before: [told(1, 2)], lookups: [told(3, 1)] }], [{ before: [told(0, 4), told(1, 5)] }]],
    opened,
  );
  expect(out.lookup_rows.slice(0, 4)).toEqual([14, 15, 4, 0]);
  expect(out.counts_lookup_targets.slice(0, 4)).toEqual([4, 5, 1, 0]);
  expect(out.lookup_rows_inverse).toHaveLength(2 * 2 * 3 + 2 * 2);
});
