import * as ort from 'onnxruntime-node';
import * as g from '../graph/index.ts';
import { Graph, serialise } from '../graph/index.ts';
import type { ModelConfig } from '../model/config.ts';
import { namingLoss } from '../model/training.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { classPatch, foldedWidth, foldMaps } from '../model/vision/efficientnet-lite.ts';
import type { Random } from '../util/random.ts';
import type { FeatureStore } from './feature-store.ts';
import { initialiseMissing } from './initialise.ts';
import { type LoopOptions, type StepInput, trainLoop } from './loop.ts';
import type { OptimiserConfig } from './optimiser.ts';
import { StepRunner, type StepRunnerOptions } from './step-runner.ts';
import { inlineFrom, type Weights } from './weights.ts';

export interface NamingStage {
  config: ModelConfig;
  vision: LiteVisionConfig;
  weights: Weights;
  /** Kept maps with the number of the class each picture shows. */
  store: FeatureStore<{ target: number }>;
  /** Pictures in other styles or places, never trained on, by name of the set. */
  heldOut: Record<string, FeatureStore<{ target: number }>>;
  classes: number;
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
  const next = (random: Random): StepInput => {
    const rows = Array.from({ length: stage.batch }, () => random.int(stage.store.length));
    return { graph: 'naming', tensors: namingBatch(stage, stage.store, rows), samples: rows.length };
  };
  const evaluate = async (): Promise<Record<string, number>> => {
    runner.exportTo(stage.weights);
    return namingScores(stage);
  };
  try {
    await trainLoop(runner, next, evaluate, options);
    runner.exportTo(stage.weights);
  } finally {
    await runner.dispose();
  }
}

function namingGraph(
  stage: NamingStage,
  batch: number,
  mode: 'training' | 'inference',
): { graph: Graph; loss: g.Value; logits: g.Value } {
  const { config, vision, classes } = stage;
  const graph = new Graph('naming', mode);
  const side = vision.imageSize / 32;
  const maps = graph.input('patches', 'float16', [batch, side * side, foldedWidth(vision)]);
  const probabilities = graph.input('probabilities', 'float16', [batch, vision.classes]);
  const folded = foldMaps(graph, vision, g.cast(maps, 'float32'));
  const features = g.concat([folded, classPatch(graph, vision, g.cast(probabilities, 'float32'))], 1);
  return { graph, ...namingLoss(graph, config, vision, features, classes) };
}

function namingBatch(
  stage: NamingStage,
  store: FeatureStore<{ target: number }>,
  rows: readonly number[],
): Record<string, ort.Tensor> {
  const { vision } = stage;
  const n = rows.length;
  const patches = new Uint16Array(n * store.patchValues);
  const probabilities = new Uint16Array(n * store.classes);
  rows.forEach((index, row) => {
    store.read(index, patches, probabilities, row);
  });
  const side = vision.imageSize / 32;
  return {
    patches: new ort.Tensor('float16', patches, [n, side * side, foldedWidth(vision)]),
    probabilities: new ort.Tensor('float16', probabilities, [n, vision.classes]),
    targets: new ort.Tensor(
      'int32',
      Int32Array.from(rows, (i) => store.labels[i].target),
      [n],
    ),
    target_weights: new ort.Tensor('float32', new Float32Array(n).fill(1), [n]),
  };
}

/** Share of pictures whose class is named right, for each held-out set. */
export async function namingScores(stage: NamingStage): Promise<Record<string, number>> {
  const { graph, logits } = namingGraph(stage, 32, 'inference');
  graph.output('logits', logits);
  const session = await ort.InferenceSession.create(serialise(graph, inlineFrom(stage.weights)), {
    intraOpNumThreads: 2,
    logSeverityLevel: 3,
  });
  const scores: Record<string, number> = {};
  for (const [name, store] of Object.entries(stage.heldOut)) {
    if (store.length === 0) continue;
    let right = 0;
    for (let at = 0; at < store.length; at += 32) {
      const rows = Array.from({ length: 32 }, (_, i) => Math.min(at + i, store.length - 1));
      const batch = namingBatch(stage, store, rows);
      const out = await session.run({ patches: batch.patches, probabilities: batch.probabilities });
      const data = out.logits.data as Float32Array;
      for (let i = 0; i < Math.min(32, store.length - at); i++) {
        const row = data.subarray(i * stage.classes, (i + 1) * stage.classes);
        let best = 0;
        for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
        if (best === store.labels[at + i].target) right++;
      }
    }
    scores[name] = right / store.length;
  }
  await session.release();
  return scores;
}
