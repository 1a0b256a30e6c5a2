import type { Picture } from '../media/index.ts';
import type { GenerateRequest, GenerateResult } from './generation.ts';
import type { MemoryData } from './memory-data.ts';

/** One picture, or the frames of one video in time order, decoded. Plain data; the pixels move with it. */
export interface SeeRequest {
  /** Of the memory to be made; unique in the process. */
  id: string;
  frames: Picture[];
}

export interface SeeResult {
  memory: MemoryData;
  times: SeeTimes;
}

/** Milliseconds. */
export interface SeeTimes {
  /** Resizing, padding, cutting into tiles, normalising. */
  prepare: number;
  vision: number;
  /** Compressor, projector, image part of pre-fusion. */
  prefusion: number;
}

export interface GenerateHooks {
  onToken?: (id: number) => void;
  /** Cancels: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Ends the answer at what it has, without an error. */
  finish?: AbortSignal;
}

/** What a loaded model can be asked, whether it lives in this thread or in another. */
export interface EngineApi {
  see(request: SeeRequest, signal?: AbortSignal): Promise<SeeResult>;
  generate(request: GenerateRequest, hooks?: GenerateHooks): Promise<GenerateResult>;
  dispose(): Promise<void>;
}
