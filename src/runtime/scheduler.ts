import { LlavaMiniError } from '../errors.ts';
import type { Engine } from './engine.ts';
import type { GenerateHooks } from './engine-api.ts';
import {
  commonPrefix,
  type FinishReason,
  type GenerateRequest,
  type GenerateResult,
  type GenerateTimes,
  positionKeys,
} from './generation.ts';
import { logProbability, Sampler } from './sampling.ts';

/** What a row of the cache holds that is right for a later question too. */
interface RowContent {
  memories: string;
  keys: number[];
}

/** An answer being made. */
interface Sequence {
  request: GenerateRequest;
  sampler: Sampler;
  hooks: GenerateHooks;
  resolve: (result: GenerateResult) => void;
  reject: (error: unknown) => void;
  tokens: number[];
  logProbabilities: number[];
  /** Positions in the cache. */
  past: number;
  promptTokens: number;
  cachedTokens: number;
  limit: number;
  times: GenerateTimes;
  firstToken: number;
}

/**
 * Shares one engine between everything that is asked of it: pictures and new questions get a turn each time all
 * running answers got a token, and running answers are decoded as one batch. A row of the cache keeps what it holds
 * after its answer, and a question that begins with the same tokens about the same pictures goes on from there.
 */
export class Scheduler {
  private readonly engine: Engine;
  private readonly tasks: (() => Promise<void>)[] = [];
  private readonly starts: Sequence[] = [];
  /** In the order of the cache's rows. */
  private readonly running: Sequence[] = [];
  private readonly rows: RowContent[] = [];
  /** Row being prefilled, -1 for none. */
  private filling = -1;
  private loop: Promise<void> | null = null;
  private cancelled: { reason: unknown } | null = null;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Runs something that needs the engine for itself. */
  exclusive<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.tasks.push(async () => {
        try {
          signal?.throwIfAborted();
          resolve(await task());
        } catch (error) {
          reject(error);
        }
      });
      this.wake();
    });
  }

  /** @throws LlavaMiniError `prompt-too-long`, `bad-argument`, `engine`; the signal's reason */
  generate(request: GenerateRequest, hooks: GenerateHooks = {}): Promise<GenerateResult> {
    return new Promise((resolve, reject) => {
      this.starts.push({
        request,
        sampler: new Sampler(request.sampling),
        hooks,
        resolve,
        reject,
        tokens: [],
        logProbabilities: [],
        past: 0,
        promptTokens: 0,
        cachedTokens: 0,
        limit: 0,
        times: { waiting: performance.now(), prefusion: 0, prefill: 0, decode: 0 },
        firstToken: 0,
      });
      this.wake();
    });
  }

  /** Fails everything that is not done yet. */
  cancel(reason: unknown): void {
    this.cancelled = { reason };
    for (const { reject } of this.starts.splice(0)) reject(reason);
  }

  private wake(): void {
    this.loop ??= this.work().finally(() => {
      this.loop = null;
      // Something may have come in between the last look and now.
      if (this.tasks.length || this.starts.length) this.wake();
    });
  }

  private async work(): Promise<void> {
    // Whoever asks for several things at once has them all in the queue after this.
    await Promise.resolve();
    while (this.tasks.length || this.starts.length || this.running.length) {
      this.dropCancelled();
      await this.tasks.shift()?.();
      if (this.running.length < this.engine.options.maxBatch) {
        const sequence = this.starts.shift();
        if (sequence) await this.start(sequence);
      }
      await this.step();
    }
  }

  /** Whoever waits for a row hears at once that the call is cancelled, not when a row is free. */
  private dropCancelled(): void {
    for (let i = this.starts.length - 1; i >= 0; i--) {
      const { signal } = this.starts[i].hooks;
      if (signal?.aborted) this.starts.splice(i, 1)[0].reject(signal.reason);
    }
  }

  private async start(sequence: Sequence): Promise<void> {
    const { engine } = this;
    const { request, hooks, times } = sequence;
    const check = (): void => {
      if (this.cancelled) throw this.cancelled.reason;
      hooks.signal?.throwIfAborted();
    };
    try {
      check();
      const began = performance.now();
      times.waiting = began - times.waiting;
      const keys = positionKeys(
        request.ids,
        request.memories.map((m) => engine.visionTokens(m)),
      );
      sequence.promptTokens = keys.length;
      sequence.limit = answerRoom(keys.length, request.maxTokens, engine.options.maxLength);
      const embeddings = await engine.embed(request.ids, request.memories, check);
      const embedded = performance.now();
      times.prefusion = embedded - began;
      const memories = request.memories.map((m) => m.id).join();
      const { row, cached } = this.takeRow(memories, keys, keys.length + sequence.limit);
      this.filling = row;
      sequence.cachedTokens = cached;
      const logits = await this.prefill(sequence, embeddings, cached, check);
      this.rows[this.filling] = { memories, keys };
      this.swap(this.filling, this.running.length);
      this.filling = -1;
      this.running.push(sequence);
      sequence.past = keys.length;
      sequence.firstToken = performance.now();
      times.prefill = sequence.firstToken - embedded;
      this.accept(this.running.length - 1, logits);
    } catch (error) {
      this.filling = -1;
      sequence.reject(error);
      // The cache could not grow and is gone, with what the others had in it.
      if (engine.cache.rows === 0) this.loseRows(error);
    }
  }

  private async prefill(
    sequence: Sequence,
    embeddings: Float32Array,
    from: number,
    check: () => void,
  ): Promise<Float32Array> {
    const { engine } = this;
    const d = engine.folder.config.hiddenSize;
    const end = sequence.promptTokens;
    for (let at = from; ; ) {
      const to = Math.min(end, at + engine.options.prefillChunk);
      const logits = await engine.append(this.filling, embeddings.subarray(at * d, to * d), at);
      if (to === end) return logits;
      at = to;
      check();
      await this.step();
    }
  }

  /** A free row: the one that shares most of the prompt, a new one when all are taken. */
  private takeRow(memories: string, keys: number[], positions: number): { row: number; cached: number } {
    const { cache } = this.engine;
    cache.reserve(this.running.length + 1, Math.min(positions, this.engine.options.maxLength));
    while (this.rows.length < cache.rows) this.rows.push({ memories: '', keys: [] });
    let best = { row: -1, cached: -1 };
    for (let row = this.running.length; row < cache.rows; row++) {
      const content = this.rows[row];
      const cached = content.memories === memories ? commonPrefix(content.keys, keys) : 0;
      if (cached > best.cached) best = { row, cached };
    }
    this.rows[best.row] = { memories: '', keys: [] };
    // The last position is always computed, as its logits are wanted.
    return { row: best.row, cached: Math.min(best.cached, keys.length - 1) };
  }

  /** One token for every running answer. */
  private async step(): Promise<void> {
    for (let i = this.running.length - 1; i >= 0; i--) {
      const { signal, finish } = this.running[i].hooks;
      if (this.cancelled) this.remove(i).reject(this.cancelled.reason);
      else if (signal?.aborted) this.remove(i).reject(signal.reason);
      else if (finish?.aborted) this.complete(i, 'stop');
    }
    const { running } = this;
    if (!running.length) return;
    try {
      const rows = running.length;
      const logits = await this.engine.step(
        running.map((s) => s.tokens.at(-1)!),
        running.map((s) => s.past),
      );
      const size = logits.length / rows;
      for (let i = rows - 1; i >= 0; i--) {
        const sequence = running[i];
        // Raw embeddings go into the cache here; they are right for a later prompt only where no text is fused.
        if (!sequence.request.memories.length) this.rows[i].keys.push(sequence.tokens.at(-1)!);
        sequence.past++;
        this.accept(i, logits.subarray(i * size, (i + 1) * size));
      }
    } catch (error) {
      this.loseRows(error);
    }
  }

  private loseRows(error: unknown): void {
    for (const sequence of this.running.splice(0)) sequence.reject(error);
    for (const row of this.rows) row.keys = [];
  }

  /** @param logits `[V]`; the sampler changes them, so that log probabilities are those after its repetition penalty */
  private accept(index: number, logits: Float32Array): void {
    const sequence = this.running[index];
    try {
      const id = sequence.sampler.next(logits);
      if (sequence.request.stopIds.includes(id)) {
        this.complete(index, 'stop');
        return;
      }
      sequence.tokens.push(id);
      sequence.logProbabilities.push(logProbability(logits, id));
      sequence.hooks.onToken?.(id);
      if (sequence.tokens.length >= sequence.limit) this.complete(index, 'length');
    } catch (error) {
      this.remove(index).reject(error);
    }
  }

  private complete(index: number, finishReason: FinishReason): void {
    const { tokens, logProbabilities, promptTokens, cachedTokens, times, firstToken, resolve } = this.remove(index);
    times.decode = performance.now() - firstToken;
    resolve({ tokens, logProbabilities, finishReason, promptTokens, cachedTokens, times });
  }

  /** Takes a sequence out of the batch; the last one takes its row. */
  private remove(index: number): Sequence {
    const sequence = this.running[index];
    const last = this.running.length - 1;
    this.swap(index, last);
    this.running[index] = this.running[last];
    this.running.pop();
    return sequence;
  }

  private swap(a: number, b: number): void {
    if (a === b) return;
    this.engine.cache.swapRows(a, b);
    [this.rows[a], this.rows[b]] = [this.rows[b], this.rows[a]];
    if (this.filling === a) this.filling = b;
    else if (this.filling === b) this.filling = a;
  }
}

/** How long an answer may get. @throws LlavaMiniError `prompt-too-long`, `bad-argument` */
export function answerRoom(promptTokens: number, maxTokens: number, maxLength: number): number {
  if (promptTokens === 0) throw new LlavaMiniError('bad-argument', 'the prompt is empty');
  if (promptTokens >= maxLength) throw promptTooLong(`${promptTokens}`, maxLength);
  return Math.min(maxTokens, maxLength - promptTokens);
}

/** @param tokens how many the prompt has, such as `4100` or `more than 4096` */
export function promptTooLong(tokens: string, maxLength: number): LlavaMiniError {
  return new LlavaMiniError(
    'prompt-too-long',
    `the prompt has ${tokens} tokens, but the model takes ${maxLength} with the answer`,
    {
      hint: 'shorten the question, forget what was said before it (clear() of a conversation, /clear in llava-mini chat), or load the model with a larger maxLength if it was trained for more',
    },
  );
}
