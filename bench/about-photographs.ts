/**
 * What else than its name is known of a photograph of one thing: whether it is there, how many there are, where, and
 * that another thing is not there. Of 269 photographs, each question asked with the first of the names written down
 * for it, or for another photograph.
 *
 *     node scripts/run-typescript.mjs bench/about-photographs.ts [MODEL] [--pictures FOLDER] [--threads 2] [--json]
 *
 * Needs Debian's tuxpaint-stamps-default, or `--pictures` with the path of its `stamps`.
 */
import { parseArgs } from 'node:util';
import { PHOTOGRAPHS } from '../src/eval/photograph-names.ts';
import { photographs, STAMPS_FOLDER } from '../src/eval/photographs.ts';
import { LlavaMini } from '../src/runtime/llava-mini.ts';
import { articleOf } from '../src/train/pictograms/names.ts';
import { table } from './median.ts';
import { numbers } from './numbers.ts';

/** What is asked, by the name of the thing or of another one, and how a right answer begins or what it says. */
const ASKED: Record<string, { of: 'thing' | 'other'; ask(name: string): string; right: RegExp }> = {
  'it is there': { of: 'thing', ask: (name) => `Is there ${a(name)} in the picture?`, right: /^yes\b/i },
  'another is not': { of: 'other', ask: (name) => `Is there ${a(name)} in the picture?`, right: /^no\b/i },
  'how many': { of: 'thing', ask: (name) => `How many ${name}s are there?`, right: /^(there is )?(only )?(one|1)\b/i },
  where: { of: 'thing', ask: (name) => `Where is the ${name}?`, right: /\b(center|centre|middle)\b/i },
  'where is another': { of: 'other', ask: (name) => `Where is the ${name}?`, right: /^there (is|are) no /i },
};

const a = (name: string): string => `${articleOf(name)} ${name}`;
const isPlural = (name: string): boolean => /[^su]s$/.test(name);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'string', default: STAMPS_FOLDER },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const { json, pictures, ...rest } = values;
const { threads } = numbers(rest);

/** The next photograph, half a list further on, that no name of this one would do for. */
function anotherThan(index: number): string {
  const { names } = PHOTOGRAPHS[index];
  for (let i = Math.floor(PHOTOGRAPHS.length / 2); ; i++) {
    const other = PHOTOGRAPHS[(index + i) % PHOTOGRAPHS.length].names;
    if (!other.some((name) => names.includes(name)) && !isPlural(other[0])) return other[0];
  }
}

const model = await LlavaMini.load(positionals[0], { threads });
const kinds: Record<string, { questions: number; right: number }> = {};
try {
  const show = await photographs(pictures);
  let index = 0;
  for await (const { picture } of show()) {
    const { names } = PHOTOGRAPHS[index];
    const other = anotherThan(index++);
    // "Where is the scissors?" is no question.
    if (isPlural(names[0])) continue;
    const memory = await model.see(picture);
    for (const [kind, { of, ask, right }] of Object.entries(ASKED)) {
      const name = of === 'thing' ? names[0] : other;
      const { text } = await model.ask(memory, ask(name), { maxTokens: 48 });
      kinds[kind] ??= { questions: 0, right: 0 };
      kinds[kind].questions++;
      kinds[kind].right += Number(right.test(text));
    }
    memory.dispose();
  }
} finally {
  await model.dispose();
}
if (json) console.log(JSON.stringify(kinds, null, 2));
else
  console.log(
    table([
      ['asked', 'questions', 'right'],
      ...Object.entries(kinds).map(([kind, { questions, right }]) => [
        kind,
        String(questions),
        `${((100 * right) / questions).toFixed(1)} %`,
      ]),
    ]),
  );
