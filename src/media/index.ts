/** @module Pictures in: decoding, safe fetching, resizing as PIL does, preparing for a vision tower. */
export { type DecodeOptions, decodePicture } from './decode.ts';
export { type FetchOptions, fetchMedia } from './fetch.ts';
export * from './portable.ts';
export type { PictureSource, ReadOptions } from './source.ts';
