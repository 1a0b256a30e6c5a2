/** @module LLaVA-Mini in TypeScript: ask questions about pictures, with one vision token per picture. */
export { type ErrorCode, LlavaMiniError } from './errors.ts';
export { convertModel } from './folder/convert.ts';
export type { ConvertOptions, ConvertProgress } from './folder/convert-options.ts';
export {
  type ExportDtype,
  type ExportOptions,
  type ExportProgress,
  type ExportReport,
  exportModel,
} from './folder/export.ts';
export type { Dtype, Manifest } from './folder/manifest.ts';
export type { DecodeOptions, Picture, PictureLimits, PictureSource } from './media/index.ts';
export type { ModelConfig } from './model/config.ts';
export type { VisionConfig } from './model/vision/index.ts';
export type { Answer, AnswerOptions, Timings, Usage } from './runtime/answer.ts';
export type { AnswerStream } from './runtime/answer-stream.ts';
export type { ChatMessage, ChatPart, ImageInput } from './runtime/chat.ts';
export type { Conversation } from './runtime/conversation.ts';
export type { FinishReason } from './runtime/generation.ts';
export { LlavaMini, type ModelInfo } from './runtime/llava-mini.ts';
export type { LoadOptions, LoadProgress } from './runtime/load-options.ts';
export type { SamplingOptions } from './runtime/sampling.ts';
export type { Device, WeightType } from './runtime/sessions.ts';
export { type AttentionMap, type MemoryTimings, VisualMemory } from './runtime/visual-memory.ts';
export type { ConversationName, Role } from './text/index.ts';
