/**
 * The same questions about the same new pictures, in the words that evaluation uses and in words that nothing in
 * training asks with (`src/eval/untaught-words.ts`): how many are answered rightly, kind by kind.
 *
 *     node scripts/run-typescript.mjs bench/own-words.ts [MODEL] [--pictures 200] [--threads 2] [--json]
 *
 * Needs the icon sets (development dependencies).
 */
import { parseArgs } from 'node:util';
import { isRight } from '../src/eval/normalise.ts';
import { pictograms } from '../src/eval/pictograms.ts';
import { UNTAUGHT } from '../src/eval/untaught-words.ts';
import { LlavaMini } from '../src/runtime/llava-mini.ts';
import { reword } from '../src/train/pictograms/reword.ts';
import { Random } from '../src/util/random.ts';
import { table } from './median.ts';
import { numbers } from './numbers.ts';

const WAYS = ['usual words', 'own words'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'string', default: '200' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const { json, ...rest } = values;
const { pictures, threads } = numbers(rest);

const model = await LlavaMini.load(positionals[0], { threads });
const kinds: Record<string, { questions: number; right: number[] }> = {};
try {
  let looked = 0;
  const { draw } = await pictograms('seen', 0.3, 'own-words');
  for await (const { name, picture, questions } of draw(model.info.vision.imageSize)) {
    if (looked++ === pictures) break;
    const random = new Random(`${name}/own-words`);
    const memory = await model.see(picture);
    for (const [kind, question] of questions) {
      if (question.wording === undefined || !UNTAUGHT.wordings.has(question.wording.templates)) continue;
      kinds[kind] ??= { questions: 0, right: WAYS.map(() => 0) };
      kinds[kind].questions++;
      for (const [way, asked] of [question, reword(question, random, UNTAUGHT)].entries()) {
        const { text } = await model.ask(memory, asked.question, { maxTokens: 48 });
        kinds[kind].right[way] += Number(isRight(text, question));
      }
    }
    memory.dispose();
  }
} finally {
  await model.dispose();
}
const all = Object.values(kinds);
const sum = (of: (kind: (typeof all)[number]) => number): number => all.reduce((total, kind) => total + of(kind), 0);
const total = { questions: sum((kind) => kind.questions), right: WAYS.map((_, way) => sum((kind) => kind.right[way])) };
if (json) console.log(JSON.stringify({ pictures, ways: WAYS, kinds, total }, null, 2));
else
  console.log(
    table([
      ['kind', 'questions', ...WAYS],
      ...Object.entries({ ...kinds, all: total }).map(([kind, { questions, right }]) => [
        kind,
        String(questions),
        ...right.map((count) => `${((100 * count) / questions).toFixed(1)} %`),
      ]),
    ]),
  );
