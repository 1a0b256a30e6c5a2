import { expect, test } from 'vitest';
import { layOutLookups } from './lookup-batch.ts';

const bucket = { pictures: 2, questions: 2, promptTokens: 5, sequence: 8, labels: 8, answerTokens: 3 };
const told = (at: number, counts: number) => ({ at, targets: { counts } });

function read(groups: Parameters<typeof layOutLookups>[0]) {
  const tensors = layOutLookups(groups, bucket, ['counts', 'rows']);
  return Object.fromEntries(Object.entries(tensors).map(([key, { data }]) => [key, Array.from(data as Int32Array)]));
}

test('lookups lie at their question’s place, first ones first, and what is not known counts for nothing', () => {
  const out = read([[{ lookups: [told(1, 3), told(4, 0)] }, {}], [{ lookups: [told(2, 5)] }]]);
  // Rows: picture 0, question 0 from 0; picture 1, question 0 from 10.
  expect(out.lookup_rows).toEqual([1, 12, 4, ...Array(13).fill(0)]);
  expect(out.lookup_rows_inverse.flatMap((place, row) => (place < 16 ? [[row, place]] : []))).toEqual([
    [1, 0],
    [4, 2],
    [12, 1],
  ]);
  expect(out.counts_lookup_targets.slice(0, 3)).toEqual([3, 5, 0]);
  expect(out.counts_lookup_weights).toEqual([1, 1, 1, ...Array(13).fill(0)]);
  expect(out.rows_lookup_weights).toEqual(Array(16).fill(0));
});

test('more than there is room for are left out, the last ones', () => {
  const many = { lookups: [0, 1, 2, 3, 4].map((at) => told(at, at)) };
  const out = read([
    [many, many],
    [many, many],
  ]);
  expect(out.lookup_rows).toEqual([0, 5, 10, 15, 1, 6, 11, 16, 2, 7, 12, 17, 3, 8, 13, 18]);
  expect(out.lookup_rows_inverse.filter((place) => place < 16)).toHaveLength(16);
});

test('two lookups at one token are a mistake of the source', () => {
  expect(() => read([[{ lookups: [told(1, 3), told(1, 0)] }]])).toThrow('two lookups at token 1');
});
