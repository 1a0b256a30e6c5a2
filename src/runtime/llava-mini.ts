import './no-telemetry.ts';
import { randomUUID } from 'node:crypto';
import { LlavaMiniError } from '../errors.ts';
import type { ModelFolder } from '../folder/model-folder.ts';
import { type DecodeOptions, decodePicture, isPicture, type Picture } from '../media/index.ts';
import type { ModelConfig } from '../model/config.ts';
import { patchGrid, type VisionConfig } from '../model/vision/index.ts';
import { buildPrompt, type ConversationName, IMAGE_TOKEN, stopsOf, type TextTokenizer } from '../text/index.ts';
import { loadTokenizer } from '../text/load-tokenizer.ts';
import { type Answer, type AnswerOptions, checkAnswerOptions, DEFAULT_MAX_TOKENS } from './answer.ts';
import { AnswerStream } from './answer-stream.ts';
import { AnswerText } from './answer-text.ts';
import {
  type ChatMessage,
  characters,
  chatMessages,
  type ImageInput,
  type PreparedMessages,
  questionMessages,
  withSystem,
} from './chat.ts';
import { Conversation } from './conversation.ts';
import type { EngineApi } from './engine-api.ts';
import { EngineClient } from './engine-client.ts';
import { WORKER_AVAILABLE } from './engine-worker.ts';
import { checkLoadOptions, conversationOf, type LoadOptions, modelPath } from './load-options.ts';
import { LocalEngine } from './local-engine.ts';
import { readyModel } from './ready-model.ts';
import { answerRoom, promptTooLong } from './scheduler.ts';
import type { WeightType } from './sessions.ts';
import { partsOf, VisualMemory } from './visual-memory.ts';

/** What a loaded model is. */
export interface ModelInfo {
  dir: string;
  config: ModelConfig;
  vision: VisionConfig;
  conversation: ConversationName;
  /** Longest prompt and answer together. */
  maxLength: number;
  /** Vision tokens per picture. */
  visionTokens: number;
  /** How its weights are stored. */
  dtype: WeightType;
  /** Milliseconds that loading took, a conversion included. */
  loadTime: number;
}

interface Parts {
  folder: ModelFolder;
  tokenizer: TextTokenizer;
  engine: EngineApi;
  info: ModelInfo;
}

/** No token stands for more characters than this, so a longer text cannot fit however it is cut. */
const LONGEST_TOKEN = 512;

/** A LLaVA-Mini model that answers questions about pictures. Everything on it may be called at the same time. */
export class LlavaMini {
  readonly info: ModelInfo;
  readonly tokenizer: TextTokenizer;
  private readonly folder: ModelFolder;
  private readonly engine: EngineApi;
  private readonly stops: { ids: number[]; strings: string[] };

  private constructor({ folder, tokenizer, engine, info }: Parts) {
    this.info = info;
    this.tokenizer = tokenizer;
    this.folder = folder;
    this.engine = engine;
    const { ids, strings } = stopsOf(tokenizer, info.conversation);
    this.stops = { ids: [...new Set([...folder.stopIds, ...ids])], strings };
  }

