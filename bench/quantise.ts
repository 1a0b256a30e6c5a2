/**
 * What each scheme of quantisation costs and keeps, on a trained model: bytes, error of the weights, and how far the
 * next token's probabilities move from float32's on generated questions about generated pictures.
 *
 *     node scripts/run-typescript.mjs bench/quantise.ts [MODEL] [--questions 100] [--answer 12] [--decode 64]
 *         [--rounds 5] [--threads 2] [--json]
 *
 * Every model reads float32's own greedy answer, so all are asked for the same next tokens. KL is in nats, the mean
 * over all positions; top-1 is the share of positions where the likeliest token is the same. Weight error is the
 * root-mean-square difference of all matrices that are stored in blocks, relative to their size, beside plain rounding
 * to each block's largest value. Needs the icon sets (development dependencies).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCheckpoint } from '../src/checkpoint/checkpoint.ts';
import { quantiseRows } from '../src/checkpoint/quantise/index.ts';
import { convertModel } from '../src/folder/convert.ts';
import type { ConvertOptions } from '../src/folder/convert-options.ts';
import type { Manifest } from '../src/folder/manifest.ts';
import { readModelFolder } from '../src/folder/model-folder.ts';
import { openWeights } from '../src/folder/model-weights.ts';
import { dequantiseRow } from '../src/graph/index.ts';
import type { Picture } from '../src/media/index.ts';
import type { Engine } from '../src/runtime/engine.ts';
import { conversationOf } from '../src/runtime/load-options.ts';
import { preparePictures } from '../src/runtime/prepare.ts';
import { buildPrompt, type ConversationName, type TextTokenizer, userMessage } from '../src/text/index.ts';
import { loadTokenizer } from '../src/text/load-tokenizer.ts';
import { askAbout } from '../src/train/pictograms/questions.ts';
import { PictureMaker, type Recipe } from '../src/train/pictograms/recipe.ts';
import { loadSprites } from '../src/train/pictograms/sprites.ts';
import { Random } from '../src/util/random.ts';
import { median, table } from './median.ts';
import { numbers } from './numbers.ts';
import { loadEngine, nextToken } from './our-engine.ts';

const SCHEMES: Record<string, ConvertOptions> = {
  fp32: { dtype: 'fp32' },
  fp16: { dtype: 'fp16' },
  q8: { dtype: 'q8' },
  q4: { dtype: 'q4' },
  'q4 uniform': { dtype: 'q4', uniform: true },
  'q4 in 32s': { dtype: 'q4', block: 32 },
  'q4 with zeros': { dtype: 'q4', symmetric: false },
  'q4 in 32s, zeros': { dtype: 'q4', block: 32, symmetric: false },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    questions: { type: 'string', default: '100' },
    answer: { type: 'string', default: '12' },
    decode: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const { json, ...rest } = values;
const { questions, answer, decode, rounds, threads } = numbers(rest);
const dir = positionals[0] ?? 'models/nano';

interface Result {
  name: string;
  bytes: number;
  /** Relative; undefined where nothing is stored in blocks. */
  error?: { searched: number; plain: number };
  kl: number;
  top1: number;
  tokensPerSecond: number;
}

interface Model {
  name: string;
  manifest: Manifest;
  engine: Engine;
}

