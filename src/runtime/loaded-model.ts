import type * as ort from 'onnxruntime-node';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { LlavaMiniError } from '../errors.ts';
import { checkWeights, type ModelFolder, readModelFolder } from '../folder/model-folder.ts';
import { imageLength } from '../model/image-part.ts';
import { decoderGraph, imageGraph, textGraph, visionGraph } from '../model/inference.ts';
import { patchGrid } from '../model/vision/index.ts';
import { EmbeddingTable } from './embedding-table.ts';
import type { EngineOptions } from './engine-options.ts';
import { insideNative } from './native-gate.ts';
import { createSession, runSession } from './sessions.ts';

export type SessionName = 'vision' | 'image' | 'text' | 'decoder';

/** A model's sessions and what else of it is in memory. */
export class LoadedModel {
  readonly folder: ModelFolder;
  readonly options: EngineOptions;
  readonly embeddings: EmbeddingTable;
  /** Patches per picture that the compressor attends to. */
  readonly keys: number;
  /** L: positions of the image part of pre-fusion. */
  readonly imageLength: number;
  private readonly sessions: ReadonlyMap<SessionName, ort.InferenceSession>;
  private readonly checkpoint: Checkpoint;

  private constructor(
    folder: ModelFolder,
    options: EngineOptions,
    sessions: ReadonlyMap<SessionName, ort.InferenceSession>,
    embeddings: EmbeddingTable,
    checkpoint: Checkpoint,
  ) {
    const { config, vision } = folder;
    const grid = patchGrid(vision);
    this.folder = folder;
    this.options = options;
    this.sessions = sessions;
    this.embeddings = embeddings;
    this.checkpoint = checkpoint;
    this.imageLength = imageLength(config, grid);
    this.keys = config.resolutionRatio === 1 ? grid.patches : (config.resolutionRatio * grid.side) ** 2;
  }

  /**
   * @param onProgress called with the parts that are ready and their number
   * @throws LlavaMiniError see `readModelFolder`, `openCheckpoint`, `checkWeights`, `createSession`
   */
  static async load(
    options: EngineOptions,
    onProgress?: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<LoadedModel> {
    const folder = await readModelFolder(options.dir);
    const { config, vision } = folder;
    const { maxLength, layout, device, threads } = options;
    const fuses = layout === 'mini' && config.prefusionLayers > 0;
    const graphs = {
      vision: visionGraph(config, vision),
      image: imageGraph(config, vision, { maxLength, layout }),
      ...(fuses ? { text: textGraph(config, vision, { maxLength }) } : {}),
      decoder: decoderGraph(config, { maxLength }),
    };
    const checkpoint = await openCheckpoint(options.dir);
    const sessions = new Map<SessionName, ort.InferenceSession>();
    try {
      checkWeights(checkpoint, Object.values(graphs));
      checkTable(checkpoint, config.vocabSize, config.hiddenSize);
      const all = Object.keys(graphs).length + 1;
      for (const [name, graph] of Object.entries(graphs)) {
        signal?.throwIfAborted();
        sessions.set(
          name as SessionName,
          await createSession(graph, checkpoint, { device, threads, spin: name === 'decoder' }),
        );
        onProgress?.(sessions.size, all);
      }
      const embeddings = await EmbeddingTable.open(checkpoint, EMBEDDINGS);
      onProgress?.(all, all);
      return new LoadedModel(folder, options, sessions, embeddings, checkpoint);
    } catch (error) {
      for (const session of sessions.values()) await insideNative(() => session.release());
      await checkpoint.close();
      throw error;
    }
  }

  /** Whether questions are fused with pictures. */
  get fuses(): boolean {
    return this.sessions.has('text');
  }

  run(
    name: SessionName,
    feeds: ort.InferenceSession.FeedsType,
    fetches?: ort.InferenceSession.FetchesType,
  ): Promise<ort.InferenceSession.ReturnType> {
    return runSession(this.sessions.get(name)!, `${name} graph`, feeds, fetches);
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await insideNative(() => session.release());
    await this.checkpoint.close();
  }
}

const EMBEDDINGS = 'model.embed_tokens.weight';

function checkTable(checkpoint: Checkpoint, vocab: number, width: number): void {
  const found = checkpoint.has(EMBEDDINGS) ? checkpoint.info(EMBEDDINGS).shape : null;
  if (found?.length === 2 && found[0] === vocab && found[1] === width) return;
  throw new LlavaMiniError(
    'bad-checkpoint',
    found
      ? `tensor ${EMBEDDINGS} has shape [${found.join(', ')}], but config.json asks for [${vocab}, ${width}]`
      : `the checkpoint in ${checkpoint.dir} has no tensor ${EMBEDDINGS}`,
  );
}