  /**
   * Loads a model.
   *
   * @param pathOrId folder of a model, or `ORG/NAME` on the hub, which is downloaded when the hub's cache lacks it; the
   *   model packaged with this library by default
   * @throws LlavaMiniError `not-found`, `download`, `bad-model`, `bad-checkpoint`, `unsupported`, `bad-argument`,
   *   `out-of-memory`, `no-space`, `engine`; the signal's reason
   */
  static async load(pathOrId?: string, options: LoadOptions = {}): Promise<LlavaMini> {
    const start = performance.now();
    checkLoadOptions(options);
    const { signal, onProgress, onWarning } = options;
    const dir = await modelPath(pathOrId, {
      signal,
      onWarning,
      onProgress: ({ bytes: done, totalBytes: all, bytesPerSecond, secondsLeft }) =>
        onProgress?.({ phase: 'downloading', done, all, bytesPerSecond, secondsLeft }),
    });
    const { folder, options: forEngine } = await readyModel(dir, options);
    const tokenizer = await loadTokenizer(folder.dir);
    if (tokenizer.vocabSize > folder.config.vocabSize)
      throw new LlavaMiniError(
        'bad-model',
        `tokenizer.json has ${tokenizer.vocabSize} tokens, but config.json says vocab_size ${folder.config.vocabSize}`,
        { hint: 'tokenizer and weights must come from the same model' },
      );
    const progress = (done: number, all: number): void => onProgress?.({ phase: 'loading', done, all });
    const inWorker = (options.engine ?? (WORKER_AVAILABLE ? 'worker' : 'inline')) === 'worker';
    const engine = inWorker
      ? await EngineClient.load(forEngine, progress, signal)
      : await LocalEngine.load(forEngine, progress, signal);
    const conversation = options.conversation ?? conversationOf(folder, tokenizer);
    const { config, vision } = folder;
    const visionTokens = forEngine.layout === 'llava' ? patchGrid(vision).patches : config.compressorSize ** 2;
    const { maxLength, dtype } = forEngine;
    const loadTime = performance.now() - start;
    const info = { dir: folder.dir, config, vision, conversation, maxLength, visionTokens, dtype, loadTime };
    return new LlavaMini({ folder, tokenizer, engine, info });
  }