const temporary = await mkdtemp(join(tmpdir(), 'bench-quantise-'));
const models: Model[] = [];
try {
  const tokenizer = await loadTokenizer(dir);
  const conversation = conversationOf(await readModelFolder(dir), tokenizer);
  for (const [name, options] of Object.entries(SCHEMES)) {
    const out = join(temporary, String(models.length));
    const manifest = await convertModel(dir, out, options);
    const engine = await loadEngine(await readModelFolder(out), { threads, positions: 1024 });
    models.push({ name, manifest, engine });
  }
  const results: Result[] = [];
  const sums = models.map(() => ({ kl: 0, same: 0, positions: 0 }));
  for (const { picture, ids } of await makeQuestions(tokenizer, conversation)) {
    const reference: Float32Array[] = [];
    const tokens: number[] = [];
    for (const [m, { engine }] of models.entries()) {
      const pixels = preparePictures(engine.folder, [picture]);
      const { memory } = await engine.see(pixels, 1, 'bench');
      const embeddings = await engine.embed(ids, [memory]);
      let past = embeddings.length / engine.folder.config.hiddenSize;
      let logits = await engine.append(0, embeddings, 0);
      for (let i = 0; i < answer; i++) {
        if (m === 0) {
          reference.push(logits.slice());
          tokens.push(best(logits));
        }
        sums[m].kl += divergence(reference[i], logits);
        sums[m].same += best(logits) === tokens[i] ? 1 : 0;
        sums[m].positions++;
        if (m === 0 ? engine.folder.stopIds.includes(tokens[i]) : i === tokens.length - 1) break;
        logits = await engine.step([tokens[i]], [past++]);
      }
    }
  }

  /** Every model's turn in each round, so that a slow moment of the machine meets all alike. */
  const speeds: number[][] = models.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [m, { engine }] of models.entries()) {
      const start = performance.now();
      for (let i = 0, id = 300; i < decode; i++) id = await nextToken(engine, id, 64 + i);
      if (round > 0) speeds[m].push((1000 * decode) / (performance.now() - start));
    }

  for (const [m, { name, manifest }] of models.entries()) {
    const { kl, same, positions } = sums[m];
    results.push({
      name,
      bytes: manifest.bytes,
      error: await weightError(join(temporary, String(m)), manifest),
      kl: kl / positions,
      top1: same / positions,
      tokensPerSecond: median(speeds[m]),
    });
  }
  if (json)
    console.log(JSON.stringify({ model: dir, questions, threads, positions: sums[0].positions, results }, null, 2));
  else print(results, sums[0].positions);
} finally {
  for (const { engine } of models) await engine.dispose();
  await rm(temporary, { recursive: true, force: true });
}

async function makeQuestions(
  tokenizer: TextTokenizer,
  conversation: ConversationName,
): Promise<{ picture: Picture; ids: number[] }[]> {
  const recipe: Recipe = {
    kind: 'mix',
    parts: [
      { weight: 3, recipe: { kind: 'objects', size: 256, count: [2, 5] } },
      { weight: 1, recipe: { kind: 'shapes', size: 256 } },
      { weight: 2, recipe: { kind: 'single', size: 256 } },
    ],
  };
  const maker = new PictureMaker(await loadSprites({}));
  const made: { picture: Picture; ids: number[] }[] = [];
  for (let i = 0; made.length < questions; i++) {
    const { picture, scene } = maker.make(recipe, `bench/quantise/${i}`);
    const asked = askAbout(scene, new Random(`bench/quantise/${i}/questions`));
    const { question } = new Random(i).pick(asked);
    const { ids } = buildPrompt(tokenizer, conversation, [userMessage(question, 1)]);
    made.push({ picture: { width: scene.size, height: scene.size, data: picture }, ids });
  }
  return made;
}

function best(logits: Float32Array): number {
  let at = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[at]) at = i;
  return at;
}

/** KL(p ‖ q) of the softmaxes, in nats. */
function divergence(p: Float32Array, q: Float32Array): number {
  const logSum = (x: Float32Array): number => {
    const top = x[best(x)];
    let total = 0;
    for (const v of x) total += Math.exp(v - top);
    return top + Math.log(total);
  };
  const [zp, zq] = [logSum(p), logSum(q)];
  let kl = 0;
  for (let i = 0; i < p.length; i++) kl += Math.exp(p[i] - zp) * (p[i] - zp - (q[i] - zq));
  return kl;
}

