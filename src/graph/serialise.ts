import { LlavaMiniError } from '../errors.ts';
import type { Attribute, Branch, Graph, Node } from './graph.ts';
import { ProtobufWriter } from './protobuf.ts';
import type { DType, Shape, Value } from './value.ts';

const ONNX_TYPE: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** Bytes per element. */
export const ELEMENT_BYTES: Record<DType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
};

/** Where a weight's data is: among the graph's inputs, in the file itself, or in another file beside it. */
export type ParameterPlace =
  | { kind: 'input' }
  | { kind: 'inline'; data: ArrayBufferView }
  | { kind: 'external'; file: string; offset: number; bytes: number };

export const OPSET = 20;

/**
 * Writes the graph as an ONNX model. Nodes that no output needs are left out.
 *
 * @param place tells for each weight where its data is.
 */
export function serialise(graph: Graph, place: (parameter: Value) => ParameterPlace): Uint8Array {
  if (graph.outputs.length === 0) throw new LlavaMiniError('bad-graph', `graph ${graph.name} has no outputs`);
  const { nodes, used } = reachable(graph);
  const model = new ProtobufWriter();
  model.varint(1, 10); // IR version
  model.string(2, 'llava-mini');
  model.message(7, (g) => {
    for (const node of nodes) g.message(1, (w) => writeNode(w, node));
    // An output that is an input or a shared value under another name needs a node of its own.
    for (const { name, value } of graph.outputs) {
      g.message(1, (w) => w.string(1, value.name).string(2, name).string(3, `output/${name}`).string(4, 'Identity'));
    }
    g.string(2, graph.name);
    const inputs = graph.inputs.filter((v) => used.has(v));
    for (const value of graph.parameters.values()) {
      if (!used.has(value)) continue;
      const where = place(value);
      if (where.kind === 'input') inputs.push(value);
      else g.message(5, (w) => writeParameter(w, value, where));
    }
    for (const { value, data } of graph.constants.values()) {
      if (used.has(value)) g.message(5, (w) => writeParameter(w, value, { kind: 'inline', data }));
    }
    for (const value of inputs) g.message(11, (w) => writeInfo(w, value.name, value.dtype, value.shape));
    for (const { name, value } of graph.outputs) g.message(12, (w) => writeInfo(w, name, value.dtype, value.shape));
  });
  for (const [domain, version] of [
    ['', OPSET],
    ['com.microsoft', 1],
  ] as const) {
    model.message(8, (w) => w.string(1, domain).varint(2, version));
  }
  return model.finish();
}

/** The inputs and weights that some output depends on. */
export function usedValues(graph: Graph): Set<Value> {
  return reachable(graph).used;
}

/** The stored arrays that some output depends on. */
export function usedParameters(graph: Graph): Value[] {
  const { used } = reachable(graph);
  return [...graph.parameters.values()].filter((v) => used.has(v));
}

function reachable(graph: Graph): { nodes: Node[]; used: Set<Value> } {
  const used = new Set<Value>(graph.outputs.map((o) => o.value));
  const nodes: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (!node.outputs.some((v) => used.has(v))) continue;
    nodes.push(node);
    for (const v of inputsOf(node)) used.add(v);
  }
  return { nodes: nodes.reverse(), used };
}

/** What a node reads, also inside its branches. */
function inputsOf(node: Node): Value[] {
  const inside = branchesOf(node).flatMap(({ nodes }) => nodes.flatMap(inputsOf));
  return [...node.inputs.filter((v) => v !== null), ...inside];
}

const branchesOf = (node: Node): Branch[] => Object.values(node.attributes).filter(isBranch);

function isBranch(value: Attribute): value is Branch {
  return typeof value === 'object' && 'nodes' in value;
}

function writeNode(w: ProtobufWriter, node: Node): void {
  for (const v of node.inputs) w.string(1, v ? v.name : '');
  for (const v of node.outputs) w.string(2, v.name);
  w.string(3, node.name);
  w.string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) w.message(5, (a) => writeAttribute(a, name, value));
  if (node.domain) w.string(7, node.domain);
}

function writeAttribute(w: ProtobufWriter, name: string, value: Attribute): void {
  w.string(1, name);
  if (typeof value === 'string') w.string(4, value).varint(20, 3);
  else if (typeof value === 'number' || typeof value === 'bigint') w.varint(3, whole(name, value)).varint(20, 2);
  else if (isBranch(value)) w.message(6, (g) => writeBranch(g, name, value)).varint(20, 5);
  else if ('float' in value) w.float(2, value.float).varint(20, 1);
  else {
    for (const v of value) w.varint(8, whole(name, v));
    w.varint(20, 7);
  }
}

function writeBranch(w: ProtobufWriter, name: string, { nodes, output }: Branch): void {
  for (const node of nodes) w.message(1, (n) => writeNode(n, node));
  w.string(2, name);
  w.message(12, (info) => writeInfo(info, output.name, output.dtype, output.shape));
}

function whole(name: string, value: number | bigint): number | bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new LlavaMiniError('bad-graph', `attribute ${name}: ${value} is no whole number`, {
      hint: 'write { float: x } for a fraction',
    });
  return value;
}

function writeParameter(w: ProtobufWriter, value: Value, where: Exclude<ParameterPlace, { kind: 'input' }>): void {
  for (const d of value.shape) w.varint(1, d as number);
  w.varint(2, ONNX_TYPE[value.dtype]);
  w.string(8, value.name);
  const bytes = (value.shape as number[]).reduce((a, b) => a * b, 1) * ELEMENT_BYTES[value.dtype];
  const given = where.kind === 'inline' ? where.data.byteLength : where.bytes;
  if (given !== bytes) throw new LlavaMiniError('bad-graph', `${value} takes ${bytes} bytes, but ${given} are given`);
  if (where.kind === 'inline') {
    w.bytes(9, new Uint8Array(where.data.buffer, where.data.byteOffset, where.data.byteLength));
  } else {
    for (const [key, text] of [
      ['location', where.file],
      ['offset', String(where.offset)],
      ['length', String(where.bytes)],
    ]) {
      w.message(13, (entry) => entry.string(1, key).string(2, text));
    }
    w.varint(14, 1);
  }
}

function writeInfo(w: ProtobufWriter, name: string, dtype: DType, shape: Shape): void {
  w.string(1, name);
  w.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.varint(1, ONNX_TYPE[dtype]);
      tensor.message(2, (s) => {
        for (const d of shape) s.message(1, (dim) => (typeof d === 'number' ? dim.varint(1, d) : dim.string(2, d)));
      });
    }),
  );
}
