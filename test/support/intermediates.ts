import * as ort from 'onnxruntime-node';
import type { ModelFolder } from '../../src/folder/model-folder.ts';
import { openWeights } from '../../src/folder/model-weights.ts';
import { CHUNK } from '../../src/graph/index.ts';
import { partsPerImage } from '../../src/model/image-part.ts';
import { modelGraphs } from '../../src/model/inference.ts';
import { patchGrid } from '../../src/model/vision/index.ts';
import { createSession } from '../../src/runtime/sessions.ts';

export type Tensors = Map<string, { data: Float32Array; shape: readonly number[] }>;

const float = (data: Float32Array, shape: number[]): ort.Tensor => new ort.Tensor('float32', data, shape);

/** The product's graphs with everything in between as outputs, under the golden data's names. */
export class Intermediates {
  private readonly folder: ModelFolder;
  private readonly sessions: Map<string, ort.InferenceSession>;

  private constructor(folder: ModelFolder, sessions: Map<string, ort.InferenceSession>) {
    this.folder = folder;
    this.sessions = sessions;
  }

  static async load(folder: ModelFolder, maxLength: number): Promise<Intermediates> {
    const { config, vision } = folder;
    const weights = await openWeights(folder.dir);
    const graphs = modelGraphs(config, vision, { maxLength, intermediates: true, formats: weights.formats });
    const sessions = new Map<string, ort.InferenceSession>();
    for (const [name, graph] of Object.entries(graphs))
      sessions.set(name, await createSession(graph, weights, { device: 'cpu', threads: 1, spin: false }));
    await weights.close();
    return new Intermediates(folder, sessions);
  }

  /** @param pixels `[parts, 3, S, S]` of one frame; @param text `[T, D]`, what is fused */
  async frame(pixels: Float32Array, text: Float32Array): Promise<Tensors> {
    const { config, vision } = this.folder;
    const size = vision.imageSize;
    const parts = partsPerImage(config);
    const seen = await this.sessions.get('vision')!.run({ pixels: float(pixels, [parts, 3, size, size]) });
    const image = await this.sessions.get('image')!.run({ features: seen.features });
    const out: Tensors = new Map();
    const put = (name: string, tensor: ort.Tensor, shape = tensor.dims.slice(1)): void => {
      out.set(name, { data: tensor.data as Float32Array, shape });
    };
    put('vision_features', seen.features, [...seen.features.dims]);
    put('compressor_attention', image.attention);
    for (const name of ['compressor_output', 'projected_compressed', 'projected_global', 'prefusion_input'])
      put(name, image[name]);
    if (image.projected_grid) put('projected_tiles', this.tiles(image.projected_grid), [...this.tilesShape()]);
    if (!config.prefusionLayers) return out;
    const tokens = text.length / config.hiddenSize;
    // All rows are wanted here, also those that the product leaves out.
    const whole = await this.prefuse(image.prefusion_input, () =>
      float(new Float32Array(0), [1, config.kvHeads, 0, config.headDim]),
    );
    const fused = await this.prefuse(float(text, [1, tokens, config.hiddenSize]), (name, i) => whole[`${name}.${i}`]);
    out.set('prefusion_text_input', { data: text, shape: [tokens, config.hiddenSize] });
    for (let i = 0; i < config.prefusionLayers; i++) {
      put(`prefusion_output.${i}`, whole[`prefusion_output.${i}`]);
      put(`prefusion_text_output.${i}`, fused[`prefusion_output.${i}`]);
    }
    return out;
  }

  /** @param embeddings `[T, D]`; gives `layer_output.N` and `logits [T, V]` */
  async decode(embeddings: Float32Array): Promise<Tensors> {
    const { config } = this.folder;
    const tokens = embeddings.length / config.hiddenSize;
    const feeds: Record<string, ort.Tensor> = {
      embeddings: float(embeddings, [1, tokens, config.hiddenSize]),
      positions: new ort.Tensor(
        'int64',
        BigInt64Array.from({ length: tokens }, (_, t) => BigInt(t)),
        [1, tokens],
      ),
    };
    const shape = [1, 1, config.kvHeads, CHUNK, config.headDim];
    const size = shape.reduce((a, b) => a * b, 1);
    for (let i = 0; i < config.layers; i++)
      for (const name of [`past_key.${i}`, `past_value.${i}`]) feeds[name] = float(new Float32Array(size), shape);
    const run = await this.sessions.get('decoder')!.run(feeds);
    const out: Tensors = new Map();
    for (const [name, tensor] of Object.entries(run))
      if (!name.startsWith('new_'))
        out.set(name === 'all_logits' ? 'logits' : name, {
          data: tensor.data as Float32Array,
          shape: tensor.dims.slice(1),
        });
    return out;
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
  }

  private async prefuse(
    embeddings: ort.Tensor,
    prefix: (name: string, layer: number) => ort.Tensor,
  ): Promise<Record<string, ort.Tensor>> {
    const wanted = new ort.Tensor('int64', BigInt64Array.of(BigInt(embeddings.dims[1])), []);
    const feeds: Record<string, ort.Tensor> = { embeddings, wanted };
    for (let i = 0; i < this.folder.config.prefusionLayers; i++)
      for (const name of ['key', 'value']) feeds[`prefix_${name}.${i}`] = prefix(name, i);
    return this.sessions.get('prefusion')!.run(feeds);
  }

  private tilesShape(): [number, number, number] {
    const { config, vision } = this.folder;
    return [config.resolutionRatio ** 2, patchGrid(vision).patches, config.hiddenSize];
  }

  /** From the order of the joined grid back to tile by tile. */
  private tiles(grid: ort.Tensor): ort.Tensor {
    const r = this.folder.config.resolutionRatio;
    const { side } = patchGrid(this.folder.vision);
    const d = this.folder.config.hiddenSize;
    const from = grid.data as Float32Array;
    const out = new Float32Array(from.length);
    let at = 0;
    for (let ty = 0; ty < r; ty++)
      for (let tx = 0; tx < r; tx++)
        for (let y = 0; y < side; y++)
          for (let x = 0; x < side; x++) {
            const cell = (ty * side + y) * r * side + tx * side + x;
            out.set(from.subarray(cell * d, (cell + 1) * d), at);
            at += d;
          }
    return float(out, [1, r * r, side * side, d]);
  }
}