async function weightError(folder: string, manifest: Manifest): Promise<Result['error']> {
  const checkpoint = await openCheckpoint(dir);
  const weights = await openWeights(folder);
  let [size, searched, plain] = [0, 0, 0];
  try {
    for (const [name, format] of Object.entries(manifest.formats)) {
      if (format.kind !== 'blocks') continue;
      const wanted = await checkpoint.readFloat32(name);
      const [rows, columns] = checkpoint.info(name).shape;
      const blocks = (await weights.read(`${name}#blocks`)) as Uint8Array;
      const scales = (await weights.read(`${name}#scales`)) as Float32Array;
      const zeros = format.symmetric ? null : ((await weights.read(`${name}#zeros`)) as Uint8Array);
      const got = new Float32Array(columns);
      const row = <T extends Uint8Array | Float32Array>(array: T, r: number): T =>
        array.subarray((array.length / rows) * r, (array.length / rows) * (r + 1)) as T;
      for (let r = 0; r < rows; r++) {
        dequantiseRow(format, row(blocks, r), row(scales, r), zeros && row(zeros, r), got);
        const w = row(wanted, r);
        for (let k = 0; k < columns; k++) {
          size += w[k] ** 2;
          searched += (got[k] - w[k]) ** 2;
        }
        for (let k = 0; k < columns; k += format.block)
          plain += plainError(w.subarray(k, k + format.block), format.bits, format.symmetric);
      }
    }
  } finally {
    await checkpoint.close();
    await weights.close();
  }
  return size === 0 ? undefined : { searched: Math.sqrt(searched / size), plain: Math.sqrt(plain / size) };
}

/** Squared error of the scale that fits a block's largest value, or its range. */
function plainError(w: Float32Array, bits: number, symmetric: boolean): number {
  const top = 2 ** bits - 1;
  const min = Math.min(0, ...w);
  const max = Math.max(0, ...w);
  const scale = symmetric ? (max > -min ? max : min) / -((top + 1) / 2) : (max - min) / top;
  if (scale === 0) return 0;
  const zero = symmetric ? (top + 1) / 2 : Math.round(-min / scale);
  return w.reduce((sum, x) => {
    const d = Math.min(top - zero, Math.max(-zero, Math.round(x / scale)));
    return sum + (x - d * scale) ** 2;
  }, 0);
}

/** Million weights a second of CPU time, on one core. */
function quantiserSpeed(bits: 4 | 8, block: 32 | 128, symmetric: boolean): number {
  const random = new Random('bench/quantise/speed');
  const w = Float32Array.from({ length: 1 << 20 }, () => random.normal());
  const speeds: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = process.cpuUsage();
    quantiseRows('bench', w, 4096, { kind: 'blocks', bits, block, symmetric });
    const { user, system } = process.cpuUsage(start);
    speeds.push(w.length / (user + system));
  }
  return median(speeds.slice(1));
}

function print(results: readonly Result[], positions: number): void {
  const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;
  console.log(`${dir}: ${questions} questions, ${positions} tokens, ${threads} threads\n`);
  console.log(
    table([
      ['scheme', 'MB', 'weight error', 'plain rounding', 'KL', 'top-1', 'tokens/s'],
      ...results.map(({ name, bytes, error, kl, top1, tokensPerSecond }) => [
        name,
        (bytes / 1e6).toFixed(1),
        error ? percent(error.searched) : '',
        error ? percent(error.plain) : '',
        kl.toFixed(5),
        percent(top1),
        tokensPerSecond.toFixed(0),
      ]),
    ]),
  );
  const speed = (bits: 4 | 8, block: 32 | 128, symmetric: boolean): string[] => [
    `${bits} bits, blocks of ${block}${symmetric ? '' : ', zeros'}`,
    quantiserSpeed(bits, block, symmetric).toFixed(1),
  ];
  console.log(
    `\n${table([
      ['quantising, one core', 'million weights/s'],
      speed(4, 32, true),
      speed(4, 128, true),
      speed(4, 32, false),
      speed(4, 128, false),
      speed(8, 128, true),
    ])}`,
  );
}
