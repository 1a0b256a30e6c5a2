import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { PullOptions } from '../checkpoint/hub/index.ts';
import { mayBeFetched } from '../checkpoint/hub/names.ts';
import { LlavaMiniError } from '../errors.ts';
import type { ModelFolder } from '../folder/model-folder.ts';
import { CONVERSATIONS, type ConversationName, type TextTokenizer } from '../text/index.ts';
import { ENGINE_DEFAULTS, type EngineOptions } from './engine-options.ts';
import { DEVICES, type Device, WEIGHT_TYPES, type WeightType } from './sessions.ts';

export interface LoadOptions {
  /** Default: one per core. */
  threads?: number;
  /** Default `cpu`. */
  device?: Device;
  /**
   * How weights are stored. A converted model has one type only, and that is its default. Any other model is converted
   * into the cache first, unless it takes less than 2 GB as float32: then its default is `fp32`, which needs no
   * conversion; for larger ones it is `q4`.
   */
  dtype?: WeightType;
  /** Longest prompt and answer together, in tokens. Default: what the model was made for, at most 4,096. */
  maxLength?: number;
  /**
   * Vision tower of a checkpoint that has none of its own, as those of LLaVA-1.5: a folder, or `ORG/NAME` in the hub
   * cache. Default: what its config.json names.
   */
  tower?: string;
  /** How messages become a prompt. Default: by the model. */
  conversation?: ConversationName;
  /** `worker`: in a thread of its own, so that this one stays free (default); `inline`: in this thread. */
  engine?: 'worker' | 'inline';
  /** Whether to refuse a model for which memory seems too small. Default true. */
  memoryCheck?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
  /** Called once when another process is converting the same model, and this one waits for it. */
  onWait?: () => void;
  /** Things the user should know that are no errors: hub down, another process downloading the model. */
  onWarning?: (message: string) => void;
  /** For measurements: how the engine does its work. */
  tuning?: Partial<Pick<EngineOptions, 'layout' | 'maxBatch' | 'prefillChunk' | 'frameChunk'>>;
}

export interface LoadProgress {
  /**
   * Of a model given as `ORG/NAME`, what the hub's cache lacks is downloaded. A conversion, where there has to be one,
   * first hashes what it converts.
   */
  phase: 'downloading' | 'hashing' | 'converting' | 'loading';
  /** Parts of the model that are ready, of so many; bytes of a download or of a conversion's source. */
  done: number;
  all: number;
  /** Of a download or a conversion. */
  bytesPerSecond?: number;
  secondsLeft?: number;
}

const LONGEST_DEFAULT = 4096;

/** The model that comes with this package. */
export function packagedModel(): string {
  return fileURLToPath(new URL('../../models/nano', import.meta.url));
}

/** @throws LlavaMiniError `bad-argument`, `unsupported`, naming the option and what is known; the signal's reason */
export function checkLoadOptions(options: LoadOptions): void {
  const known = (name: string, value: unknown, all: readonly unknown[], code: 'bad-argument' | 'unsupported'): void => {
    if (value !== undefined && !all.includes(value))
      throw new LlavaMiniError(code, `unknown ${name} ${JSON.stringify(value)}`, {
        hint: `known are ${all.join(', ')}`,
      });
  };
  known('device', options.device, DEVICES, 'unsupported');
  known('dtype', options.dtype, WEIGHT_TYPES, 'unsupported');
  known('conversation', options.conversation, CONVERSATIONS, 'bad-argument');
  known('engine', options.engine, ['worker', 'inline'], 'bad-argument');
  const whole = (name: 'threads' | 'maxLength', most: number): void => {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= most))
      throw new LlavaMiniError(
        'bad-argument',
        `${name} must be a whole number from 1 to ${most}, not ${String(value)}`,
      );
  };
  whole('threads', 1024);
  whole('maxLength', 1 << 20);
  options.signal?.throwIfAborted();
}

/** For an `ORG/NAME` that is not in the hub's cache yet. */
export type ModelPathOptions = Pick<PullOptions, 'signal' | 'onProgress' | 'onWarning'>;

/**
 * Folder of a model: a path, `ORG/NAME` on the hub (fetched into the hub's own cache first), or nothing for the
 * packaged one.
 *
 * @throws LlavaMiniError `not-found`, `bad-argument`, `download`
 */
export async function modelPath(pathOrId: string | undefined, options: ModelPathOptions = {}): Promise<string> {
  if (pathOrId === undefined) return packagedModel();
  if (typeof pathOrId !== 'string' || pathOrId === '')
    throw new LlavaMiniError('bad-argument', 'the model must be given as the path of its folder or as ORG/NAME');
  const isFolder = await stat(pathOrId).then(
    (s) => s.isDirectory(),
    () => false,
  );
  if (!isFolder && mayBeFetched(pathOrId)) {
    const { pullModel } = await import('../checkpoint/hub/index.ts');
    return pullModel(pathOrId, options);
  }
  if (!isFolder)
    throw new LlavaMiniError('not-found', `there is no model folder ${pathOrId}`, {
      hint: 'give the folder that holds the config.json of a LLaVA-Mini model, ORG/NAME of one on the hub, or nothing for the packaged one',
    });
  return pathOrId;
}

export function engineOptions(folder: ModelFolder, options: LoadOptions): EngineOptions {
  const { maxLength } = options;
  if (maxLength !== undefined && maxLength > folder.config.maxPositions)
    throw new LlavaMiniError(
      'bad-argument',
      `maxLength is ${maxLength}, but the model has ${folder.config.maxPositions} positions`,
    );
  return {
    ...ENGINE_DEFAULTS,
    layout: folder.layout,
    ...options.tuning,
    dir: folder.dir,
    tower: options.tower,
    device: options.device ?? 'cpu',
    dtype: options.dtype ?? 'fp32',
    threads: options.threads ?? availableParallelism(),
    maxLength: maxLength ?? Math.min(folder.positions, LONGEST_DEFAULT),
  };
}

/**
 * How a model was taught to talk: Llama 3.1 models as the published one, others by their own chat template, and what
 * has none as Vicuna.
 */
export function conversationOf(folder: ModelFolder, tokenizer: TextTokenizer): ConversationName {
  if (folder.config.ropeScaling?.kind === 'llama3' && tokenizer.idOf('<|eot_id|>') !== undefined)
    return 'llava_llama_3_1';
  return tokenizer.config.chat_template == null ? 'vicuna_v1' : 'template';
}
