import type { ModelWeights, StoredArray } from '../folder/model-weights.ts';
import { dequantiseRow, partBytes, type WeightFormat, weightParts } from '../graph/index.ts';
import { halvesToFloats } from '../util/float16.ts';

/** Tables up to this size are kept in memory; of larger ones, rows are read from the file when they are wanted. */
const KEPT_BYTES = 128 << 20;

/** One stored array of the table: so many elements per row. */
interface Part {
  name: string;
  each: number;
  kept: StoredArray | null;
}

/** The token embedding, outside of any session: one row per id, made float32 when it is asked for. */
export class EmbeddingTable {
  readonly width: number;
  private readonly weights: ModelWeights;
  private readonly format: WeightFormat;
  private readonly parts: readonly Part[];

  private constructor(weights: ModelWeights, format: WeightFormat, width: number, parts: readonly Part[]) {
    this.weights = weights;
    this.format = format;
    this.width = width;
    this.parts = parts;
  }

  /** @param name of a checked `[V, D]` weight */
  static async open(weights: ModelWeights, name: string, shape: readonly [number, number]): Promise<EmbeddingTable> {
    const format = weights.formats(name);
    const stored = weightParts(name, shape, format);
    const parts: Part[] = [];
    for (const { name: part, shape: size } of stored)
      parts.push({
        name: part,
        each: size.slice(1).reduce((a, b) => a * b, 1),
        kept: tableBytes(shape, format) <= KEPT_BYTES ? await weights.read(part) : null,
      });
    return new EmbeddingTable(weights, format, shape[1], parts);
  }

  /** Rows of the ids, `[ids.length, D]`. The ids must be in range. */
  async rows(ids: ArrayLike<number>): Promise<Float32Array<ArrayBuffer>> {
    const out = new Float32Array(ids.length * this.width);
    await Promise.all(
      Array.from(ids, async (id, i) => this.put(id, out.subarray(i * this.width, (i + 1) * this.width))),
    );
    return out;
  }

  private async put(id: number, out: Float32Array<ArrayBuffer>): Promise<void> {
    const [first, scales, zeros] = await Promise.all(
      this.parts.map(({ name, each, kept }) => {
        const [from, to] = [id * each, (id + 1) * each];
        return kept ? kept.subarray(from, to) : this.weights.read(name, from, to);
      }),
    );
    if (this.format.kind === 'float32') out.set(first);
    else if (this.format.kind === 'float16') halvesToFloats(first as Uint16Array, out);
    else
      dequantiseRow(
        this.format,
        first as Uint8Array,
        scales as Float32Array,
        (zeros as Uint8Array | undefined) ?? null,
        out,
      );
  }
}

/** Memory that a table of this shape takes for as long as its model is loaded. */
export function keptTableBytes(shape: readonly [number, number], format: WeightFormat): number {
  const bytes = tableBytes(shape, format);
  return bytes <= KEPT_BYTES ? bytes : 0;
}

function tableBytes(shape: readonly [number, number], format: WeightFormat): number {
  return weightParts('', shape, format).reduce((sum, part) => sum + partBytes(part), 0);
}
