import * as ort from 'onnxruntime-node';
import * as g from '../graph/index.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { foldedWidth, foldMaps } from '../model/vision/efficientnet-lite.ts';
import type { FeatureStore } from './feature-store.ts';
import { inlineFrom, type Weights } from './weights.ts';

const BATCH = 16;

/** Runs the trained fold over kept maps: what is left is a sixth of the size and all that later stages need. */
export async function foldStore<Label>(
  config: LiteVisionConfig,
  weights: Weights,
  from: FeatureStore<Label>,
  to: FeatureStore<Label>,
  onPicture: (done: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const graph = new g.Graph('fold', 'inference');
  const [patches, width] = [(config.imageSize / 32) ** 2, foldedWidth(config)];
  const maps = graph.input('maps', 'float16', ['n', patches, width]);
  graph.output('patches', g.cast(foldMaps(graph, config, g.cast(maps, 'float32')), 'float16'));
  const session = await ort.InferenceSession.create(g.serialise(graph, inlineFrom(weights)), {
    intraOpNumThreads: 2,
    logSeverityLevel: 3,
  });
  try {
    while (to.length < from.length) {
      signal?.throwIfAborted();
      const n = Math.min(BATCH, from.length - to.length);
      const start = to.length;
      const input = new Uint16Array(n * from.patchValues);
      const probabilities = new Uint16Array(n * from.classes);
      for (let i = 0; i < n; i++) from.read(start + i, input, probabilities, i);
      const out = await session.run({ maps: new ort.Tensor('float16', input, [n, patches, width]) });
      const data = out.patches.data as unknown as Uint16Array;
      const halves = new Uint16Array(data.buffer, data.byteOffset, data.length);
      to.append(
        Array.from({ length: n }, (_, i) => ({
          features: {
            patches: halves.subarray(i * to.patchValues, (i + 1) * to.patchValues),
            probabilities: probabilities.subarray(i * to.classes, (i + 1) * to.classes),
          },
          label: from.labels[start + i],
        })),
      );
      onPicture(to.length);
    }
  } finally {
    await session.release();
  }
}
