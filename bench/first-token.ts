/**
 * Time to the first token of an answer about a picture, phase by phase: one vision token with pre-fusion against all
 * patches as vision tokens without it (the LLaVA layout), the same weights in the same engine, in turns; and a second
 * question about the same picture.
 *
 * node scripts/run-typescript.mjs bench/first-token.ts [MODEL] [--runs N] [--picture FILE] [--threads N]
 *
 * The figures are medians over the runs; a ratio is the median of the ratios of runs next to each other.
 */
import { parseArgs } from 'node:util';
import { decodePicture } from '../src/media/index.ts';
import type { Timings } from '../src/runtime/answer.ts';
import { LlavaMini } from '../src/runtime/llava-mini.ts';
import { median, table } from './median.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '21' },
    picture: { type: 'string', default: 'examples/pictures/cat.png' },
    threads: { type: 'string' },
  },
});
const runs = Number(values.runs);
const question = 'What is in this picture, what colour is it, and where in the picture is it?';
const again = 'How many of them are there, and what else can be seen?';

const load = (layout: 'mini' | 'llava'): Promise<LlavaMini> =>
  LlavaMini.load(positionals[0], {
    engine: 'inline',
    threads: values.threads ? Number(values.threads) : undefined,
    tuning: { layout },
  });
const models = { mini: await load('mini'), llava: await load('llava') };
// Decoding the file is the same for both; pixels that are decoded leave it out.
const picture = await decodePicture(values.picture);

type Kind = 'mini' | 'llava' | 'mini, second question' | 'llava, second question';
const measured: Record<Kind, Timings[]> = {
  mini: [],
  llava: [],
  'mini, second question': [],
  'llava, second question': [],
};

for (let run = -3; run < runs; run++)
  for (const layout of run % 2 ? (['llava', 'mini'] as const) : (['mini', 'llava'] as const)) {
    const model = models[layout];
    // Another question first, so that the prompt cache is of no use to the one that is measured.
    await model.ask(null, 'hello', { maxTokens: 1 });
    const first = await model.ask(picture, question, { maxTokens: 1 });
    const memory = await model.see(picture);
    await model.ask(null, 'hello', { maxTokens: 1 });
    const second = await model.ask(memory, again, { maxTokens: 1 });
    if (run < 0) continue;
    measured[layout].push(first.timings);
    measured[`${layout}, second question`].push(second.timings);
  }

const phases = ['prepare', 'vision', 'prefusion', 'prefill', 'firstToken'] as const;
const titles = ['resize', 'vision', 'pre-fusion', 'prefill', 'first token'];
const rows = Object.entries(measured).map(([kind, timings]) => [
  kind,
  ...phases.map((phase) => median(timings.map((t) => t[phase])).toFixed(2)),
]);
console.log(
  `${models.mini.info.dir}: ${models.llava.info.visionTokens} patches → ${models.mini.info.visionTokens} vision token(s)`,
);
console.log(`milliseconds, medians of ${runs} runs\n`);
console.log(table([['', ...titles], ...rows]));

const ratio = (a: Kind, b: Kind, phase: (t: Timings) => number): string =>
  median(measured[a].map((t, i) => phase(t) / phase(measured[b][i]))).toFixed(2);
const afterVision = (t: Timings): number => t.prefusion + t.prefill;
console.log('');
console.log(`first question, LLaVA layout / LLaVA-Mini:            ${ratio('llava', 'mini', (t) => t.firstToken)} ×`);
console.log(`  the same without vision tower and resizing:          ${ratio('llava', 'mini', afterVision)} ×`);
console.log(
  `second question, LLaVA layout with kept features:      ${ratio('llava, second question', 'mini, second question', (t) => t.firstToken)} ×`,
);
console.log(
  `LLaVA-Mini, first question / second question:          ${ratio('mini', 'mini, second question', (t) => t.firstToken)} ×`,
);
await Promise.all(Object.values(models).map((model) => model.dispose()));
