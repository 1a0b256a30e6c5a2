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
import { KindsByWay } from './kinds-by-way.ts';
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
const scores = new KindsByWay(WAYS);
try {
  let looked = 0;
  const { draw } = await pictograms('seen', 0.3, 'follow-ups');
  for await (const { picture, questions } of draw(model.info.vision.imageSize)) {
    if (looked++ === pictures) break;
    const memory = await model.see(picture);
    for (const [i, [kind, question]] of questions.entries()) {
      const others = [1, 2, 3].map((on) => questions[(i + on) % questions.length][1].question);
      const right: boolean[] = [];
      for (const before of [[], [USUAL], others.slice(0, 1), others]) {
        const talk = model.conversation({ maxTokens: 48 });
        await talk.show(memory);
        for (const earlier of before) await talk.ask(earlier).result;
        const { text } = await talk.ask(question.question).result;
        right.push(isRight(text, question));
      }
      scores.add(kind, right);
    }
    memory.dispose();
  }
} finally {
  await model.dispose();
}
scores.print(pictures, json);
