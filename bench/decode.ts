/**
 * Tokens a second of a model's language model, prefill and decode, against llama.cpp with a random GGUF file of the
 * same shape: same prompt, same number of threads, greedy both, in turns.
 *
 *     node scripts/run-typescript.mjs bench/decode.ts [MODEL] [--quant q4_0|q4_k_m] [--gguf FILE] [--threads 2]
 *         [--prompt 512] [--generate 64] [--runs 5] [--json]
 *
 * Figures are medians over the runs; a ratio is the median of the ratios of runs next to each other.
 */
import { basename, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LlavaMiniError } from '../src/errors.ts';
import { busyNote, watchMachine } from './machine.ts';
import { median, table } from './median.ts';
import { numbers, times } from './numbers.ts';
import { benchModel, firstToken, loadEngine, nextToken, storage } from './our-engine.ts';
import { GGUF_QUANTS } from './peers/gguf.ts';
import { loadPeer } from './peers/llama-cpp.ts';
import { peerFile } from './peers/peer-file.ts';
import { randomIds } from './prompts.ts';
import { describe } from './shapes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quant: { type: 'string', default: 'q4_0' },
    gguf: { type: 'string' },
    threads: { type: 'string', default: '2' },
    prompt: { type: 'string', default: '512' },
    generate: { type: 'string', default: '64' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const { quant: asked, gguf, json, ...rest } = values;
const quant = GGUF_QUANTS.find((known) => known === asked);
if (quant === undefined)
  throw new LlavaMiniError('bad-argument', `--quant must be ${GGUF_QUANTS.join(' or ')}, not ${asked}`);
const { threads, prompt, generate, runs } = numbers(rest);
const TARGET = 1.1;
const dir = positionals[0] ?? 'runs/bench/llama-1b-q4';

const endWatch = await watchMachine();
const positions = prompt + generate + 1;
const folder = await benchModel(dir);
const engine = await loadEngine(folder, { threads, positions });
const { config } = folder;
const file = `${basename(resolve(dir))}${quant === 'q4_0' ? '' : `.${quant}`}.gguf`;
const path = await peerFile(gguf ?? join('runs/bench', file), { ...config, quant });
const peer = await loadPeer(path, { threads, contextSize: positions });

interface Speed {
  prefill: number;
  decode: number;
}

/** From the prompt's ids to the first token, and `generate` tokens after it. */
async function ours(ids: number[]): Promise<Speed> {
  const start = performance.now();
  let id = await firstToken(engine, await engine.embed(ids, []));
  const first = performance.now();
  for (let i = 0; i < generate; i++) id = await nextToken(engine, id, prompt + i);
  return speed(first - start, performance.now() - first);
}

async function theirs(ids: number[]): Promise<Speed> {
  const { firstToken, rest } = await peer.generate(ids, generate + 1);
  return speed(firstToken, rest);
}

const speed = (first: number, rest: number): Speed => ({
  prefill: (1000 * prompt) / first,
  decode: (1000 * generate) / rest,
});

const measured: { ours: Speed[]; peer: Speed[] } = { ours: [], peer: [] };
for (let run = -1; run < runs; run++) {
  const ids = randomIds(config.vocabSize, prompt, `prompt ${run}`);
  for (const who of run % 2 ? (['peer', 'ours'] as const) : (['ours', 'peer'] as const)) {
    // Threads that still wait busily for more work of the other engine would be in the way.
    await setTimeout(200);
    const result = await (who === 'ours' ? ours : theirs)(ids);
    if (run >= 0) measured[who].push(result);
  }
}
await peer.dispose();
await engine.dispose();

const machine = await endWatch();

const middle = (speeds: Speed[], phase: keyof Speed): number => median(speeds.map((s) => s[phase]));
const ratio = (phase: keyof Speed): number => median(measured.ours.map((s, i) => s[phase] / measured.peer[i][phase]));
const report = {
  bench: 'decode',
  model: dir,
  shape: describe(config),
  weights: await storage(dir),
  machine,
  peer: peer.name,
  peerFile: path,
  peerQuant: quant,
  threads,
  prompt,
  generate,
  runs,
  tokensPerSecond: {
    ours: { prefill: middle(measured.ours, 'prefill'), decode: middle(measured.ours, 'decode') },
    peer: { prefill: middle(measured.peer, 'prefill'), decode: middle(measured.peer, 'decode') },
  },
  ratio: { prefill: ratio('prefill'), decode: ratio('decode') },
  target: TARGET,
};
if (json) console.log(JSON.stringify(report, null, 2));
else {
  console.log(`${dir} (${report.weights}): ${report.shape}`);
  if (!machine.quiet) console.log(busyNote(machine.busy));
  console.log(`against ${peer.name}, ${quant}, ${path}`);
  console.log(
    `${threads} threads, prompt of ${prompt} tokens, ${generate} generated, medians of ${runs} runs in turns\n`,
  );
  const row = (name: string, { prefill, decode }: Speed): string[] => [name, prefill.toFixed(1), decode.toFixed(1)];
  console.log(
    table([
      ['tokens a second', 'prefill', 'decode'],
      row('llava-mini', report.tokensPerSecond.ours),
      row('node-llama-cpp', report.tokensPerSecond.peer),
      ['ratio', times(report.ratio.prefill), times(report.ratio.decode)],
      ['target', `≥ ${times(TARGET)}`, `≥ ${times(TARGET)}`],
    ]),
  );
}
