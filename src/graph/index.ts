/** @module The typed ONNX graph builder. It knows tensors, not models. */
export { groupQueryAttention, type PrefixedAttention, prefixAttention, rotary } from './attention.ts';
export { type CacheCall, CHUNK, cacheCall, cachedAttention } from './cached-attention.ts';
export * from './conv.ts';
export { dequantiseRow } from './dequantise.ts';
export { gradients } from './gradients.ts';
export { Graph, type GraphMode } from './graph.ts';
export * from './nn.ts';
export * from './ops.ts';
export { ELEMENT_BYTES, type ParameterPlace, serialise, usedParameters, usedValues } from './serialise.ts';
export { type Dim, type DType, type Shape, Value } from './value.ts';
export { type BlockSize, partBytes, type WeightFormat, type WeightPart, weightParts } from './weight-format.ts';
