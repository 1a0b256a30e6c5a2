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
import { KindsByWay } from './kinds-by-way.ts';
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
const scores = new KindsByWay(WAYS);
try {
  let looked = 0;
  const { draw } = await pictograms('seen', 0.3, 'own-words');
  for await (const { name, picture, questions } of draw(model.info.vision.imageSize)) {
    if (looked++ === pictures) break;
    const random = new Random(`${name}/own-words`);
    const memory = await model.see(picture);
    for (const [kind, question] of questions) {
      if (question.wording === undefined || !UNTAUGHT.wordings.has(question.wording.templates)) continue;
      const right: boolean[] = [];
      for (const asked of [question, reword(question, random, UNTAUGHT)]) {
        const { text } = await model.ask(memory, asked.question, { maxTokens: 48 });
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
