/** One field of a protocol buffers message, as it lies in the bytes. */
export interface Field {
  field: number;
  varint?: bigint;
  fixed32?: number;
  bytes?: Uint8Array;
}

/** Reads one level of a message, independently of our writer. */
export function readMessage(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const b = view.getUint8(at++);
      value |= BigInt(b & 127) << shift;
      if (b < 128) return value;
      if (shift > 63n) throw new Error('varint of more than ten bytes');
    }
  };
  while (at < bytes.byteLength) {
    const key = Number(varint());
    const field = key >> 3;
    if ((key & 7) === 0) fields.push({ field, varint: varint() });
    else if ((key & 7) === 5) {
      fields.push({ field, fixed32: view.getFloat32(at, true) });
      at += 4;
    } else if ((key & 7) === 2) {
      const length = Number(varint());
      if (at + length > bytes.byteLength) throw new Error('field longer than its message');
      fields.push({ field, bytes: bytes.subarray(at, at + length) });
      at += length;
    } else throw new Error(`wire type ${key & 7}`);
  }
  return fields;
}
