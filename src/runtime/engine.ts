import * as ort from 'onnxruntime-node';
import type { ModelFolder } from '../folder/model-folder.ts';
import { embedPrompt, visionTokens } from './embed-prompt.ts';
import type { EngineOptions } from './engine-options.ts';
import { KvPool } from './kv-pool.ts';
import { LoadedModel } from './loaded-model.ts';
import type { MemoryData } from './memory-data.ts';
import { type SeenPixels, seePixels } from './see-pixels.ts';

/**
 * A loaded model and its cache: the operations that answers are made of. It blocks the thread it runs in during every
 * operation; see `EngineClient` for one that does not.
 */
export class Engine {
  readonly folder: ModelFolder;
  readonly options: EngineOptions;
  readonly cache: KvPool;
  private readonly model: LoadedModel;

  private constructor(model: LoadedModel) {
    this.model = model;
    this.folder = model.folder;
    this.options = model.options;
    this.cache = new KvPool(model.folder.config);
  }

  /** See `LoadedModel.load`. */
  static async load(
    options: EngineOptions,
    onProgress?: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<Engine> {
    return new Engine(await LoadedModel.load(options, onProgress, signal));
  }

  /** See `seePixels`. */
  see(pixels: Float32Array, frames: number, id: string, check?: () => void): Promise<SeenPixels> {
    return seePixels(this.model, pixels, frames, id, check);
  }

  /** See `embedPrompt`. */
  embed(ids: ArrayLike<number>, memories: readonly MemoryData[], check?: () => void): Promise<Float32Array> {
    return embedPrompt(this.model, ids, memories, check);
  }

  visionTokens(memory: MemoryData): number {
    return visionTokens(this.model, memory);
  }

  /**
   * Appends embeddings to a row of the cache.
   *
   * @param embeddings `[T, D]`, @param past positions that the row already holds
   * @returns logits of the last position, `[V]`
   */
  append(row: number, embeddings: Float32Array, past: number): Promise<Float32Array> {
    return this.decode(row, embeddings, [past]);
  }

  /**
   * One token for each of the first rows of the cache.
   *
   * @param ids one per row, @param past positions that each row already holds
   * @returns logits `[rows, V]`
   */
  async step(ids: readonly number[], past: readonly number[]): Promise<Float32Array> {
    return this.decode(0, await this.model.embeddings.rows(ids), past);
  }

  /** As many tokens for each of the rows from `first` on as there are embeddings, `[rows, T, D]`. */
  private async decode(first: number, embeddings: Float32Array, past: readonly number[]): Promise<Float32Array> {
    const rows = past.length;
    const width = this.folder.config.hiddenSize;
    const tokens = embeddings.length / width / rows;
    const positions = new BigInt64Array(rows * tokens);
    for (let i = 0; i < positions.length; i++) positions[i] = BigInt(past[Math.floor(i / tokens)] + (i % tokens));
    const { logits, ...added } = await this.model.run('decoder', {
      ...this.cache.view(first, past, tokens),
      embeddings: new ort.Tensor('float32', embeddings, [rows, tokens, width]),
      positions: new ort.Tensor('int64', positions, [rows, tokens]),
      last: new ort.Tensor('int64', new BigInt64Array(rows).fill(BigInt(tokens - 1)), [rows, 1]),
    });
    this.cache.write(first, past, added);
    return logits.data as Float32Array;
  }

  dispose(): Promise<void> {
    return this.model.dispose();
  }
}
