/** @module Weights in fewer bits. */
export { encodeRows, type RowsToEncode } from './encode-rows.ts';
export { EncoderPool } from './encoder-pool.ts';
export { type BlockFormat, quantiseRows } from './quantise-rows.ts';
