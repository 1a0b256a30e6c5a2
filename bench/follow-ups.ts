/**
 * The same questions about the same new pictures, asked alone and in a conversation, after "What is in the picture?",
 * after another question about the picture and after three others: how many are answered rightly, kind by kind.
 *
 *     node scripts/run-typescript.mjs bench/follow-ups.ts [MODEL] [--pictures 100] [--threads 2] [--json]
 *
 * Needs the icon sets (development dependencies).
 */
import { parseArgs } from 'node:util';
import { isRight } from '../src/eval/normalise.ts';
import { pictograms } from '../src/eval/pictograms.ts';
import { LlavaMini } from '../src/runtime/llava-mini.ts';
import { table } from './median.ts';
import { numbers } from './numbers.ts';

const USUAL = 'What is in the picture?';
const WAYS = ['alone', `after “${USUAL}”`, 'after another', 'after three others'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'string', default: '100' },
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
  const { draw } = await pictograms('seen', 0.3, 'follow-ups');
  for await (const { picture, questions } of draw(model.info.vision.imageSize)) {
    if (looked++ === pictures) break;
    const memory = await model.see(picture);
    for (const [i, [kind, question]] of questions.entries()) {
      const others = [1, 2, 3].map((on) => questions[(i + on) % questions.length][1].question);
      kinds[kind] ??= { questions: 0, right: WAYS.map(() => 0) };
      kinds[kind].questions++;
      for (const [way, before] of [[], [USUAL], others.slice(0, 1), others].entries()) {
        const talk = model.conversation({ maxTokens: 48 });
        await talk.show(memory);
        for (const earlier of before) await talk.ask(earlier).result;
        const { text } = await talk.ask(question.question).result;
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
