/** @module Weights in blocks of 4 or 8 bits. */
export { type BlockFormat, checkFinite, makeQuantisedRows, type QuantisedRows, quantiseRows } from './quantise-rows.ts';
