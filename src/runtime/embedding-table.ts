import type { Checkpoint } from '../checkpoint/checkpoint.ts';

/** Tables up to this size are kept in memory as float32; larger ones are read row by row from the file. */
const KEPT_BYTES = 512 << 20;

/** The token embedding, outside of any session: one row per id. */
export class EmbeddingTable {
  readonly width: number;
  private readonly checkpoint: Checkpoint;
  private readonly name: string;
  private readonly table: Float32Array | null;

  private constructor(checkpoint: Checkpoint, name: string, width: number, table: Float32Array | null) {
    this.checkpoint = checkpoint;
    this.name = name;
    this.width = width;
    this.table = table;
  }

  /** @param name of a `[V, D]` tensor */
  static async open(checkpoint: Checkpoint, name: string): Promise<EmbeddingTable> {
    const [rows, width] = checkpoint.info(name).shape;
    const keep = rows * width * 4 <= KEPT_BYTES;
    return new EmbeddingTable(checkpoint, name, width, keep ? await checkpoint.readFloat32(name) : null);
  }

  /** Rows of the ids, `[ids.length, D]`. The ids must be in range. */
  async rows(ids: ArrayLike<number>): Promise<Float32Array> {
    const d = this.width;
    const out = new Float32Array(ids.length * d);
    for (let i = 0; i < ids.length; i++) {
      const from = ids[i] * d;
      const row = this.table
        ? this.table.subarray(from, from + d)
        : await this.checkpoint.readFloat32(this.name, from, from + d);
      out.set(row, i * d);
    }
    return out;
  }
}
