import { parentPort, workerData } from 'node:worker_threads';
import type * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import { type NextBatch, type StepInput, stepBatches } from './loop.ts';
import { openRun } from './run.ts';
import { openAnswers } from './run-answers.ts';
import { openNaming } from './run-naming.ts';
import { answerBatches } from './stage-answers.ts';
import { namingBatches } from './stage-naming.ts';

/** @file A thread of `BatchesAhead`: opens a plan's stage and makes the batches of the steps it is told. */

/** Which stage of which plan. */
export interface BatchOrder {
  plan: string;
  stage: string;
}

/** A batch as it travels between threads. */
export interface SentBatch {
  graph: string;
  samples: number;
  tensors: Record<string, { type: ort.Tensor.Type; data: ort.Tensor.DataType; dims: readonly number[] }>;
}

export type BatchReply =
  | { step: number; batches: SentBatch[] }
  | { error: { code: LlavaMiniError['code']; message: string; hint: string | undefined } };

// Loaded as a module by tests too: only a thread of ours listens.
if (parentPort !== null && isOurs(workerData)) serve(parentPort, workerData.batches);

function isOurs(data: unknown): data is { batches: BatchOrder } {
  return typeof data === 'object' && data !== null && 'batches' in data;
}

function serve(port: NonNullable<typeof parentPort>, order: BatchOrder): void {
  const opened = batchesOf(order);
  port.on('message', async (step: number) => {
    try {
      const batches = (await opened)(step);
      const buffers = batches.flatMap(({ tensors }) => Object.values(tensors).map(({ data }) => bufferOf(data)));
      const reply: BatchReply = { step, batches };
      port.postMessage(reply, [...new Set(buffers)]);
    } catch (error) {
      const { code, message, hint } =
        error instanceof LlavaMiniError
          ? error
          : new LlavaMiniError(
              'engine',
              `cannot make the batches of step ${step}: ${(error as Error)?.message ?? error}`,
            );
      const reply: BatchReply = { error: { code, message, hint } };
      port.postMessage(reply);
    }
  });
}

async function batchesOf(order: BatchOrder): Promise<(step: number) => SentBatch[]> {
  const run = await openRun(order.plan, {});
  const stage = run.plan.stages.find(({ id }) => id === order.stage);
  if (stage?.kind !== 'naming' && stage?.kind !== 'answers')
    throw new LlavaMiniError('bad-data', `${order.plan} has no stage ${order.stage} that takes steps`);
  const next: NextBatch =
    stage.kind === 'naming'
      ? namingBatches(openNaming(run, stage).stage)
      : answerBatches((await openAnswers(run, stage)).stage);
  const { seed } = run.plan;
  const count = stage.optimiser.accumulate;
  return (step) => stepBatches(next, { seed, stage: stage.id, step, count }).map(sent);
}

function sent({ graph, samples, tensors }: StepInput): SentBatch {
  const parts = Object.entries(tensors).map(
    ([name, { type, data, dims }]) => [name, { type, data: data as ort.Tensor.DataType, dims }] as const,
  );
  return { graph, samples, tensors: Object.fromEntries(parts) };
}

const bufferOf = (data: ort.Tensor.DataType): ArrayBuffer => (data as Float32Array).buffer as ArrayBuffer;
