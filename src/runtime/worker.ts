/** @file The thread that the engine lives in. It is started by `engine-client.ts` and speaks `protocol.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { LlavaMiniError } from '../errors.ts';
import { LocalEngine } from './local-engine.ts';
import { type Gate, mindGate } from './native-gate.ts';
import { type FromWorker, packError, type ToWorker } from './protocol.ts';

interface Job {
  abort: AbortController;
  finish: AbortController;
}

mindGate((workerData as { gate: Gate }).gate);

const jobs = new Map<number, Job>();
let engine: LocalEngine | null = null;

const say = (message: FromWorker): void => parentPort!.postMessage(message);

async function perform(message: ToWorker, { abort, finish }: Job): Promise<unknown> {
  const { job } = message;
  if (message.type === 'load') {
    const progress = (done: number, all: number): void => say({ type: 'progress', job, done, all });
    engine = await LocalEngine.load(message.options, progress, abort.signal);
    return undefined;
  }
  if (!engine) throw new LlavaMiniError('engine', 'the engine is not loaded');
  switch (message.type) {
    case 'see':
      return engine.see(message.request, abort.signal);
    case 'generate':
      return engine.generate(message.request, {
        onToken: (id) => say({ type: 'token', job, id }),
        signal: abort.signal,
        finish: finish.signal,
      });
    default:
      return engine.dispose();
  }
}

parentPort!.on('message', (message: ToWorker) => {
  const { job } = message;
  if (message.type === 'abort' || message.type === 'finish') {
    jobs.get(job)?.[message.type].abort();
    return;
  }
  const state = { abort: new AbortController(), finish: new AbortController() };
  jobs.set(job, state);
  perform(message, state)
    .then(
      (result) => say({ type: 'done', job, result }),
      (error) => say({ type: 'failed', job, error: packError(error) }),
    )
    .finally(() => jobs.delete(job));
});
