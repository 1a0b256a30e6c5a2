import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import * as g from '../graph/index.ts';
import { Graph, serialise } from '../graph/index.ts';
import type { ModelConfig } from '../model/config.ts';
import { type LookupHeads, POINTER } from '../model/lookup-loss.ts';
import { type AnswerLossOptions, answerLoss } from '../model/training.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { classPatch, foldedWidth, foldMaps } from '../model/vision/efficientnet-lite.ts';
import { Random } from '../util/random.ts';
import { type Bucket, fits, layOutAnswers, layOutPointers, type TokenisedPair } from './answer-batch.ts';
import { initialiseMissing } from './initialise.ts';
import { type LookupPlace, layOutLookups } from './lookup-batch.ts';
import { type LoopOptions, type NextBatch, trainLoop } from './loop.ts';
import type { OptimiserConfig } from './optimiser.ts';
import { type BatchTensors, StepRunner, type StepRunnerOptions } from './step-runner.ts';
import { GROUND_WEIGHT, targetTensors } from './target-tensors.ts';
import { inlineFrom, type Weights } from './weights.ts';

export interface AskedPair extends TokenisedPair {
  kind: string;
  /** The question asks for a word or phrase only. */
  short?: boolean;
  /** What tokens of the prompt have to tell of the picture. */
  lookups?: readonly LookupPlace[];
  /** What tokens before the question have to tell, the same for all questions about a picture. */
  before?: readonly LookupPlace[];
}

/** One picture in a batch: half-precision features, and what its patches show. */
export interface PictureRow {
  patches: Uint16Array;
  probabilities: Uint16Array;
  /** For each kind of words the class of each patch, or vision token, −1 unless a source tells; `[side²]`, `[C²]`. */
  words: Readonly<Record<string, Int32Array>>;
}

/** Where a stage's pictures and questions come from. */
export interface AnswerSource {
  name: string;
  /** How often it is drawn from, relative to the others. */
  weight: number;
  /** Number of pictures; evaluation goes through them in order. */
  length: number;
  /** Fills a picture's features and gives questions about it, more than a step needs where it can. */
  draw(index: number, random: Random, into: PictureRow): AskedPair[];
}

export interface AnswerStage {
  config: ModelConfig;
  vision: LiteVisionConfig;
  weights: Weights;
  /** What the sources give of a picture: the tower's maps, or patches that the learned map made of them. */
  features: 'maps' | 'patches';
  sources: AnswerSource[];
  heldOut: AnswerSource[];
  /** Words that patches are brought next to beside the answers; see `wordLoss`. */
  words?: NonNullable<AnswerLossOptions['words']>;
  /** What fused tokens have to tell; see `lookupLoss`. */
  lookups?: LookupHeads;
  /** What rows that predict a list's tokens have to tell; see `pointerLoss`. */
  pointer?: LookupHeads[string];
  /** Patches whose words count for less: the ground, which most show. */
  ground?: { kind: string; target: number };
  /** Kinds of steps, short questions first, with how often each is taken. */
  buckets: (Bucket & { share: number })[];
  /** What a token of an answer in a word or phrase counts for, against one in a sentence. Default 1. */
  shortWeight?: number;
  optimiser: OptimiserConfig;
}

/**
 * Stages 1 and 2: answers to questions about pictures whose features were kept. Which weights move is the
 * optimiser's choice; the rest become constants of the session.
 */
export async function trainAnswers(stage: AnswerStage, options: LoopOptions & StepRunnerOptions): Promise<void> {
  const graphs = Object.fromEntries(stage.buckets.map((bucket, i) => [String(i), answerGraph(stage, bucket, stage)]));
  for (const { graph } of Object.values(graphs)) initialiseMissing(graph, stage.config, stage.weights, options.seed);
  const runner = await StepRunner.create(graphs, stage.weights, stage.optimiser, options);
  const evaluate = async (): Promise<Record<string, number>> => {
    await runner.exportTo(stage.weights);
    return answerScores(stage, options.seed);
  };
  try {
    await trainLoop(runner, answerBatches(stage), evaluate, options);
    await runner.exportTo(stage.weights);
  } finally {
    await runner.dispose();
  }
}

