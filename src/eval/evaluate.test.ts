import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TinyModel, writeTinyModel } from '../../test/support/tiny-model.ts';
import { evaluateModel } from './evaluate.ts';
import { isRight } from './normalise.ts';
import { pictograms } from './pictograms.ts';

let model: TinyModel;
beforeAll(async () => {
  model = await writeTinyModel();
});
afterAll(() => model?.remove());

const options = { set: 'facebook', limit: 7, threads: 1 };

describe('evaluateModel', () => {
  it('asks about pictures in a style of its own and counts exact answers', async () => {
    const progress: string[] = [];
    const result = await evaluateModel(model.dir, {
      ...options,
      onProgress: ({ done, all }) => progress.push(`${done}/${all}`),
    });
    expect(progress).toEqual(Array.from({ length: 7 }, (_, i) => `${i + 1}/7`));
    expect(result).toMatchObject({ model: model.dir, set: 'facebook', strength: 0, kinds: { name: { total: 7 } } });
    const { right } = result.kinds.name;
    expect(result.average).toBeCloseTo(right / 7, 10);
    // Weights drawn at random know no names.
    expect(right).toBeLessThan(3);
    expect(result.wrong).toHaveLength(5);
    for (const { kind, seed, question, answer, expected } of result.wrong) {
      expect(kind).toBe('name');
      expect(seed).toMatch(/^evaluation\/facebook\/\d+$/);
      expect(question).not.toBe('');
      expect(isRight(answer, { kind: 'name', answer: expected, accepted: [] })).toBe(false);
    }
    expect(new Set(result.wrong.map((w) => w.expected)).size).toBeGreaterThan(1);
    expect(await evaluateModel(model.dir, options)).toEqual(result);
    const other = await evaluateModel(model.dir, { ...options, seed: 'another' });
    expect(other.wrong.map((w) => w.expected)).not.toEqual(result.wrong.map((w) => w.expected));
    // Same things, drawn otherwise: what is asked stays, what is seen does not.
    const changed = await evaluateModel(model.dir, { ...options, strength: 1 });
    expect(changed).toMatchObject({ strength: 1 });
    expect(changed.wrong.map((w) => w.answer)).not.toEqual(result.wrong.map((w) => w.answer));
  });

  it('shows every drawing of a style never seen once, in an order of the seed', async () => {
    const names = async (seed: string): Promise<string[]> => {
      const { all, draw } = await pictograms('facebook', 0, seed);
      const found: string[] = [];
      for await (const { questions } of draw(16))
        found.push(questions.map(([, { answer, accepted }]) => [answer, ...accepted].sort().join()).join());
      expect(found).toHaveLength(all);
      return found;
    };
    const [one, other] = [await names('one'), await names('other')];
    expect(one.length).toBe(849);
    expect(one).not.toEqual(other);
    // Of 849 drawings some have one name, such as moons.
    expect(new Set(one)).toEqual(new Set(other));
    expect(new Set(one).size).toBeGreaterThan(600);
  });

  it('draws as many pixels as the tower takes, or as it is told', async () => {
    const result = await evaluateModel(model.dir, { ...options, limit: 3 });
    const { image_size: side } = JSON.parse(await readFile(join(model.dir, 'vision_tower', 'config.json'), 'utf8'));
    expect(result.size).toBe(side);
    expect(await evaluateModel(model.dir, { ...options, limit: 3, size: side })).toEqual(result);
    const fine = await evaluateModel(model.dir, { ...options, limit: 3, size: 2 * side });
    expect(fine.size).toBe(2 * side);
    expect(fine.wrong.map((w) => w.expected)).toEqual(result.wrong.map((w) => w.expected));
    for (const set of ['facebook', 'seen'] as const) {
      const { value } = await (await pictograms(set, 0.3, 'sizes')).draw(2 * side).next();
      expect(value.picture).toMatchObject({ width: 2 * side, height: 2 * side, data: { length: 12 * side ** 2 } });
    }
  });

  it('asks about photographs of a folder, for a sentence and for a word', async () => {
    const named = [
      { file: 'cat.png', names: ['cat'] },
      { file: 'coffee.png', names: ['violin'] },
    ];
    const photographs = { set: 'photographs', threads: 1, pictures: { folder: 'examples/pictures', named } };
    const result = await evaluateModel(undefined, photographs);
    expect(result.kinds).toEqual({ sentence: { right: 1, total: 2 }, word: { right: 1, total: 2 } });
    expect(result.wrong.map(({ seed, expected }) => [seed, expected])).toEqual(
      Array.from({ length: 2 }, () => ['coffee.png', 'violin']),
    );
    expect((await evaluateModel(undefined, { ...photographs, limit: 1 })).average).toBe(1);
    const none = {
      ...photographs,
      pictures: { folder: 'examples/pictures', named: [{ file: 'dog.png', names: ['dog'] }] },
    };
    await expect(evaluateModel(undefined, none)).rejects.toMatchObject({ code: 'not-found' });
    const text = { ...photographs, pictures: { folder: '.', named: [{ file: 'README.md', names: ['text'] }] } };
    await expect(evaluateModel(undefined, text)).rejects.toMatchObject({ code: 'bad-data' });
  });

  it('stops when it is told to, before and within', async () => {
    const signal = AbortSignal.abort(new Error('never'));
    await expect(evaluateModel(model.dir, { ...options, signal })).rejects.toThrow('never');
    const stop = new AbortController();
    const done: number[] = [];
    const onProgress = (p: { done: number }): void => {
      done.push(p.done);
      if (p.done === 2) stop.abort(new Error('enough'));
    };
    await expect(evaluateModel(model.dir, { ...options, signal: stop.signal, onProgress })).rejects.toThrow('enough');
    expect(done).toEqual([1, 2]);
  });

  it('tells of sets and limits that are none, and of a model that is not there', async () => {
    const bad = (change: object) => expect(evaluateModel(model.dir, { ...options, ...change })).rejects;
    await bad({ set: 'photos' }).toMatchObject({ code: 'bad-argument', hint: expect.stringContaining('openmoji') });
    for (const limit of [0, -1, 1.5, Number.NaN]) await bad({ limit }).toMatchObject({ code: 'bad-argument' });
    for (const strength of [-0.1, 1.1, Number.NaN]) await bad({ strength }).toMatchObject({ code: 'bad-argument' });
    for (const size of [15, 4097, 20.5, Number.NaN]) await bad({ size }).toMatchObject({ code: 'bad-argument' });
    await expect(evaluateModel('/nowhere', options)).rejects.toMatchObject({ code: 'not-found' });
  });
});
