import { LlavaMiniError } from '../errors.ts';
import type { BlockSize } from '../graph/index.ts';
import { DTYPES, type Dtype } from './manifest.ts';
import type { ModelFolder } from './model-folder.ts';

/** How a model is converted; see `weightFormat` for what each type means. */
export interface ConvertOptions {
  dtype: Dtype;
  /** Values per block: 16, 32, 64, 128 or 256. Default 128, the fastest on CPUs; browsers' GPUs want 32. */
  block?: BlockSize;
  /** Blocks without zero points. Default true; false is a little more exact at 4 bits, and larger. */
  symmetric?: boolean;
  /** At `q4`, no matrix of the language model in 8 bits: faster, less exact. Default false. */
  uniform?: boolean;
  /** Longest sequence. Default: what the model was made for, at most 4,096. */
  maxLength?: number;
  /** `llava`: all patches as vision tokens, no pre-fusion. */
  layout?: 'mini' | 'llava';
  /** Most bytes of a weights file, unless a single array is larger. Default 2,000,000,000. */
  partBytes?: number;
  /** Vision tower of a checkpoint that has none of its own: a folder, or `ORG/NAME` in the hub cache. */
  tower?: string;
  /** Threads that quantise. Default: one per core, at most 16, since each needs memory of its own. */
  threads?: number;
  signal?: AbortSignal;
  onProgress?: (progress: ConvertProgress) => void;
  /** Called once when another process is converting to the same place, and this one waits for it. */
  onWait?: () => void;
}

/** How far a conversion is: first the source is hashed, then its weights are converted. */
export interface ConvertProgress {
  phase: 'hashing' | 'converting';
  /** Of the source. */
  bytes: number;
  totalBytes: number;
  /** Over the last few seconds. */
  bytesPerSecond: number;
  /** Undefined until there is a speed. */
  secondsLeft: number | undefined;
}

/** The options that decide what is written. */
export type ConversionKind = Required<
  Pick<ConvertOptions, 'dtype' | 'block' | 'symmetric' | 'uniform' | 'maxLength' | 'layout' | 'partBytes'>
>;

/** What a browser can load: small blocks for its GPU, small files for its memory (a single larger array stays whole). */
export const BROWSER_OPTIONS = { block: 32, partBytes: 512 << 20 } as const;

const BLOCKS: readonly number[] = [16, 32, 64, 128, 256];
const LONGEST_DEFAULT = 4096;

/** The options with their defaults. @throws LlavaMiniError `bad-argument` naming the option */
export function conversionKind(
  options: ConvertOptions,
  folder: Pick<ModelFolder, 'config' | 'positions'>,
): ConversionKind {
  const { positions, config } = folder;
  const kind: ConversionKind = {
    dtype: options.dtype,
    block: options.block ?? 128,
    symmetric: options.symmetric ?? true,
    uniform: options.uniform ?? false,
    maxLength: options.maxLength ?? Math.min(positions, LONGEST_DEFAULT),
    layout: options.layout ?? 'mini',
    partBytes: options.partBytes ?? 2e9,
  };
  const refuse = (message: string, hint?: string): never => {
    throw new LlavaMiniError('bad-argument', message, { hint });
  };
  if (!DTYPES.includes(kind.dtype))
    refuse(`unknown dtype ${JSON.stringify(kind.dtype)}`, `known are ${DTYPES.join(', ')}`);
  if (!BLOCKS.includes(kind.block)) refuse(`block must be one of ${BLOCKS.join(', ')}, not ${kind.block}`);
  if (kind.layout !== 'mini' && kind.layout !== 'llava') refuse(`layout must be mini or llava, not ${kind.layout}`);
  if (!(Number.isSafeInteger(kind.maxLength) && kind.maxLength >= 1 && kind.maxLength <= config.maxPositions))
    refuse(
      `maxLength must be a whole number from 1 to ${config.maxPositions}, the model's positions, not ${kind.maxLength}`,
    );
  if (!(Number.isSafeInteger(kind.partBytes) && kind.partBytes >= 1 << 20))
    refuse(`partBytes must be a whole number from ${1 << 20}, not ${kind.partBytes}`);
  const { threads } = options;
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1 && threads <= 1024))
    refuse(`threads must be a whole number from 1 to 1024, not ${threads}`);
  return kind;
}