/** Makes the batches of a stage's steps. */
export function answerBatches(stage: AnswerStage): NextBatch {
  return (random) => {
    const i = weighted(
      random,
      stage.buckets.map((b) => b.share),
    );
    const bucket = stage.buckets[i];
    const { tensors } = drawBatch(
      stage,
      bucket,
      () => {
        const source =
          stage.sources[
            weighted(
              random,
              stage.sources.map((s) => s.weight),
            )
          ];
        return { source, index: random.int(source.length) };
      },
      random,
      { before: stage.buckets[i - 1] },
    );
    return { graph: String(i), tensors, samples: bucket.pictures * bucket.questions };
  };
}

function answerGraph(
  stage: AnswerStage,
  bucket: Bucket,
  beside: Pick<AnswerStage, 'words' | 'lookups' | 'pointer'>,
): { graph: Graph } & ReturnType<typeof answerLoss> {
  const { config, vision } = stage;
  const graph = new Graph('answers', 'training');
  const kept = g.cast(graph.input('patches', 'float16', [bucket.pictures, ...keptShape(stage)]), 'float32');
  const probabilities = graph.input('probabilities', 'float16', [bucket.pictures, vision.classes]);
  const patches = stage.features === 'maps' ? foldMaps(graph, vision, kept) : kept;
  const features = g.concat([patches, classPatch(graph, vision, g.cast(probabilities, 'float32'))], 1);
  return { graph, ...answerLoss(graph, config, vision, features, bucket, beside) };
}

/** `[side², width]` of what is kept of a picture. */
function keptShape({ vision, features }: AnswerStage): [number, number] {
  return [(vision.imageSize / 32) ** 2, features === 'maps' ? foldedWidth(vision) : vision.width];
}

function weighted(random: Random, weights: readonly number[]): number {
  let left = random.float() * weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left < 0) return i;
  }
  return weights.length - 1;
}

/**
 * Draws pictures until the bucket is full. Of a picture with no question that fits, nothing is asked when `skip` is
 * set; otherwise another one is drawn for it. Questions too long for the bucket `before` are taken first: they have
 * no other place.
 */
function drawBatch(
  stage: AnswerStage,
  bucket: Bucket,
  pick: (row: number) => { source: AnswerSource; index: number } | null,
  random: Random,
  { skip = false, before }: { skip?: boolean; before?: Bucket } = {},
): { tensors: BatchTensors; groups: AskedPair[][] } {
  const { vision, config } = stage;
  const [rows, columns] = keptShape(stage);
  const width = rows * columns;
  const patches = new Uint16Array(bucket.pictures * width);
  const probabilities = new Uint16Array(bucket.pictures * vision.classes);
  const groups: AskedPair[][] = [];
  const c2 = config.compressorSize ** 2;
  const kinds = Object.entries(stage.words ?? {}).map(([kind, { token }]) => ({ kind, each: token ? c2 : rows }));
  const targets = new Map(kinds.map(({ kind, each }) => [kind, new Int32Array(bucket.pictures * each).fill(-1)]));
  for (let row = 0, tries = 0; row < bucket.pictures; tries++) {
    const picked = pick(row);
    if (!picked) break;
    const into = {
      patches: patches.subarray(row * width, (row + 1) * width),
      probabilities: probabilities.subarray(row * vision.classes, (row + 1) * vision.classes),
      words: Object.fromEntries(
        kinds.map(({ kind, each }) => [kind, targets.get(kind)?.subarray(row * each, (row + 1) * each) as Int32Array]),
      ),
    };
    for (const all of Object.values(into.words)) all.fill(-1);
    const pairs = picked.source.draw(picked.index, random, into).filter((pair) => fits(pair, bucket, c2));
    if (before) pairs.sort((a, b) => Number(fits(a, before, c2)) - Number(fits(b, before, c2)));
    if (pairs.length === 0 && !skip && tries < 50 * bucket.pictures) continue;
    if (pairs.length === 0 && !skip)
      throw new LlavaMiniError(
        'bad-data',
        `no question of ${picked.source.name} fits a step of ${bucket.sequence} tokens`,
      );
    const asked = pairs.slice(0, bucket.questions);
    groups.push(asked.map((pair) => (pair.short ? { ...pair, weight: stage.shortWeight } : pair)));
    row++;
  }
  return {
    groups,
    tensors: {
      patches: new ort.Tensor('float16', patches, [bucket.pictures, rows, columns]),
      probabilities: new ort.Tensor('float16', probabilities, [bucket.pictures, vision.classes]),
      ...layOutAnswers(groups, bucket, c2),
      ...(stage.lookups ? layOutLookups(groups, bucket, stage.lookups) : {}),
      ...(stage.pointer ? targetTensors(`${POINTER}_lookup`, layOutPointers(groups, bucket)) : {}),
      ...Object.assign({}, ...kinds.map(({ kind }) => wordTensors(stage, kind, targets.get(kind) as Int32Array))),
    },
  };
}

