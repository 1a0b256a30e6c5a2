import * as ort from 'onnxruntime-node';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { LlavaMiniError } from '../errors.ts';
import { imageLength, partsPerImage } from '../model/image-part.ts';
import { decoderGraph, imageGraph, textGraph, visionGraph } from '../model/inference.ts';
import { patchGrid } from '../model/vision/index.ts';
import { IMAGE_TOKEN } from '../text/conversation.ts';
import { EmbeddingTable } from './embedding-table.ts';
import type { EngineOptions } from './engine-options.ts';
import { KvPool } from './kv-pool.ts';
import { type MemoryData, sharedFloats } from './memory-data.ts';
import { checkWeights, type ModelFolder, readModelFolder } from './model-folder.ts';
import { insideNative } from './native-gate.ts';
import { createSession, runSession } from './sessions.ts';

type SessionName = 'vision' | 'image' | 'text' | 'decoder';

export interface SeenPixels {
  memory: MemoryData;
  /** Milliseconds in the vision tower, and in compressor, projector and pre-fusion. */
  vision: number;
  prefusion: number;
}

/**
 * A loaded model: its sessions and the operations that answers are made of. It blocks the thread it runs in during
 * every operation; see `EngineClient` for one that does not.
 */
export class Engine {
  readonly folder: ModelFolder;
  readonly options: EngineOptions;
  readonly cache: KvPool;
  /** Patches per picture that the compressor attends to. */
  readonly keys: number;
  private readonly sessions: ReadonlyMap<SessionName, ort.InferenceSession>;
  private readonly embeddings: EmbeddingTable;
  private readonly checkpoint: Checkpoint;
  private readonly length: number;

  private constructor(
    folder: ModelFolder,
    options: EngineOptions,
    sessions: ReadonlyMap<SessionName, ort.InferenceSession>,
    embeddings: EmbeddingTable,
    checkpoint: Checkpoint,
  ) {
    const { config, vision } = folder;
    const grid = patchGrid(vision);
    this.folder = folder;
    this.options = options;
    this.sessions = sessions;
    this.embeddings = embeddings;
    this.checkpoint = checkpoint;
    this.length = imageLength(config, grid);
    this.keys = config.resolutionRatio === 1 ? grid.patches : (config.resolutionRatio * grid.side) ** 2;
    this.cache = new KvPool(config);
  }

