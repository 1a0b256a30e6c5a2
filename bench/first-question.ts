/**
 * Time to the first token of a question about a picture, and of the next question about the same picture:
 *
 * * LLaVA-Mini against the LLaVA-1.5 layout (all patches as vision tokens, no pre-fusion), same weights, our engine;
 * * LLaVA-Mini against llama.cpp, which prefills as many tokens as the LLaVA layout has at 7B; its vision tower is not
 *   counted, ours is;
 * * the next question against computing everything again, as the reference does, and beside it the LLaVA layout with
 *   the picture's features kept, and with its keys and values kept.
 *
 *     node scripts/run-typescript.mjs bench/first-question.ts [MODEL] [--peer vicuna-7b|...|none] [--gguf FILE]
 *         [--threads 2] [--question 40] [--picture FILE] [--runs 5] [--json]
 *
 * Figures are medians over the runs; a ratio is the median of the ratios of runs next to each other.
 */
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { decodePicture } from '../src/media/index.ts';
import { patchGrid } from '../src/model/vision/index.ts';
import type { Engine } from '../src/runtime/engine.ts';
import type { MemoryData } from '../src/runtime/memory-data.ts';
import { preparePictures } from '../src/runtime/prepare.ts';
import { IMAGE_TOKEN } from '../src/text/index.ts';
import { busyNote, watchMachine } from './machine.ts';
import { median, table } from './median.ts';
import { numbers, times } from './numbers.ts';
import { benchModel, firstToken, loadEngine, storage } from './our-engine.ts';
import { loadPeer } from './peers/llama-cpp.ts';
import { peerFile } from './peers/peer-file.ts';
import { randomIds } from './prompts.ts';
import { describe, shape } from './shapes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: 'string', default: 'vicuna-7b' },
    gguf: { type: 'string' },
    threads: { type: 'string', default: '2' },
    question: { type: 'string', default: '40' },
    picture: { type: 'string', default: 'examples/pictures/cat.png' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const { peer: peerShape, gguf, picture: pictureFile, json, ...rest } = values;
const { threads, question, runs } = numbers(rest);
const dir = positionals[0] ?? 'runs/bench/llama-3.1-8b-q4';
const TARGETS = { first: 4, next: 10 };

const endWatch = await watchMachine();
const folder = await benchModel(dir);
const { config } = folder;
const { patches } = patchGrid(folder.vision);
const positions = patches + question + 1;
const mini = await loadEngine(folder, { threads, positions, layout: 'mini' });
// Decoding the file is the same for all; pixels leave it out.
const picture = await decodePicture(pictureFile);

/** Milliseconds. */
interface Phases {
  prepare: number;
  vision: number;
  prefusion: number;
  prefill: number;
  total: number;
}

let asked = 0;
const ask = (): number[] => [IMAGE_TOKEN, ...randomIds(config.vocabSize, question, `question ${asked++}`)];

/** From the picture's pixels to the first token. */
async function firstQuestion(engine: Engine): Promise<{ phases: Phases; memory: MemoryData }> {
  const ids = ask();
  const start = performance.now();
  const pixels = preparePictures(engine.folder, [picture]);
  const prepared = performance.now();
  const { memory, vision } = await engine.see(pixels, 1, 'bench');
  const embeddings = await engine.embed(ids, [memory]);
  const fused = performance.now();
  await firstToken(engine, embeddings);
  const end = performance.now();
  const phases = {
    prepare: prepared - start,
    vision,
    prefusion: fused - prepared - vision,
    prefill: end - fused,
    total: end - start,
  };
  return { phases, memory };
}

/**
 * Another question about a picture that was seen.
 *
 * @param keptPositions vision tokens whose keys and values are still in the cache's row
 */
async function nextQuestion(engine: Engine, memory: MemoryData, keptPositions = 0): Promise<Phases> {
  const ids = ask();
  const start = performance.now();
  const embeddings = await (keptPositions ? engine.embed(ids.slice(1), []) : engine.embed(ids, [memory]));
  const fused = performance.now();
  await firstToken(engine, embeddings, keptPositions);
  const end = performance.now();
  return { prepare: 0, vision: 0, prefusion: fused - start, prefill: end - fused, total: end - start };
}

/** Runs the cases in turns, forwards and backwards, with a pause in which the threads of the others come to rest. */
async function inTurns<K extends string>(cases: Record<K, () => Promise<Phases>>): Promise<Record<K, Phases[]>> {
  const names = Object.keys(cases) as K[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, Phases[]>;
  for (let run = -1; run < runs; run++)
    for (const name of run % 2 ? names.toReversed() : names) {
      await setTimeout(200);
      const phases = await cases[name]();
      if (run >= 0) measured[name].push(phases);
    }
  return measured;
}

const ratio = (slower: Phases[], faster: Phases[]): number => median(slower.map((p, i) => p.total / faster[i].total));

const llava = await loadEngine(folder, { threads, positions, layout: 'llava' });
const seen = {
  mini: (await firstQuestion(mini)).memory,
  llava: (await firstQuestion(llava)).memory,
};
const own = await inTurns({
  'mini, first': async () => (await firstQuestion(mini)).phases,
  'llava, first': async () => (await firstQuestion(llava)).phases,
  'mini, next': () => nextQuestion(mini, seen.mini),
  'llava, next, features kept': () => nextQuestion(llava, seen.llava),
  // The row still holds the picture's keys and values from the case before, whichever way round.
  'llava, next, keys and values kept': () => nextQuestion(llava, seen.llava, patches),
});
await llava.dispose();

/** llama.cpp beside ours; the other engine is gone by then, for three models would need much memory. */
async function againstPeer(): Promise<{
  name: string;
  shape: string;
  file: string;
  measured: Record<string, Phases[]>;
}> {
  const peerConfig = shape(peerShape);
  const file = await peerFile(gguf ?? `runs/bench/${peerShape}.gguf`, peerConfig);
  const peer = await loadPeer(file, { threads, contextSize: positions });
  const prefill = async (count: number, kept: number): Promise<Phases> => {
    const ids = randomIds(peerConfig.vocabSize, count, `peer ${asked++}`);
    const { firstToken } = await peer.generate(ids, 1, kept);
    return { prepare: 0, vision: 0, prefusion: 0, prefill: firstToken, total: firstToken };
  };
  await prefill(patches + question, 0);
  const measured = await inTurns({
    'mini, first': async () => (await firstQuestion(mini)).phases,
    'peer, first': () => prefill(patches + question, 0),
    'mini, next': () => nextQuestion(mini, seen.mini),
    'peer, next, keys and values kept': () => prefill(question, patches),
  });
  await peer.dispose();
  return { name: `${peer.name}, q4_0`, shape: `${peerShape}: ${describe(peerConfig)}`, file, measured };
}
const peer = peerShape === 'none' ? null : await againstPeer();
await mini.dispose();

const machine = await endWatch();

const medians = (measured: Record<string, Phases[]>): Record<string, Phases> =>
  Object.fromEntries(
    Object.entries(measured).map(([name, list]) => [
      name,
      Object.fromEntries(Object.keys(list[0]).map((k) => [k, median(list.map((p) => p[k as keyof Phases]))])),
    ]),
  ) as unknown as Record<string, Phases>;

const report = {
  bench: 'first-question',
  model: dir,
  shape: describe(config),
  weights: await storage(dir),
  machine,
  threads,
  runs,
  visionTokens: { mini: config.compressorSize ** 2, llava: patches },
  questionTokens: question,
  milliseconds: medians(own),
  ratio: {
    firstLlavaToMini: ratio(own['llava, first'], own['mini, first']),
    nextRecomputedToMini: ratio(own['mini, first'], own['mini, next']),
    nextLlavaRecomputedToMini: ratio(own['llava, first'], own['mini, next']),
    nextLlavaFeaturesKeptToMini: ratio(own['llava, next, features kept'], own['mini, next']),
    nextLlavaKeysAndValuesKeptToMini: ratio(own['llava, next, keys and values kept'], own['mini, next']),
  },
  targets: TARGETS,
  peer: peer && {
    name: peer.name,
    shape: peer.shape,
    file: peer.file,
    tokens: patches + question,
    milliseconds: medians(peer.measured),
    ratio: {
      firstToMini: ratio(peer.measured['peer, first'], peer.measured['mini, first']),
      nextKeysAndValuesKeptToMini: ratio(
        peer.measured['peer, next, keys and values kept'],
        peer.measured['mini, next'],
      ),
    },
  },
};

if (json) console.log(JSON.stringify(report, null, 2));
else {
  const print = (milliseconds: Record<string, Phases>): void => {
    const rows = Object.entries(milliseconds).map(([name, p]) => [name, ...Object.values(p).map((v) => v.toFixed(1))]);
    console.log(table([['milliseconds', 'resize', 'vision', 'pre-fusion', 'prefill', 'first token'], ...rows]));
  };
  const line = (what: string, value: number, target?: number): void =>
    console.log(`${what.padEnd(72)} ${times(value).padStart(9)}${target ? `   target ≥ ${times(target)}` : ''}`);
  console.log(`${dir} (${report.weights}): ${report.shape}`);
  if (!machine.quiet) console.log(busyNote(machine.busy));
  console.log(
    `${threads} threads, ${patches} patches → ${report.visionTokens.mini} vision token(s), question of ${question} tokens, medians of ${runs} runs in turns\n`,
  );
  print(report.milliseconds);
  console.log('');
  line('first question: LLaVA layout / LLaVA-Mini', report.ratio.firstLlavaToMini, TARGETS.first);
  line('next question: everything again / LLaVA-Mini', report.ratio.nextRecomputedToMini, TARGETS.next);
  line('next question: LLaVA layout, everything again / LLaVA-Mini', report.ratio.nextLlavaRecomputedToMini);
  line('next question: LLaVA layout, features kept / LLaVA-Mini', report.ratio.nextLlavaFeaturesKeptToMini);
  line('next question: LLaVA layout, keys and values kept / LLaVA-Mini', report.ratio.nextLlavaKeysAndValuesKeptToMini);
  if (report.peer) {
    const { name, shape, file, tokens, milliseconds, ratio } = report.peer;
    console.log(`\nagainst ${name}, ${shape}, ${file}, prefill of ${tokens} tokens without a vision tower\n`);
    print(milliseconds);
    console.log('');
    line('first question: llama.cpp / LLaVA-Mini with its vision tower', ratio.firstToMini, TARGETS.first);
    line('next question: llama.cpp, keys and values kept / LLaVA-Mini', ratio.nextKeysAndValuesKeptToMini);
  }
}
