import type { FeatureStore } from './feature-store.ts';
import type { TowerRunner } from './tower-runner.ts';

const BATCH = 16;

/**
 * Sends pictures through the frozen tower into a store, from the store's present length on.
 *
 * @param pictures those that are still missing, in order
 */
export async function keepPictures<Label>(
  pictures: AsyncIterable<{ picture: Uint8Array; label: Label }>,
  tower: TowerRunner,
  store: FeatureStore<Label>,
  onPicture: (done: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  let waiting: { picture: Uint8Array; label: Label }[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const features = await tower.run(waiting.map((w) => w.picture));
    store.append(waiting.map((w, i) => ({ features: features[i], label: w.label })));
    waiting = [];
    onPicture(store.length);
  };
  for await (const made of pictures) {
    signal?.throwIfAborted();
    waiting.push(made);
    if (waiting.length === BATCH) await flush();
  }
  await flush();
}
