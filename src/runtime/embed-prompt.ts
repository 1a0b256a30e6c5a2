import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import { IMAGE_TOKEN } from '../text/conversation.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { MemoryData } from './memory-data.ts';
import { prefuse } from './prefuse.ts';

/** Vision tokens that a memory takes in the language model. */
export function visionTokens(model: LoadedModel, memory: MemoryData): number {
  return memory.tokens.length / model.folder.config.hiddenSize;
}

/**
 * What the language model gets for a prompt, `[T, D]`: fused text, raw embeddings of token id 0, each picture's
 * vision tokens in its place. Without a memory, raw embeddings. With memories but no place for them, the text is
 * fused and no vision token goes in (as the reference does).
 *
 * Text is fused with each memory alone, the mean over its frames; with several memories the mean over these.
 *
 * @param ids with `IMAGE_TOKEN` for each memory, in order
 * @param check called between runs; it may throw
 */
export async function embedPrompt(
  model: LoadedModel,
  ids: ArrayLike<number>,
  memories: readonly MemoryData[],
  check?: () => void,
): Promise<Float32Array> {
  const { hiddenSize: d, vocabSize } = model.folder.config;
  const list = Array.from(ids);
  const places = list.filter((id) => id === IMAGE_TOKEN).length;
  if (places !== 0 && places !== memories.length)
    throw new LlavaMiniError('bad-argument', `the prompt has ${places} places for ${memories.length} pictures`);
  const wrong = list.find((id) => id !== IMAGE_TOKEN && !(Number.isInteger(id) && id >= 0 && id < vocabSize));
  if (wrong !== undefined)
    throw new LlavaMiniError('bad-argument', `token id ${wrong} is outside the vocabulary of ${vocabSize}`);
  const textIds = list.filter((id) => id !== IMAGE_TOKEN);
  const raw = await model.embeddings.rows(textIds);
  const kept = textIds.flatMap((id, i) => (id === 0 ? [] : [i])); // id 0 counts as padding in pre-fusion
  if (memories.length && kept.length && model.fuses) {
    const dense = new Float32Array(kept.length * d);
    kept.forEach((i, k) => {
      dense.set(raw.subarray(i * d, (i + 1) * d), k * d);
    });
    const fused = await fuse(model, dense, memories, check);
    kept.forEach((i, k) => {
      raw.set(fused.subarray(k * d, (k + 1) * d), i * d);
    });
  }
  const total = textIds.length + (places ? memories.reduce((sum, m) => sum + visionTokens(model, m), 0) : 0);
  const out = new Float32Array(total * d);
  let at = 0;
  let text = 0;
  let picture = 0;
  for (const id of list) {
    const rows = id === IMAGE_TOKEN ? memories[picture++].tokens : raw.subarray(text * d, ++text * d);
    out.set(rows, at);
    at += rows.length;
  }
  return out;
}

/** @param text `[T, D]` raw embeddings, @returns `[T, D]` */
async function fuse(
  model: LoadedModel,
  text: Float32Array,
  memories: readonly MemoryData[],
  check?: () => void,
): Promise<Float32Array> {
  const d = model.folder.config.hiddenSize;
  const tokens = text.length / d;
  const mean = new Float32Array(text.length);
  for (const memory of memories) {
    const share = 1 / (memory.frames * memories.length);
    for (let f = 0; f < memory.frames; f += model.options.frameChunk) {
      check?.();
      const n = Math.min(model.options.frameChunk, memory.frames - f);
      const rows = new Float32Array(n * text.length);
      for (let i = 0; i < n; i++) rows.set(text, i * text.length);
      const prefix = memory.prefix.map(({ key, value }) => ({
        key: cut(key, memory, f, n),
        value: cut(value, memory, f, n),
      }));
      const { fused } = await prefuse(model, new ort.Tensor('float32', rows, [n, tokens, d]), tokens, prefix, [
        'fused',
      ]);
      const data = fused.data as Float32Array;
      for (let i = 0; i < data.length; i++) mean[i % mean.length] += data[i] * share;
    }
  }
  return mean;
}

/** Some frames' part of a memory. slice() of shared memory would be shared again, which the engine does not take. */
function cut(data: Float32Array, { frames }: MemoryData, first: number, count: number): Float32Array {
  const each = data.length / frames;
  return new Float32Array(data.subarray(first * each, (first + count) * each));
}
