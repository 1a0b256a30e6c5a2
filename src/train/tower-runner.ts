import * as ort from 'onnxruntime-node';
import { LlavaMiniError } from '../errors.ts';
import * as g from '../graph/index.ts';
import { Graph, serialise } from '../graph/index.ts';
import type { ImageProcessor } from '../media/index.ts';
import type { LiteVisionConfig } from '../model/vision/config.ts';
import { foldedWidth, foldMaps, liteFeatures } from '../model/vision/efficientnet-lite.ts';
import { inlineFrom, type Weights } from './weights.ts';

/** What is kept of a picture: half-precision patches and class probabilities. */
export interface KeptFeatures {
  /** `[side², width]` */
  patches: Uint16Array;
  /** `[classes]` */
  probabilities: Uint16Array;
}

/**
 * Runs the frozen tower over pictures for training: `maps` keeps the folded maps (stage 0, which trains the map),
 * `patches` what the trained map makes of them (a sixth of the size).
 */
export class TowerRunner {
  /** Values per kept picture: patches, then probabilities. */
  readonly patchValues: number;
  readonly classes: number;
  private readonly session: ort.InferenceSession;
  private readonly size: number;

  private constructor(session: ort.InferenceSession, patchValues: number, config: LiteVisionConfig) {
    this.session = session;
    this.patchValues = patchValues;
    this.classes = config.classes;
    this.size = config.imageSize;
  }

  /** @param processor how the tower wants its pixels */
  static async create(
    config: LiteVisionConfig,
    processor: Pick<ImageProcessor, 'mean' | 'std' | 'rescaleFactor'>,
    weights: Weights,
    keep: 'maps' | 'patches',
    threads = 2,
  ): Promise<TowerRunner> {
    const graph = new Graph('tower', 'inference');
    const s = config.imageSize;
    const pixels = graph.input('pixels', 'uint8', ['n', s, s, 3]);
    // In levels of 0 to 255.
    const levels = (values: readonly number[]): g.Value =>
      graph.constant(
        Float32Array.from(values, (value) => value / processor.rescaleFactor),
        [3, 1, 1],
        'float32',
      );
    const colours = g.cast(g.transpose(pixels, [0, 3, 1, 2]), 'float32');
    const scaled = g.div(g.sub(colours, levels(processor.mean)), levels(processor.std));
    const { maps, probabilities } = liteFeatures(graph, config, scaled);
    const kept = keep === 'maps' ? maps : foldMaps(graph, config, maps);
    graph.output('patches', g.cast(kept, 'float16'));
    graph.output('probabilities', g.cast(probabilities, 'float16'));
    const session = await ort.InferenceSession.create(serialise(graph, inlineFrom(weights)), {
      intraOpNumThreads: threads,
      logSeverityLevel: 3,
    });
    const width = keep === 'maps' ? foldedWidth(config) : config.width;
    return new TowerRunner(session, (s / 32) ** 2 * width, config);
  }

  /**
   * @param pictures RGB, `S×S×3` bytes each
   * @throws LlavaMiniError `bad-data` for a picture of another size
   */
  async run(pictures: readonly Uint8Array[]): Promise<KeptFeatures[]> {
    const bytes = this.size * this.size * 3;
    const other = pictures.find((p) => p.length !== bytes);
    if (other) {
      const side = Math.sqrt(other.length / 3);
      throw new LlavaMiniError(
        'bad-data',
        `a picture is ${side} pixels wide and high, the vision tower takes ${this.size}`,
        { hint: `set "size" in the plan's recipes to ${this.size}` },
      );
    }
    const pixels = new Uint8Array(pictures.length * bytes);
    pictures.forEach((p, i) => {
      pixels.set(p, i * bytes);
    });
    const out = await this.session.run({
      pixels: new ort.Tensor('uint8', pixels, [pictures.length, this.size, this.size, 3]),
    });
    const patches = halves(out.patches);
    const probabilities = halves(out.probabilities);
    return pictures.map((_, i) => ({
      patches: patches.subarray(i * this.patchValues, (i + 1) * this.patchValues),
      probabilities: probabilities.subarray(i * this.classes, (i + 1) * this.classes),
    }));
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }
}

/** The bits of a half-precision tensor; newer Nodes give a Float16Array. */
function halves(tensor: ort.Tensor): Uint16Array {
  const data = tensor.data as unknown as Uint16Array;
  return new Uint16Array(data.buffer, data.byteOffset, data.length);
}
