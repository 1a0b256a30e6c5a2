import type { Device, WeightType } from './sessions.ts';

/** How an engine is made. Plain data, so that it can be sent to a worker. */
export interface EngineOptions {
  dir: string;
  /** Folder or hub name of the vision tower, for a checkpoint that has none of its own. */
  tower?: string;
  device: Device;
  dtype: WeightType;
  threads: number;
  /** Longest sequence of the language model, vision tokens and answer included. */
  maxLength: number;
  /** `llava`: all patches as vision tokens and no pre-fusion, to compare with. */
  layout: 'mini' | 'llava';
  /** Questions decoded at the same time. */
  maxBatch: number;
  /** Tokens prefilled at a time; between chunks other questions get a turn, and cancelling takes effect. */
  prefillChunk: number;
  /** Pictures or frames in one run of the vision tower and the pre-fusion. */
  frameChunk: number;
}

export const ENGINE_DEFAULTS = { layout: 'mini', maxBatch: 8, prefillChunk: 512, frameChunk: 4 } as const;