  /**
   * Looks at a picture once, for any number of questions.
   *
   * @param image a path, an address (with `allowRemote`), bytes, a Blob, a stream, or decoded pixels
   * @throws LlavaMiniError `bad-image`, `image-too-large`, `not-found`, `bad-url`, `download`, `engine`; the
   *   signal's reason
   */
  async see(image: ImageInput, options: DecodeOptions = {}): Promise<VisualMemory> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (image instanceof VisualMemory) {
      partsOf(image, this);
      return image;
    }
    const start = performance.now();
    const picture = await decodePicture(image, options);
    const decode = performance.now() - start;
    // The engine's thread takes the pixels away, which must not happen to the caller's own.
    const own: Picture = isPicture(image) ? { ...picture, data: picture.data.slice() } : picture;
    const { width, height } = picture;
    const { memory, times } = await this.engine.see({ id: randomUUID(), frames: [own] }, signal);
    const { config, vision } = this.folder;
    const grid = patchGrid(vision);
    const side = grid.side * config.resolutionRatio;
    return new VisualMemory({
      data: memory,
      owner: this,
      width,
      height,
      side,
      keys: side * side + grid.extra,
      timings: { decode, ...times },
    });
  }

  /**
   * Answers a question about a picture, several pictures, or none (null).
   *
   * @throws LlavaMiniError `bad-argument` (empty question, bad options), `prompt-too-long`, what `see` throws,
   *   `engine`; the signal's reason
   */
  ask(
    image: ImageInput | readonly ImageInput[] | null,
    question: string,
    options: AnswerOptions = {},
  ): Promise<Answer> {
    return this.stream(image, question, options).result;
  }

  /** As `ask`, giving the text while it is made. */
  stream(
    image: ImageInput | readonly ImageInput[] | null,
    question: string,
    options: AnswerOptions = {},
  ): AnswerStream {
    const images =
      image === null ? [] : Array.isArray(image) ? (image as readonly ImageInput[]) : [image as ImageInput];
    return this.answer(() => questionMessages(images, question), options);
  }

  /**
   * Answers the last message of a chat. Pictures given as a `VisualMemory` are not looked at again, and what is the
   * same as in an earlier call is not computed again.
   */
  chat(messages: readonly ChatMessage[], options: AnswerOptions = {}): Promise<Answer> {
    return this.chatStream(messages, options).result;
  }

  /** As `chat`, giving the text while it is made. */
  chatStream(messages: readonly ChatMessage[], options: AnswerOptions = {}): AnswerStream {
    return this.answer(() => chatMessages(messages), options);
  }

  /** A chat that keeps its history and pictures itself. */
  conversation(options: AnswerOptions = {}): Conversation {
    return new Conversation(this, options);
  }

  /** Ends the engine. Whatever is asked later fails. */
  async dispose(): Promise<void> {
    await this.engine.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private answer(prepare: () => PreparedMessages, options: AnswerOptions): AnswerStream {
    return new AnswerStream(async (emit, left) => {
      const start = performance.now();
      checkAnswerOptions(options);
      const signal = options.signal ? AbortSignal.any([options.signal, left]) : left;
      const { messages, images } = prepare();
      const all = withSystem(messages, options.system);
      const { maxLength, visionTokens } = this.info;
      // A text far too long is not worth the time its tokens take.
      if (characters(all) > maxLength * LONGEST_TOKEN) throw promptTooLong(`more than ${maxLength}`, maxLength);
      const { ids } = buildPrompt(this.tokenizer, this.info.conversation, all);
      const tokensOf = (image: ImageInput): number =>
        image instanceof VisualMemory ? partsOf(image, this).data.frames * visionTokens : visionTokens;
      const inPrompt = images.reduce((sum, image) => sum + tokensOf(image), 0);
      const text = ids.filter((id) => id !== IMAGE_TOKEN).length;
      const maxTokens = answerRoom(text + inPrompt, options.maxTokens ?? DEFAULT_MAX_TOKENS, maxLength);

      const memories = await this.seeAll(images, { ...options.picture, signal });
      const seen = new Set(memories.filter((_, i) => !(images[i] instanceof VisualMemory)));
      const pictures = [...seen].map((memory) => memory.timings);
      const sum = (of: (t: (typeof pictures)[number]) => number): number => pictures.reduce((s, t) => s + of(t), 0);

      const answer = new AnswerText(this.tokenizer, [...(options.stop ?? []), ...this.stops.strings]);
      const finish = new AbortController();
      let firstToken = 0;
      const result = await this.engine.generate(
        {
          ids,
          memories: memories.map((memory) => partsOf(memory, this).data),
          sampling: samplingOf(options),
          maxTokens,
          stopIds: this.stops.ids,
        },
        {
          signal,
          finish: finish.signal,
          onToken: (id) => {
            firstToken ||= performance.now() - start;
            emit(answer.push(id));
            if (answer.stopped) finish.abort();
          },
        },
      );
      emit(answer.end());
      const { times, promptTokens, cachedTokens } = result;
      const total = performance.now() - start;
      const logProbabilities = result.logProbabilities.slice(0, answer.tokens.length);
      return {
        text: answer.text,
        tokens: answer.tokens,
        logProbabilities,
        confidence: Math.exp(Math.min(0, ...logProbabilities)),
        finishReason: answer.stopped ? 'stop' : result.finishReason,
        usage: { promptTokens, visionTokens: inPrompt, cachedTokens, answerTokens: answer.tokens.length },
        timings: {
          load: this.info.loadTime,
          decode: sum((t) => t.decode),
          prepare: sum((t) => t.prepare),
          vision: sum((t) => t.vision),
          prefusion: sum((t) => t.prefusion) + times.prefusion,
          prefill: times.prefill,
          firstToken: firstToken || total,
          perToken: times.decode / Math.max(1, result.tokens.length - 1),
          total,
        },
      };
    });
  }

  /** The same picture given twice is looked at once. */
  private async seeAll(images: readonly ImageInput[], options: DecodeOptions): Promise<VisualMemory[]> {
    const seen = new Map<ImageInput, Promise<VisualMemory>>();
    for (const image of images) if (!seen.has(image)) seen.set(image, this.see(image, options));
    return Promise.all(images.map((image) => seen.get(image)!));
  }
}

function samplingOf({ temperature, topP, topK, repetitionPenalty, seed }: AnswerOptions) {
  return { temperature, topP, topK, repetitionPenalty, seed };
}
