import * as ort from 'onnxruntime-node';
import type { LoadedModel } from './loaded-model.ts';

/** Keys and values of one layer, `[F, kvHeads, L, Dh]`. */
export interface PrefixData {
  key: Float32Array;
  value: Float32Array;
}

/**
 * Runs pre-fusion (see `prefusionGraph`).
 *
 * @param embeddings `[F, T, D]`
 * @param wanted so many of the last rows are wanted
 * @param prefix per layer; null for the image part, which has none
 * @param outputs names of what is wanted besides; all of it by default
 */
export function prefuse(
  model: LoadedModel,
  embeddings: ort.Tensor,
  wanted: number,
  prefix: readonly PrefixData[] | null,
  outputs?: readonly string[],
): Promise<ort.InferenceSession.ReturnType> {
  const { kvHeads, headDim, prefusionLayers } = model.folder.config;
  const shape = [embeddings.dims[0], kvHeads, prefix ? model.imageLength : 0, headDim];
  const feeds: Record<string, ort.Tensor> = {
    embeddings,
    wanted: new ort.Tensor('int64', BigInt64Array.of(BigInt(wanted)), []),
  };
  const none = new Float32Array(0);
  for (let i = 0; i < prefusionLayers; i++) {
    feeds[`prefix_key.${i}`] = new ort.Tensor('float32', prefix ? prefix[i].key : none, shape);
    feeds[`prefix_value.${i}`] = new ort.Tensor('float32', prefix ? prefix[i].value : none, shape);
  }
  return model.run('prefusion', feeds, outputs && Object.fromEntries(outputs.map((name) => [name, null])));
}
