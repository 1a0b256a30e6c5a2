import { expect, test } from 'vitest';
import { Random } from '../util/random.ts';
import { favouredQuestions } from './favoured-questions.ts';
import { asksForWord } from './pictograms/questions-name.ts';
import type { Scene, SceneObject } from './pictograms/types.ts';

const object = (concept: string, box: SceneObject['box']): SceneObject => ({
  concept,
  style: 'test',
  box,
  colour: null,
  hidden: 0,
});

const scene: Scene = {
  seed: 'favoured',
  size: 256,
  background: { kind: 'plain', colour: 'blue' },
  objects: [object('cat', [0, 0, 0.5, 0.5]), object('banana', [0.6, 0.6, 0.8, 0.8])],
  lettering: null,
};

/** How often each kind is the first question, of 400 times. */
function firsts(favour: Parameters<typeof favouredQuestions>[2]): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < 400; i++) {
    const [{ kind }] = favouredQuestions(scene, new Random(`favoured/${i}`), favour);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

test('a favoured kind comes first as often as told, and twice; the others keep their places', () => {
  const usual = firsts({});
  const favoured = firsts({ bigger: 4 });
  const kinds = usual.size;
  expect(kinds).toBeGreaterThan(6);
  expect((usual.get('bigger') ?? 0) / 400).toBeCloseTo(1 / kinds, 1);
  expect((favoured.get('bigger') ?? 0) / 400).toBeCloseTo(8 / (kinds + 7), 1);
  const asked = favouredQuestions(scene, new Random('once'), { bigger: 4 }).map(({ kind }) => kind);
  expect(asked.filter((kind) => kind === 'bigger')).toHaveLength(2);
  expect(asked.filter((kind) => kind === 'where')).toHaveLength(1);
});

test('questions for a word can be favoured too', () => {
  const short = (favour: Parameters<typeof favouredQuestions>[2]): number => {
    const asked = Array.from({ length: 400 }, (_, i) => favouredQuestions(scene, new Random(`short/${i}`), favour)[0]);
    return asked.filter(({ question }) => asksForWord(question)).length / 400;
  };
  expect(short({})).toBeLessThan(0.3);
  expect(short({ short: 4 })).toBeGreaterThan(1.6 * short({}));
});

test('what does not fit a picture is not asked, however favoured', () => {
  const asked = favouredQuestions(scene, new Random('text'), { text: 9 });
  expect(asked.filter(({ kind }) => kind === 'text')).toEqual([]);
});
