import * as ort from 'onnxruntime-node';
import * as g from '../graph/index.ts';
import { Graph, serialise } from '../graph/index.ts';
import type { ModelConfig } from '../model/config.ts';
import { namingLoss, type PatchHeads } from '../model/naming-loss.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { classPatch, foldedWidth, foldMaps } from '../model/vision/efficientnet-lite.ts';
import type { Random } from '../util/random.ts';
import type { FeatureStore } from './feature-store.ts';
import { initialiseMissing } from './initialise.ts';
import { type LoopOptions, type NextBatch, trainLoop } from './loop.ts';
import type { OptimiserConfig } from './optimiser.ts';
import { StepRunner, type StepRunnerOptions } from './step-runner.ts';
import { GROUND_WEIGHT, targetTensors } from './target-tensors.ts';
import { inlineFrom, type Weights } from './weights.ts';

export interface NamingLabel {
  /** The class of the one thing in the picture; −1 where there are several. */
  target: number;
  /** For each of the stage's heads the class of each patch, −1 where it is not clear; `[side²]`. */
  patches: Readonly<Record<string, Int32Array>>;
}

export interface NamingStage {
  config: ModelConfig;
  vision: LiteVisionConfig;
  weights: Weights;
  /** Kept maps with what each picture shows. */
  stores: FeatureStore<NamingLabel>[];
  /** Pictures in other styles or places, never trained on, by name of the set. */
  heldOut: Record<string, FeatureStore<NamingLabel>>;
  classes: number;
  /** What patches are taught, each as one of so many classes. */
  heads: PatchHeads;
  /** In the head `patches`, this class, the ground alone, counts for less: most patches show it. */
  nothing: number;
  batch: number;
  optimiser: OptimiserConfig;
}

/**
 * Stage 0: what things are, before any language. Trains the fold of the feature maps, the classifier patch, the
 * compressor and a classifier over the concepts that is thrown away (design, section 8).
 */
export async function trainNaming(stage: NamingStage, options: LoopOptions & StepRunnerOptions): Promise<void> {
  const { graph, loss } = namingGraph(stage, stage.batch, 'training');
  initialiseMissing(graph, stage.config, stage.weights, options.seed);
  const runner = await StepRunner.create({ naming: { graph, loss } }, stage.weights, stage.optimiser, options);
  const evaluate = async (): Promise<Record<string, number>> => {
    await runner.exportTo(stage.weights);
    return namingScores(stage);
  };
  try {
    await trainLoop(runner, namingBatches(stage), evaluate, options);
    await runner.exportTo(stage.weights);
  } finally {
    await runner.dispose();
  }
}

/** Makes the batches of a stage's steps. */
export function namingBatches(stage: NamingStage): NextBatch {
  const all = stage.stores.reduce((sum, store) => sum + store.length, 0);
  const pick = (random: Random): Row => {
    let index = random.int(all);
    for (const store of stage.stores) {
      if (index < store.length) return { store, index };
      index -= store.length;
    }
    throw new RangeError('unreachable');
  };
  return (random) => {
    const rows = Array.from({ length: stage.batch }, () => pick(random));
    return { graph: 'naming', tensors: namingBatch(stage, rows), samples: rows.length };
  };
}

function namingGraph(
  stage: NamingStage,
  batch: number,
  mode: 'training' | 'inference',
): { graph: Graph } & ReturnType<typeof namingLoss> {
  const { config, vision, classes, heads } = stage;
  const graph = new Graph('naming', mode);
  const side = vision.imageSize / 32;
  const maps = graph.input('patches', 'float16', [batch, side * side, foldedWidth(vision)]);
  const probabilities = graph.input('probabilities', 'float16', [batch, vision.classes]);
  const folded = foldMaps(graph, vision, g.cast(maps, 'float32'));
  const features = g.concat([folded, classPatch(graph, vision, g.cast(probabilities, 'float32'))], 1);
  return { graph, ...namingLoss(graph, config, vision, features, classes, heads) };
}

interface Row {
  store: FeatureStore<NamingLabel>;
  index: number;
}

function namingBatch(stage: NamingStage, rows: readonly Row[]): Record<string, ort.Tensor> {
  const { vision } = stage;
  const n = rows.length;
  const side = vision.imageSize / 32;
  const each = side * side;
  const patches = new Uint16Array(n * each * foldedWidth(vision));
  const probabilities = new Uint16Array(n * vision.classes);
  const labels = rows.map(({ store, index }, row) => {
    store.read(index, patches, probabilities, row);
    return store.labels[index];
  });
  return {
    patches: new ort.Tensor('float16', patches, [n, side * side, foldedWidth(vision)]),
    probabilities: new ort.Tensor('float16', probabilities, [n, vision.classes]),
    ...targetTensors(
      'token',
      labels.map(({ target }) => target),
    ),
    ...Object.assign({}, ...Object.keys(stage.heads).map((head) => headTensors(stage, head, labels))),
  };
}

function headTensors(stage: NamingStage, head: string, labels: readonly NamingLabel[]): Record<string, ort.Tensor> {
  const each = (stage.vision.imageSize / 32) ** 2;
  const targets = labels.flatMap(({ patches }) => [...(patches[head] ?? new Int32Array(each).fill(-1))]);
  return targetTensors(head, targets, (target) => (head === 'patches' && target === stage.nothing ? GROUND_WEIGHT : 1));
}

/**
 * Of each held-out set, the share of pictures whose one thing is named right (`SET`), and for each head the share of
 * patches (`SET/HEAD`, those that show the ground left out).
 */
export async function namingScores(stage: NamingStage): Promise<Record<string, number>> {
  const { graph, logits, patchLogits } = namingGraph(stage, 32, 'inference');
  graph.output('best', g.argMax(logits));
  for (const [head, values] of Object.entries(patchLogits)) graph.output(`${head}_best`, g.argMax(values));
  const session = await ort.InferenceSession.create(serialise(graph, inlineFrom(stage.weights)), {
    intraOpNumThreads: 2,
    logSeverityLevel: 3,
  });
  const scores: Record<string, number> = {};
  for (const [name, store] of Object.entries(stage.heldOut)) {
    const counts = new Map<string, [right: number, all: number]>();
    const count = (key: string, best: bigint, target: number): void => {
      const [right, all] = counts.get(key) ?? [0, 0];
      counts.set(key, [right + (Number(best) === target ? 1 : 0), all + 1]);
    };
    for (let at = 0; at < store.length; at += 32) {
      const n = Math.min(32, store.length - at);
      const rows = Array.from({ length: 32 }, (_, i) => ({ store, index: Math.min(at + i, store.length - 1) }));
      const { patches, probabilities } = namingBatch(stage, rows);
      const out = await session.run({ patches, probabilities });
      const best = (key: string): BigInt64Array => out[key].data as BigInt64Array;
      for (let i = 0; i < n; i++) {
        const { target, patches: wanted } = store.labels[at + i];
        if (target >= 0) count(name, best('best')[i], target);
        for (const [head, targets] of Object.entries(wanted))
          targets.forEach((patch, p) => {
            if (patch < 0 || (head === 'patches' && patch === stage.nothing)) return;
            count(`${name}/${head}`, best(`${head}_best`)[i * targets.length + p], patch);
          });
      }
    }
    for (const [key, [right, all]] of counts) scores[key] = right / all;
  }
  await session.release();
  return scores;
}