/** Classes without words count for nothing. */
function wordTensors({ words, ground }: AnswerStage, kind: string, targets: Int32Array): BatchTensors {
  return targetTensors(kind, targets, (target) => {
    if (words?.[kind].table[target].length === 0) return 0;
    return ground?.kind === kind && target === ground.target ? GROUND_WEIGHT : 1;
  });
}

/**
 * Share of held-out questions whose every answer token is the most likely one, that is, which greedy decoding would
 * answer word for word; per source and kind. With lookups, also the share of tokens that tell each thing right, those
 * of the common class left out.
 */
export async function answerScores(stage: AnswerStage, seed: string): Promise<Record<string, number>> {
  const bucket = stage.buckets[stage.buckets.length - 1];
  const { graph, logits, lookupLogits } = answerGraph(stage, bucket, {
    lookups: stage.lookups,
    pointer: stage.pointer,
  });
  graph.output('best', g.argMax(logits));
  for (const [head, values] of Object.entries(lookupLogits)) graph.output(`${head}_best`, g.argMax(values));
  const session = await ort.InferenceSession.create(serialise(graph, inlineFrom(stage.weights)), {
    intraOpNumThreads: 2,
    logSeverityLevel: 3,
  });
  const counts = new Map<string, [right: number, all: number]>();
  const count = (key: string, right: boolean): void => {
    const [some, all] = counts.get(key) ?? [0, 0];
    counts.set(key, [some + (right ? 1 : 0), all + 1]);
  };
  const random = new Random(`${seed}/scores`);
  for (const source of stage.heldOut) {
    for (let at = 0; at < source.length; at += bucket.pictures) {
      const { tensors, groups } = drawBatch(
        stage,
        bucket,
        (row) => (at + row < source.length ? { source, index: at + row } : null),
        random,
        { skip: true },
      );
      const feeds = Object.fromEntries(Object.entries(tensors).filter(([name]) => session.inputNames.includes(name)));
      const out = await session.run(feeds);
      const best = out.best.data as BigInt64Array;
      let label = 0;
      for (const pair of groups.flat()) {
        let right = label + pair.answer.length <= bucket.labels;
        for (const id of pair.answer) if (label < bucket.labels && Number(best[label++]) !== id) right = false;
        count(`${source.name}/${pair.kind}`, right);
      }
      for (const head of Object.keys(lookupLogits)) {
        const found = out[`${head}_best`].data as BigInt64Array;
        const wanted = tensors[`${head}_lookup_targets`].data as Int32Array;
        const weights = tensors[`${head}_lookup_weights`].data as Float32Array;
        wanted.forEach((target, i) => {
          if (weights[i] === 1) count(`${source.name}/lookup/${head}`, Number(found[i]) === target);
        });
      }
    }
  }
  await session.release();
  return Object.fromEntries([...counts].map(([key, [right, all]]) => [key, right / all]));
}
