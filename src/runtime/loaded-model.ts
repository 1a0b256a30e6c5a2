import type * as ort from 'onnxruntime-node';
import { type ModelFolder, readModelFolder } from '../folder/model-folder.ts';
import { type ModelWeights, openWeights } from '../folder/model-weights.ts';
import { EMBEDDINGS } from '../folder/scheme.ts';
import { type Graph, usedParameters, type WeightPart, weightParts } from '../graph/index.ts';
import { imageLength } from '../model/image-part.ts';
import { type GraphName, modelGraphs } from '../model/inference.ts';
import { patchGrid } from '../model/vision/index.ts';
import { EmbeddingTable } from './embedding-table.ts';
import type { EngineOptions } from './engine-options.ts';
import { insideNative } from './native-gate.ts';
import { createSession, runSession } from './sessions.ts';

/** A model's sessions and what else of it is in memory. */
export class LoadedModel {
  readonly folder: ModelFolder;
  readonly options: EngineOptions;
  readonly embeddings: EmbeddingTable;
  /** Patches per picture that the compressor attends to. */
  readonly keys: number;
  /** L: positions of the image part of pre-fusion. */
  readonly imageLength: number;
  private readonly sessions: ReadonlyMap<GraphName, ort.InferenceSession>;
  private readonly weights: ModelWeights;

  private constructor(
    folder: ModelFolder,
    options: EngineOptions,
    sessions: ReadonlyMap<GraphName, ort.InferenceSession>,
    embeddings: EmbeddingTable,
    weights: ModelWeights,
  ) {
    const { config, vision } = folder;
    const grid = patchGrid(vision);
    this.folder = folder;
    this.options = options;
    this.sessions = sessions;
    this.embeddings = embeddings;
    this.weights = weights;
    this.imageLength = imageLength(config, grid);
    this.keys = config.resolutionRatio === 1 ? grid.patches : (config.resolutionRatio * grid.side) ** 2;
  }

  /**
   * @param onProgress called with the parts that are ready and their number
   * @throws LlavaMiniError see `readModelFolder`, `openWeights`, `createSession`; `bad-checkpoint` where weights do not fit config.json
   */
  static async load(
    options: EngineOptions,
    onProgress?: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<LoadedModel> {
    const folder = await readModelFolder(options.dir);
    const { config, vision } = folder;
    const { maxLength, layout, device, threads } = options;
    const weights = await openWeights(options.dir, { tower: options.tower });
    const sessions = new Map<GraphName, ort.InferenceSession>();
    try {
      const graphs = modelGraphs(config, vision, { maxLength, layout, formats: weights.formats });
      const table = [config.vocabSize, config.hiddenSize] as const;
      // Before anything large is read or made.
      for (const graph of Object.values(graphs)) checkParts(weights, graph);
      for (const part of weightParts(EMBEDDINGS, table, weights.formats(EMBEDDINGS))) weights.check(part);
      const all = Object.keys(graphs).length + 1;
      for (const [name, graph] of Object.entries(graphs)) {
        signal?.throwIfAborted();
        const session = await createSession(graph, weights, { device, threads, spin: name === 'decoder' });
        sessions.set(name as GraphName, session);
        onProgress?.(sessions.size, all);
      }
      const embeddings = await EmbeddingTable.open(weights, EMBEDDINGS, table);
      onProgress?.(all, all);
      return new LoadedModel(folder, options, sessions, embeddings, weights);
    } catch (error) {
      for (const session of sessions.values()) await insideNative(() => session.release());
      await weights.close();
      throw error;
    }
  }

  /** Whether pictures and questions are fused. */
  get fuses(): boolean {
    return this.sessions.has('prefusion');
  }

  run(
    name: GraphName,
    feeds: ort.InferenceSession.FeedsType,
    fetches?: ort.InferenceSession.FetchesType,
  ): Promise<ort.InferenceSession.ReturnType> {
    return runSession(this.sessions.get(name)!, `${name} graph`, feeds, fetches);
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await insideNative(() => session.release());
    await this.weights.close();
  }
}

function checkParts(weights: ModelWeights, graph: Graph): void {
  for (const { name, dtype, shape } of usedParameters(graph))
    weights.check({ name, dtype: dtype as WeightPart['dtype'], shape: shape as number[] });
}
