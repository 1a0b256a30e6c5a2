import type * as ort from 'onnxruntime-node';
import type { ModelFolder } from '../../src/folder/model-folder.ts';
import { openWeights } from '../../src/folder/model-weights.ts';
import { Graph, gradients } from '../../src/graph/index.ts';
import { answerLoss } from '../../src/model/training.ts';
import { patchGrid } from '../../src/model/vision/index.ts';
import { createSession } from '../../src/runtime/sessions.ts';
import { IMAGE_TOKEN } from '../../src/text/conversation.ts';
import { type Bucket, layOutAnswers, type TokenisedPair } from '../../src/train/answer-batch.ts';
import type { GoldenCase } from './golden-cases.ts';
import type { Tensors } from './intermediates.ts';

export interface TrainedStep {
  loss: number;
  /** By checkpoint name. */
  gradients: Tensors;
  /** Of the rows that predict labels, `[labels, V]`, and where those rows are: sample and position. */
  logits: Float32Array;
  rows: { sample: number; position: number }[];
}

/** Prompt and answer of each sample: the answer is what has labels. */
export function trainingPairs(golden: GoldenCase): TokenisedPair[] {
  return (golden.input_ids as number[][]).map((ids, n) => {
    const labels = golden.labels![n];
    const mask = golden.attention_mask![n];
    const real = ids.map((id) => (id === golden.image_token_index ? IMAGE_TOKEN : id));
    return {
      prompt: real.filter((_, i) => mask[i] && labels[i] === -100),
      answer: real.filter((_, i) => mask[i] && labels[i] !== -100),
    };
  });
}

/** Loss and gradients of a golden training step by the product's training graph and batch layout. */
export async function trainStep(folder: ModelFolder, golden: GoldenCase, features: ort.Tensor): Promise<TrainedStep> {
  const { config, vision } = folder;
  const pairs = trainingPairs(golden);
  const c2 = config.compressorSize ** 2;
  const lengths = pairs.map((p) => p.prompt.length - 1 + c2 + p.answer.length);
  const bucket: Bucket = {
    pictures: pairs.length,
    questions: 1,
    promptTokens: Math.max(...pairs.map((p) => p.prompt.length - 1)),
    sequence: Math.max(...lengths),
    labels: pairs.reduce((sum, p) => sum + p.answer.length, 0),
    answerTokens: Math.max(...pairs.map((p) => p.answer.length)),
  };
  const graph = new Graph('train', 'training');
  const input = graph.input('features', 'float32', [features.dims[0], patchGrid(vision).patches, config.visionWidth]);
  const { loss, logits } = answerLoss(graph, config, vision, input, bucket, { detachEmbeddings: true });
  const weights = [...graph.parameters.values()];
  const found = gradients(loss, weights);
  graph.output('loss', loss);
  graph.output('logits', logits);
  weights.forEach((weight, i) => {
    const gradient = found[i];
    if (gradient) graph.output(`grad.${weight.name}`, gradient);
  });
  const stored = await openWeights(folder.dir);
  const session = await createSession(graph, stored, { device: 'cpu', threads: 1, spin: false });
  await stored.close();
  const batch = layOutAnswers(
    pairs.map((p) => [p]),
    bucket,
    c2,
  );
  const out = await session.run({ features, ...batch });
  await session.release();
  const tensors: Tensors = new Map();
  for (const [name, tensor] of Object.entries(out))
    if (name.startsWith('grad.')) tensors.set(name.slice(5), { data: tensor.data as Float32Array, shape: tensor.dims });
  return {
    loss: (out.loss.data as Float32Array)[0],
    gradients: tensors,
    logits: out.logits.data as Float32Array,
    rows: pairs.flatMap((p, sample) =>
      p.answer.map((_, i) => ({ sample, position: p.prompt.length - 1 + c2 + i - 1 })),
    ),
  };
}