  /**
   * @param onProgress called with the parts that are ready and their number
   * @throws LlavaMiniError see `readModelFolder`, `openCheckpoint`, `checkWeights`, `createSession`
   */
  static async load(
    options: EngineOptions,
    onProgress?: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<Engine> {
    const folder = await readModelFolder(options.dir);
    const { config, vision } = folder;
    const { maxLength, layout, device, threads } = options;
    const fuses = layout === 'mini' && config.prefusionLayers > 0;
    const graphs = {
      vision: visionGraph(config, vision),
      image: imageGraph(config, vision, { maxLength, layout }),
      ...(fuses ? { text: textGraph(config, vision, { maxLength }) } : {}),
      decoder: decoderGraph(config, { maxLength }),
    };
    const checkpoint = await openCheckpoint(options.dir);
    const sessions = new Map<SessionName, ort.InferenceSession>();
    try {
      checkWeights(checkpoint, Object.values(graphs));
      checkTable(checkpoint, config.vocabSize, config.hiddenSize);
      const all = Object.keys(graphs).length + 1;
      for (const [name, graph] of Object.entries(graphs)) {
        signal?.throwIfAborted();
        sessions.set(
          name as SessionName,
          await createSession(graph, checkpoint, { device, threads, spin: name === 'decoder' }),
        );
        onProgress?.(sessions.size, all);
      }
      const embeddings = await EmbeddingTable.open(checkpoint, EMBEDDINGS);
      onProgress?.(all, all);
      return new Engine(folder, options, sessions, embeddings, checkpoint);
    } catch (error) {
      for (const session of sessions.values()) await session.release();
      await checkpoint.close();
      throw error;
    }
  }

  /**
   * Sees one picture or the frames of one video.
   *
   * @param pixels `[frames·parts, 3, S, S]`, normalised; parts = tiles row by row, then the whole picture
   * @param check called between chunks of frames; it may throw
   */
  async see(pixels: Float32Array, frames: number, id: string, check?: () => void): Promise<SeenPixels> {
    const { config, vision } = this.folder;
    const parts = partsPerImage(config);
    const { patches } = patchGrid(vision);
    const pictureSize = 3 * vision.imageSize ** 2;
    if (frames < 1 || pixels.length !== frames * parts * pictureSize)
      throw new LlavaMiniError(
        'bad-argument',
        `${frames} pictures of ${parts} parts of ${vision.imageSize}×${vision.imageSize} need ${frames * parts * pictureSize} values, got ${pixels.length}`,
      );
    const llava = this.options.layout === 'llava';
    const tokensPerFrame = llava ? patches : config.compressorSize ** 2;
    const tokenSize = tokensPerFrame * config.hiddenSize;
    const cacheSize = config.kvHeads * this.length * config.headDim;
    const attentionSize = llava ? 0 : tokensPerFrame * this.keys;
    const prefixLayers = llava ? 0 : config.prefusionLayers;
    const memory = {
      id,
      frames,
      tokens: sharedFloats(frames * tokenSize),
      prefix: Array.from({ length: prefixLayers }, () => ({
        key: sharedFloats(frames * cacheSize),
        value: sharedFloats(frames * cacheSize),
      })),
      attention: sharedFloats(frames * attentionSize),
    };
    const times = { vision: 0, prefusion: 0 };
    for (let f = 0; f < frames; f += this.options.frameChunk) {
      check?.();
      const n = Math.min(this.options.frameChunk, frames - f);
      const part = pixels.subarray(f * parts * pictureSize, (f + n) * parts * pictureSize);
      const size = vision.imageSize;
      const start = performance.now();
      const seen = await this.run('vision', { pixels: new ort.Tensor('float32', part, [n * parts, 3, size, size]) });
      const middle = performance.now();
      // In the LLaVA layout only the whole picture, the last part, is looked at.
      const features =
        llava && parts > 1
          ? new ort.Tensor('float32', lastParts(seen.features, n, parts), [n, patches, config.visionWidth])
          : seen.features;
      const out = await this.run('image', { features });
      const put = (to: Float32Array, from: ort.Tensor, each: number): void =>
        to.set(from.data as Float32Array, f * each);
      put(memory.tokens, out.tokens, tokenSize);
      if (out.attention) put(memory.attention, out.attention, attentionSize);
      memory.prefix.forEach(({ key, value }, i) => {
        put(key, out[`prefix_key.${i}`], cacheSize);
        put(value, out[`prefix_value.${i}`], cacheSize);
      });
      times.vision += middle - start;
      times.prefusion += performance.now() - middle;
    }
    return { memory, ...times };
  }

  /** Vision tokens that a memory takes in the language model. */
  visionTokens(memory: MemoryData): number {
    return memory.tokens.length / this.folder.config.hiddenSize;
  }

  /**
   * What the language model gets for a prompt, `[T, D]`: fused text, raw embeddings of token id 0, each picture's
   * vision tokens in its place. Without a memory, raw embeddings. With memories but no place for them, the text is
   * fused and no vision token goes in (as the reference does).
   *
   * Text is fused with each memory alone, the mean over its frames; with several memories the mean over these.
   *
   * @param ids with `IMAGE_TOKEN` for each memory, in order
   * @param check called between runs; it may throw
   */
  async embed(ids: ArrayLike<number>, memories: readonly MemoryData[], check?: () => void): Promise<Float32Array> {
    const { hiddenSize: d, vocabSize } = this.folder.config;
    const list = Array.from(ids);
    const places = list.filter((id) => id === IMAGE_TOKEN).length;
    if (places !== 0 && places !== memories.length)
      throw new LlavaMiniError('bad-argument', `the prompt has ${places} places for ${memories.length} pictures`);
    const wrong = list.find((id) => id !== IMAGE_TOKEN && !(Number.isInteger(id) && id >= 0 && id < vocabSize));
    if (wrong !== undefined)
      throw new LlavaMiniError('bad-argument', `token id ${wrong} is outside the vocabulary of ${vocabSize}`);
    const textIds = list.filter((id) => id !== IMAGE_TOKEN);
    const raw = await this.embeddings.rows(textIds);
    const kept = textIds.flatMap((id, i) => (id === 0 ? [] : [i])); // id 0 counts as padding in pre-fusion
    if (memories.length && kept.length && this.sessions.has('text')) {
      const dense = new Float32Array(kept.length * d);
      kept.forEach((i, k) => {
        dense.set(raw.subarray(i * d, (i + 1) * d), k * d);
      });
      const fused = await this.fuse(dense, memories, check);
      kept.forEach((i, k) => {
        raw.set(fused.subarray(k * d, (k + 1) * d), i * d);
      });
    }
    const total = textIds.length + (places ? memories.reduce((sum, m) => sum + this.visionTokens(m), 0) : 0);
    const out = new Float32Array(total * d);
    let at = 0;
    let text = 0;
    let picture = 0;
    for (const id of list) {
      const rows = id === IMAGE_TOKEN ? memories[picture++].tokens : raw.subarray(text * d, ++text * d);
      out.set(rows, at);
      at += rows.length;
    }
    return out;
  }

  /** @param text `[T, D]` raw embeddings, @returns `[T, D]` */
  private async fuse(text: Float32Array, memories: readonly MemoryData[], check?: () => void): Promise<Float32Array> {
    const { hiddenSize: d, kvHeads, headDim, prefusionLayers } = this.folder.config;
    const tokens = text.length / d;
    const each = kvHeads * this.length * headDim;
    const mean = new Float32Array(text.length);
    for (const memory of memories) {
      const share = 1 / (memory.frames * memories.length);
      for (let f = 0; f < memory.frames; f += this.options.frameChunk) {
        check?.();
        const n = Math.min(this.options.frameChunk, memory.frames - f);
        const rows = new Float32Array(n * text.length);
        for (let i = 0; i < n; i++) rows.set(text, i * text.length);
        const cut = (data: Float32Array): ort.Tensor =>
          // slice() of shared memory would be shared again, which the engine does not take.
          new ort.Tensor('float32', new Float32Array(data.subarray(f * each, (f + n) * each)), [
            n,
            kvHeads,
            this.length,
            headDim,
          ]);
        const feeds: Record<string, ort.Tensor> = { embeddings: new ort.Tensor('float32', rows, [n, tokens, d]) };
        for (let i = 0; i < prefusionLayers; i++) {
          feeds[`prefix_key.${i}`] = cut(memory.prefix[i].key);
          feeds[`prefix_value.${i}`] = cut(memory.prefix[i].value);
        }
        const sum = (await this.run('text', feeds)).fused.data as Float32Array;
        for (let i = 0; i < mean.length; i++) mean[i] += sum[i] * share;
      }
    }
    return mean;
  }

  /**
   * Appends embeddings to a row of the cache.
   *
   * @param embeddings `[T, D]`, @param past positions that the row already holds
   * @returns logits of the last position, `[V]`
   */
  async append(row: number, embeddings: Float32Array, past: number): Promise<Float32Array> {
    const tokens = embeddings.length / this.folder.config.hiddenSize;
    const { past: feeds, present } = this.cache.view(row, 1);
    const out = await this.run(
      'decoder',
      {
        ...feeds,
        embeddings: new ort.Tensor('float32', embeddings, [1, tokens, this.folder.config.hiddenSize]),
        lengths: new ort.Tensor('int32', Int32Array.of(past + tokens - 1), [1]),
        total: new ort.Tensor('int32', Int32Array.of(past + tokens), []),
        last: new ort.Tensor('int64', BigInt64Array.of(BigInt(tokens - 1)), [1, 1]),
      },
      { logits: null, ...present },
    );
    return out.logits.data as Float32Array;
  }

  /**
   * One token for each of the first rows of the cache.
   *
   * @param ids one per row, @param past positions that each row already holds
   * @returns logits `[rows, V]`
   */
  async step(ids: readonly number[], past: readonly number[]): Promise<Float32Array> {
    const rows = ids.length;
    const { past: feeds, present } = this.cache.view(0, rows);
    const embeddings = await this.embeddings.rows(ids);
    const out = await this.run(
      'decoder',
      {
        ...feeds,
        embeddings: new ort.Tensor('float32', embeddings, [rows, 1, this.folder.config.hiddenSize]),
        lengths: new ort.Tensor('int32', Int32Array.from(past), [rows]),
        total: new ort.Tensor('int32', Int32Array.of(Math.max(...past) + 1), []),
        last: new ort.Tensor('int64', new BigInt64Array(rows), [rows, 1]),
      },
      { logits: null, ...present },
    );
    return out.logits.data as Float32Array;
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await insideNative(() => session.release());
    await this.checkpoint.close();
  }

  private run(
    name: SessionName,
    feeds: ort.InferenceSession.FeedsType,
    fetches?: ort.InferenceSession.FetchesType,
  ): Promise<ort.InferenceSession.ReturnType> {
    return runSession(this.sessions.get(name)!, `${name} graph`, feeds, fetches);
  }
}

const EMBEDDINGS = 'model.embed_tokens.weight';

function checkTable(checkpoint: Checkpoint, vocab: number, width: number): void {
  const found = checkpoint.has(EMBEDDINGS) ? checkpoint.info(EMBEDDINGS).shape : null;
  if (found?.length === 2 && found[0] === vocab && found[1] === width) return;
  throw new LlavaMiniError(
    'bad-checkpoint',
    found
      ? `tensor ${EMBEDDINGS} has shape [${found.join(', ')}], but config.json asks for [${vocab}, ${width}]`
      : `the checkpoint in ${checkpoint.dir} has no tensor ${EMBEDDINGS}`,
  );
}

function lastParts(features: ort.Tensor, frames: number, parts: number): Float32Array {
  const data = features.data as Float32Array;
  const each = data.length / (frames * parts);
  const out = new Float32Array(frames * each);
  for (let f = 0; f < frames; f++) {
    const from = (f * parts + parts - 1) * each;
    out.set(data.subarray(from, from + each), f * each);
  }
  return out;
}
