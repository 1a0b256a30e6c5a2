import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bucket, fits, layOutAnswers, layOutPointers, type TokenisedPair } from './answer-batch.ts';

const IMAGE = -200;

const pairs = fc.record({
  before: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
  after: fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }),
  picture: fc.boolean(),
  answer: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 6 }),
});

const cases = fc
  .record({
    visionTokens: fc.constantFrom(1, 4),
    pictures: fc.integer({ min: 1, max: 3 }),
    questions: fc.integer({ min: 1, max: 3 }),
    spare: fc.integer({ min: 0, max: 3 }),
    fewerLabels: fc.integer({ min: 0, max: 3 }),
  })
  .chain((shape) =>
    fc
      .array(fc.array(pairs, { maxLength: shape.questions }), { maxLength: shape.pictures })
      .map((drawn) => ({ ...shape, groups: drawn.map((group) => group.map(toPair)) })),
  );

function toPair({
  before,
  after,
  picture,
  answer,
}: typeof pairs extends fc.Arbitrary<infer T> ? T : never): TokenisedPair {
  return { prompt: [1, ...before, ...(picture ? [IMAGE] : []), ...after], answer };
}

function bucketFor(drawn: typeof cases extends fc.Arbitrary<infer T> ? T : never): Bucket {
  const all = drawn.groups.flat();
  const places = (pair: TokenisedPair) => pair.prompt.filter((id) => id === IMAGE).length;
  return {
    pictures: drawn.pictures,
    questions: drawn.questions,
    promptTokens: Math.max(1, ...all.map((p) => p.prompt.length - places(p))) + drawn.spare,
    sequence:
      Math.max(1, ...all.map((p) => p.prompt.length + places(p) * (drawn.visionTokens - 1) + p.answer.length)) +
      drawn.spare,
    labels: Math.max(1, all.reduce((n, p) => n + p.answer.length, 0) + drawn.spare - drawn.fewerLabels),
    answerTokens: Math.max(1, ...all.map((p) => p.answer.length)),
  };
}

/** A layout as plain numbers. */
function read(groups: TokenisedPair[][], bucket: Bucket, visionTokens: number) {
  const tensors = layOutAnswers(groups, bucket, visionTokens);
  const numbers = (name: string): number[] => Array.from(tensors[name].data as Int32Array, Number);
  return {
    promptIds: numbers('prompt_ids'),
    tokenIds: numbers('token_ids'),
    rows: numbers('rows'),
    rowsInverse: numbers('rows_inverse'),
    labelRows: numbers('label_rows'),
    labelInverse: numbers('label_rows_inverse'),
    labels: numbers('labels'),
    weights: numbers('label_weights'),
    tensors,
  };
}

