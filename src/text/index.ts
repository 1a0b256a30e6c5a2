/** @module Text and token ids: tokenizer, prompts, streams of text. Reading files is `load-tokenizer.ts`'s (Node). */
export type { Segment } from './added-tokens.ts';
export { type BpeTrainingOptions, trainBpe } from './bpe-trainer.ts';
export * from './conversation.ts';
export { type ContentPart, type Message, type Role, userMessage } from './messages.ts';
export { StopMatcher } from './stop-matcher.ts';
export { TokenStream } from './stream.ts';
export { type EncodeOptions, TextTokenizer } from './tokenizer.ts';
export type { TrainedTokenizerJson } from './tokenizer-json.ts';
