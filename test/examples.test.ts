import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LlavaMini } from '../src/index.ts';

interface ExampleQuestion {
  picture: string;
  question: string;
  /** A right answer has one of each group's words. */
  says: string[][];
  /** Words that would make it wrong all the same. */
  never?: string[];
  /** The packaged weights must answer it rightly. */
  mastered?: boolean;
}

const PICTURES = 'examples/pictures';
const questions: ExampleQuestion[] = JSON.parse(await readFile(`${PICTURES}/questions.json`, 'utf8'));

let model: LlavaMini;
beforeAll(async () => {
  model = await LlavaMini.load();
});
afterAll(() => model?.dispose());

test('there is a question about every picture', async () => {
  const pictures = (await readdir(PICTURES)).filter((name) => /\.(png|jpe?g|webp)$/.test(name));
  expect([...new Set(questions.map(({ picture }) => picture))].sort()).toEqual(pictures.sort());
  expect(pictures.filter((name) => name.startsWith('made-')).length).toBeGreaterThanOrEqual(12);
});

/** Every question marked `mastered` must be right; new weights may gain and lose some, and the log says which. */
test.each(questions.filter((q) => q.mastered))(
  'nano answers rightly: $picture, $question',
  async ({ picture, question, says, never = [] }) => {
    const { text } = await model.ask(`${PICTURES}/${picture}`, question, { maxTokens: 60 });
    const words = ` ${text.toLowerCase().replace(/[^a-z0-9]+/g, ' ')} `;
    for (const group of says)
      expect(
        group.some((word) => words.includes(` ${word} `)),
        text,
      ).toBe(true);
    for (const word of never) expect(words).not.toContain(` ${word} `);
  },
);

test('the question of the README is among those that must be right', () => {
  expect(questions.filter((q) => q.mastered).map((q) => q.picture)).toContain('cat.png');
});