describe('the layout of a step', () => {
  it('gives back every question: fused words, picture rows, raw zeros and the raw answer', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const bucket = bucketFor(drawn);
        const { questions: q, sequence: s, promptTokens: t } = bucket;
        const n = bucket.pictures * q;
        const { promptIds, tokenIds, rows } = read(drawn.groups, bucket, drawn.visionTokens);
        for (let i = 0; i < n; i++) {
          const pair = drawn.groups[Math.floor(i / q)]?.[i % q];
          const row = (k: number): string => {
            const source = rows[i * s + k];
            if (source >= n * (s + t)) return `vision ${source - n * (s + t)}`;
            if (source >= n * s) {
              expect(Math.floor((source - n * s) / t), 'a word of this question').toBe(i);
              return `fused ${promptIds[source - n * s]}`;
            }
            expect(source, 'raw rows stay where they are').toBe(i * s + k);
            return `raw ${tokenIds[source]}`;
          };
          const expected = pair
            ? [
                ...pair.prompt.flatMap((id) =>
                  id === IMAGE
                    ? Array.from({ length: drawn.visionTokens }, (_, v) => `vision ${i * drawn.visionTokens + v}`)
                    : [id === 0 ? 'raw 0' : `fused ${id}`],
                ),
                ...pair.answer.map((id) => `raw ${id}`),
              ]
            : [];
          expect(Array.from({ length: s }, (_, k) => row(k))).toEqual([
            ...expected,
            ...Array.from({ length: s - expected.length }, () => 'raw 0'),
          ]);
        }
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it('predicts every label from the row before it, in order, as many as there is room for', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const bucket = bucketFor(drawn);
        const layout = read(drawn.groups, bucket, drawn.visionTokens);
        const wanted = drawn.groups.flatMap((group) => group.flatMap((pair) => pair.answer)).slice(0, bucket.labels);
        expect(layout.weights).toEqual(Array.from({ length: bucket.labels }, (_, i) => (i < wanted.length ? 1 : 0)));
        expect(layout.labels.slice(0, wanted.length)).toEqual(wanted);
        wanted.forEach((id, i) => {
          const row = layout.labelRows[i];
          expect(layout.rows[row + 1], 'the label itself is a raw row').toBe(row + 1);
          expect(layout.tokenIds[row + 1]).toBe(id);
          expect((row + 1) % bucket.sequence, 'of the same question').not.toBe(0);
        });
      }),
      { numRuns: 150, seed: 8 },
    );
  });

  it('sends a gradient back to rows in use and to no other', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const bucket = bucketFor(drawn);
        const { questions: q, sequence: s } = bucket;
        const none = bucket.pictures * q * s;
        const layout = read(drawn.groups, bucket, drawn.visionTokens);
        const used = new Set<number>();
        for (let row = 0; row < none; row++) {
          const pair = drawn.groups[Math.floor(row / s / q)]?.[Math.floor(row / s) % q];
          const places = pair ? pair.prompt.filter((id) => id === IMAGE).length : 0;
          const length = pair ? pair.prompt.length + places * (drawn.visionTokens - 1) + pair.answer.length : 0;
          if (row % s < length) {
            expect(layout.rowsInverse[layout.rows[row]]).toBe(row);
            used.add(layout.rows[row]);
          }
        }
        layout.rowsInverse.forEach((row, source) => {
          expect(row === none).toBe(!used.has(source));
        });
        const labelled = layout.weights.filter((w) => w === 1).length;
        layout.labelInverse.forEach((label, row) => {
          if (label === bucket.labels) expect(layout.labelRows.slice(0, labelled)).not.toContain(row);
          else expect(layout.labelRows[label]).toBe(row);
        });
      }),
      { numRuns: 150, seed: 9 },
    );
  });
});

describe('fits', () => {
  const bucket: Bucket = { pictures: 1, questions: 1, promptTokens: 5, sequence: 12, labels: 4, answerTokens: 3 };
  const allowed = (prompt: number, answer: number, vision = 1, places = 1): boolean =>
    fits(
      { prompt: [...Array(places).fill(IMAGE), ...Array(prompt).fill(3)], answer: Array(answer).fill(3) },
      bucket,
      vision,
    );

  it('bounds prompt, answer, and both together with the vision tokens', () => {
    expect(allowed(5, 3)).toBe(true);
    expect(allowed(6, 3)).toBe(false);
    expect(allowed(5, 4)).toBe(false);
    expect(allowed(5, 3, 4)).toBe(true);
    expect(allowed(5, 3, 5)).toBe(false);
    expect(allowed(5, 3, 4, 0)).toBe(true);
  });

  it('leaves out an opening that is run once for each picture, and refuses prompts without it', () => {
    const opening = [7, IMAGE, 8];
    const bucket = { pictures: 1, questions: 1, promptTokens: 5, sequence: 9, labels: 2, answerTokens: 2, opening };
    const layout = read([[{ prompt: [...opening, 21, 22], answer: [31, 2] }]], bucket, 1);
    expect(layout.promptIds).toEqual([21, 22, 0]);
    expect(layout.tokenIds).toEqual([0, 0, 31, 2, 0, 0]);
    // Raw rows 0 to 5, fused ones from 6.
    expect(layout.rows).toEqual([6, 7, 2, 3, 4, 5]);
    expect(layout.labelRows).toEqual([1, 2]);
    const other = { prompt: [7, 8, IMAGE, 21], answer: [31] };
    expect(() => layOutAnswers([[other]], bucket, 1)).toThrow('a prompt does not begin with 7 -200 8');
  });
});

it('points with the labels of answers that list things, and with no others', () => {
  const bucket = { pictures: 2, questions: 2, promptTokens: 2, sequence: 6, labels: 8, answerTokens: 4 };
  const plain = { prompt: [1], answer: [40, 41] };
  const list = { prompt: [1, 2], answer: [50, 51, 52, 2], pointer: [3, 3, 7, 9] };
  const { labels } = layOutAnswers([[plain, list], [list]], bucket, 1);
  expect([...(labels.data as Int32Array)]).toEqual([40, 41, 50, 51, 52, 2, 50, 51]);
  expect([...layOutPointers([[plain, list], [list]], bucket)]).toEqual([-1, -1, 3, 3, 7, 9, 3, 3]);
  expect([...layOutPointers([[plain]], bucket)]).toEqual(Array(8).fill(-1));
});
