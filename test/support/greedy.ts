import { readModelFolder } from '../../src/folder/model-folder.ts';
import { Engine } from '../../src/runtime/engine.ts';
import { ENGINE_DEFAULTS } from '../../src/runtime/engine-options.ts';
import { IMAGE_TOKEN } from '../../src/text/conversation.ts';
import { type GoldenCase, goldenTensors } from './golden-cases.ts';
import { casePixels } from './golden-pixels.ts';

/** The greedy continuation of a golden case by the model in a folder, and the logits it was chosen from. */
export async function greedy(
  dir: string,
  golden: GoldenCase,
  options: { tower?: string } = {},
): Promise<{ ids: number[]; logits: Float32Array[] }> {
  const folder = await readModelFolder(dir);
  const engine = await Engine.load({
    ...ENGINE_DEFAULTS,
    ...options,
    dir,
    device: 'cpu',
    dtype: 'fp32',
    threads: 1,
    maxLength: 2048,
  });
  try {
    const input = (golden.input_ids as number[]).map((id) => (id === golden.image_token_index ? IMAGE_TOKEN : id));
    const pixels = await casePixels(golden, await goldenTensors(golden.name), folder);
    const memories = pixels ? [(await engine.see(pixels, 1, golden.name)).memory] : [];
    const embeddings = await engine.embed(input, memories);
    const tokens = embeddings.length / folder.config.hiddenSize;
    const steps = golden.generated!.length;
    engine.cache.reserve(1, tokens + steps);
    const logits = [await engine.append(0, embeddings, 0)];
    const ids: number[] = [];
    for (let i = 0; ; i++) {
      const row = logits[i];
      ids.push(row.indexOf(row.reduce((a, b) => Math.max(a, b))));
      if (ids.length === steps) return { ids, logits };
      logits.push(await engine.step([ids[i]], [tokens + i]));
    }
  } finally {
    await engine.dispose();
  }
}
