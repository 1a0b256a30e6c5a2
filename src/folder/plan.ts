import { LlavaMiniError } from '../errors.ts';
import { ELEMENT_BYTES, serialise, usedValues, type WeightFormat, weightParts } from '../graph/index.ts';
import { type GraphName, type InferenceOptions, type ModelGraphs, modelGraphs } from '../model/inference.ts';
import { ALIGNMENT, type Manifest, type StoredWeight } from './manifest.ts';
import type { ModelFolder } from './model-folder.ts';
import { EMBEDDINGS, type SchemeOptions, weightFormat } from './scheme.ts';

/** A weight as the checkpoint has it, and how it is to be stored. */
export interface PlannedWeight {
  name: string;
  shape: number[];
  format: WeightFormat;
  /** Where its parts go, in the order of `weightParts`. */
  parts: StoredWeight[];
}

/** A converted folder before anything of it is written. */
export interface FolderPlan {
  weights: PlannedWeight[];
  formats: Manifest['formats'];
  stored: Manifest['weights'];
  files: { name: string; bytes: number }[];
  /** Graphs over the weights as they are in the checkpoint. */
  source: ModelGraphs;
  /** ONNX files by graph. They are small: their weights lie in `files`. */
  graphs: [GraphName, Uint8Array][];
  /** Of weights files and graphs. */
  bytes: number;
}

export interface PlanOptions extends SchemeOptions {
  maxLength: number;
  layout: 'mini' | 'llava';
  partBytes: number;
}

type PlannedModel = Pick<ModelFolder, 'config' | 'vision'>;

/** Decides where each byte of a converted model goes. @throws LlavaMiniError `bad-graph`, `unsupported` */
export function planFolder(model: PlannedModel, options: PlanOptions): FolderPlan {
  const { config, vision } = model;
  const { maxLength, layout, partBytes } = options;
  const source = modelGraphs(config, vision, { maxLength, layout });
  const shapes = new Map<string, number[]>();
  for (const graph of Object.values(source)) {
    const used = usedValues(graph);
    for (const { name, shape } of [...graph.parameters.values()].filter((value) => used.has(value)))
      shapes.set(name, shape as number[]);
  }
  // The table is looked up outside of the graphs; where the head shares it, it is among their weights already.
  if (!shapes.has(EMBEDDINGS)) shapes.set(EMBEDDINGS, [config.vocabSize, config.hiddenSize]);

  const formats: Manifest['formats'] = {};
  const stored: Manifest['weights'] = {};
  const files: FolderPlan['files'] = [];
  const weights = [...shapes].map(([name, shape]): PlannedWeight => {
    const format = weightFormat(name, shape, config, options);
    if (format.kind !== 'float32') formats[name] = format;
    const parts = weightParts(name, shape, format).map((part) => {
      const bytes = part.shape.reduce((product, side) => product * side, ELEMENT_BYTES[part.dtype]);
      const place = placeIn(files, bytes, partBytes);
      stored[part.name] = { dtype: part.dtype, shape: part.shape, ...place, bytes };
      return stored[part.name];
    });
    return { name, shape, format, parts };
  });
  const graphs = writeGraphs(model, { maxLength, layout, formats: formatOf(formats) }, stored);
  const bytes = [...files.map((file) => file.bytes), ...graphs.map(([, onnx]) => onnx.byteLength)];
  return { weights, formats, stored, files, source, graphs, bytes: bytes.reduce((a, b) => a + b, 0) };
}

/** The formats of a manifest as graphs take them. */
export function formatOf(formats: Manifest['formats']): (name: string) => WeightFormat {
  return (name) => (Object.hasOwn(formats, name) ? formats[name] : { kind: 'float32' });
}

/** A graph's file within a model folder. */
export const graphFile = (name: GraphName): string => `${name}.onnx`;

/** A model's graphs as ONNX files over stored weights. @throws LlavaMiniError `bad-graph` when a weight is not stored */
export function writeGraphs(
  { config, vision }: PlannedModel,
  options: InferenceOptions,
  stored: Manifest['weights'],
): [GraphName, Uint8Array][] {
  return Object.entries(modelGraphs(config, vision, options)).map(([name, graph]) => [
    name as GraphName,
    serialise(graph, (parameter) => {
      if (!Object.hasOwn(stored, parameter.name))
        throw new LlavaMiniError('bad-graph', `the ${name} graph uses ${parameter.name}, which is not stored`);
      const { file, offset, bytes } = stored[parameter.name];
      return { kind: 'external', file, offset, bytes };
    }),
  ]);
}

function placeIn(files: FolderPlan['files'], bytes: number, partBytes: number): { file: string; offset: number } {
  const last = files.at(-1);
  const offset = last ? Math.ceil(last.bytes / ALIGNMENT) * ALIGNMENT : 0;
  if (last && (last.bytes === 0 || offset + bytes <= partBytes)) {
    last.bytes = offset + bytes;
    return { file: last.name, offset };
  }
  const name = `weights-${String(files.length + 1).padStart(5, '0')}.bin`;
  files.push({ name, bytes });
  return { file: name, offset: 0 };
}
