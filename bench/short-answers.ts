/**
 * The same questions about the same new pictures, asked for a sentence, for a word, and in LLaVA's own words for one:
 * how many are answered rightly, kind by kind. Only questions that have a short answer.
 *
 *     node scripts/run-typescript.mjs bench/short-answers.ts [MODEL] [--pictures 300] [--threads 2] [--json]
 *
 * Needs the icon sets (development dependencies).
 */
import { parseArgs } from 'node:util';
import { isRight } from '../src/eval/normalise.ts';
import { pictograms } from '../src/eval/pictograms.ts';
import { LlavaMini } from '../src/runtime/llava-mini.ts';
import { SHORT_SUFFIXES } from '../src/train/pictograms/questions-wording.ts';
import { table } from './median.ts';
import { numbers } from './numbers.ts';

const WORDINGS = {
  sentence: '',
  word: ' Answer in one word.',
  'LLaVA’s': ' Answer the question using a single word or phrase.',
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'string', default: '300' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const { json, ...rest } = values;
const { pictures, threads } = numbers(rest);

const model = await LlavaMini.load(positionals[0], { threads });
const kinds: Record<string, { questions: number; right: Record<string, number> }> = {};
try {
  let looked = 0;
  const { draw } = await pictograms('seen', 0.3, 'shorts');
  for await (const { picture, questions } of draw(model.info.vision.imageSize)) {
    if (looked++ === pictures) break;
    const memory = await model.see(picture);
    for (const [kind, question] of questions) {
      const answers = [question.answer, ...question.accepted];
      if (kind === 'text' || !answers.some((answer) => /^([a-z]|(Yes|No|[A-D])$)/.test(answer))) continue;
      const suffix = SHORT_SUFFIXES.find((text) => question.question.endsWith(` ${text}`));
      const plain = suffix ? question.question.slice(0, -suffix.length - 1) : question.question;
      kinds[kind] ??= { questions: 0, right: {} };
      kinds[kind].questions++;
      for (const [name, wording] of Object.entries(WORDINGS)) {
        const { text } = await model.ask(memory, plain + wording, { maxTokens: 48 });
        kinds[kind].right[name] = (kinds[kind].right[name] ?? 0) + Number(isRight(text, question));
      }
    }
    memory.dispose();
  }
} finally {
  await model.dispose();
}
const names = Object.keys(WORDINGS);
if (json) console.log(JSON.stringify({ pictures, kinds }, null, 2));
else
  console.log(
    table([
      ['kind', 'questions', ...names],
      ...Object.entries(kinds).map(([kind, { questions, right }]) => [
        kind,
        String(questions),
        ...names.map((name) => `${((100 * right[name]) / questions).toFixed(1)} %`),
      ]),
    ]),
  );
