/** Just enough of a Protocol Buffers writer for ONNX files: varints, 32-bit floats, byte strings, sub-messages. */
export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private buffer = new Uint8Array(1 << 12);
  private used = 0;
  private total = 0;

  varint(field: number, value: number | bigint): this {
    this.raw(field * 8);
    this.rawBig(BigInt(value));
    return this;
  }

  float(field: number, value: number): this {
    this.raw(field * 8 + 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.append(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    this.raw(field * 8 + 2);
    this.rawBig(BigInt(value.byteLength));
    return this.append(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, write: (inner: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    this.raw(field * 8 + 2);
    this.rawBig(BigInt(inner.byteLength));
    inner.flush();
    for (const part of inner.parts) this.append(part);
    return this;
  }

  get byteLength(): number {
    return this.total + this.used;
  }

  finish(): Uint8Array {
    this.flush();
    const out = new Uint8Array(this.total);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.byteLength;
    }
    return out;
  }

  private raw(value: number): void {
    let v = value;
    while (v > 127) {
      this.byte((v & 127) | 128);
      v = Math.floor(v / 128);
    }
    this.byte(v);
  }

  private rawBig(value: bigint): void {
    if (value >= 0n && value < 0x7fffffffn) {
      this.raw(Number(value));
      return;
    }
    let v = BigInt.asUintN(64, value);
    while (v > 127n) {
      this.byte(Number(v & 127n) | 128);
      v >>= 7n;
    }
    this.byte(Number(v));
  }

  private byte(b: number): void {
    if (this.used === this.buffer.length) this.flush();
    this.buffer[this.used++] = b;
  }

  private append(bytes: Uint8Array): this {
    if (bytes.byteLength <= this.buffer.length - this.used) {
      this.buffer.set(bytes, this.used);
      this.used += bytes.byteLength;
    } else {
      this.flush();
      this.parts.push(bytes);
      this.total += bytes.byteLength;
    }
    return this;
  }

  private flush(): void {
    if (this.used === 0) return;
    this.parts.push(this.buffer.subarray(0, this.used));
    this.total += this.used;
    this.buffer = new Uint8Array(1 << 12);
    this.used = 0;
  }
}
