/** @file llama.cpp as a program in Node would use it: node-llama-cpp's CPU binary, its defaults, greedy. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LlavaMiniError } from '../../src/errors.ts';

const FOLDER = fileURLToPath(new URL('node_modules/node-llama-cpp/', import.meta.url));

/** Milliseconds from the call to the first token, and from there to the last. */
export interface PeerTimes {
  firstToken: number;
  rest: number;
}

export interface Peer {
  /** For a report: package and version. */
  name: string;
  /** As the file says. */
  info: { width: number; vocabulary: number; positions: number; bytes: number };
  /**
   * Evaluates tokens after the first `kept` positions of what it did before, and generates.
   *
   * @param tokens at least 2
   */
  generate(ids: readonly number[], tokens: number, kept?: number): Promise<PeerTimes & { tokens: number[] }>;
  dispose(): Promise<void>;
}

export interface PeerOptions {
  threads: number;
  /** Positions of the K/V cache. */
  contextSize: number;
  /** Let llama.cpp look for values that are not finite in every tensor. Default false. */
  checkTensors?: boolean;
}

/** @throws LlavaMiniError `not-found` when the peer or the file is not there, `engine` when it cannot load the file */
export async function loadPeer(path: string, options: PeerOptions): Promise<Peer> {
  const entry = `${FOLDER}dist/index.js`;
  if (!existsSync(entry))
    throw new LlavaMiniError('not-found', 'node-llama-cpp is not installed', { hint: 'npm run bench:install' });
  if (!existsSync(path)) throw new LlavaMiniError('not-found', `there is no file ${path}`);
  const { threads, contextSize, checkTensors = false } = options;
  const { version } = JSON.parse(readFileSync(`${FOLDER}package.json`, 'utf8')) as { version: string };
  const { getLlama } = (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as NodeLlamaCpp;
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    maxThreads: threads,
    logLevel: 'error',
  });
  let model: Model;
  let context: Context;
  try {
    model = await llama.loadModel({ modelPath: path, checkTensors });
    context = await model.createContext({ contextSize, threads: { ideal: threads, min: threads } });
  } catch (cause) {
    await llama.dispose();
    throw new LlavaMiniError('engine', `node-llama-cpp cannot load ${path}: ${(cause as Error).message}`, { cause });
  }
  const sequence = context.getSequence();
  return {
    name: `node-llama-cpp ${version} (llama.cpp ${llama.llamaCppRelease.release})`,
    info: {
      width: model.embeddingVectorSize,
      vocabulary: model.fileInfo.metadata.llama.vocab_size,
      positions: model.trainContextSize,
      bytes: model.size,
    },
    async generate(ids, tokens, kept = 0) {
      if (kept) await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }]);
      else await sequence.clearHistory();
      const start = performance.now();
      let first = start;
      const made: number[] = [];
      for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
        if (made.push(token) === 1) first = performance.now();
        if (made.length === tokens) break;
      }
      return { firstToken: first - start, rest: performance.now() - first, tokens: made };
    },
    async dispose() {
      await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}

// What is used of the package: its own types are there only where it is installed.
interface NodeLlamaCpp {
  getLlama(options: Record<string, unknown>): Promise<{
    llamaCppRelease: { release: string };
    loadModel(options: { modelPath: string; checkTensors: boolean }): Promise<Model>;
    dispose(): Promise<void>;
  }>;
}

interface Model {
  embeddingVectorSize: number;
  trainContextSize: number;
  size: number;
  fileInfo: { metadata: { llama: { vocab_size: number } } };
  createContext(options: { contextSize: number; threads: { ideal: number; min: number } }): Promise<Context>;
  dispose(): Promise<void>;
}

interface Context {
  getSequence(): Sequence;
  dispose(): Promise<void>;
}

interface Sequence {
  nextTokenIndex: number;
  clearHistory(): Promise<void>;
  eraseContextTokenRanges(ranges: { start: number; end: number }[]): Promise<void>;
  evaluate(
    ids: readonly number[],
    options: { temperature: number; yieldEogToken: boolean },
  ): AsyncGenerator<number, void, void>;
}
