import { LlavaMiniError } from '../../errors.ts';
import { quote } from '../strict-json.ts';

/** One stored (not compressed) entry of a zip archive. `begin` is the byte position of its content in the file. */
export interface ZipEntry {
  readonly name: string;
  readonly begin: number;
  readonly size: number;
  readonly crc: number;
}

/** Reads bytes of the file; called only with ranges that lie within it. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

const MAX_ENTRIES = 200_000;
const MAX_DIRECTORY_BYTES = 64 << 20;
const MAX_NAME_BYTES = 1024;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const END = 0x06054b50;
const LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const ABSENT32 = 0xffffffff;

/**
 * The directory of a zip archive as torch writes it: entries stored as they are, one disk, zip64 where needed.
 * Compressed or encrypted entries, entries that overlap, lie outside the file or whose two headers disagree, and
 * names that come twice are refused. (Format: PKWARE APPNOTE 6.3.10.)
 *
 * @param fileSize bytes of the whole file
 * @param path name used in errors
 * @throws LlavaMiniError `bad-checkpoint`
 */
export async function readZip(read: ReadAt, fileSize: number, path: string): Promise<Map<string, ZipEntry>> {
  const zip = new Zip(read, fileSize, path);
  return zip.entries();
}

interface Central {
  name: string;
  nameBytes: Uint8Array;
  size: number;
  crc: number;
  offset: number;
}

class Zip {
  private readonly read: ReadAt;
  private readonly fileSize: number;
  private readonly path: string;

  constructor(read: ReadAt, fileSize: number, path: string) {
    this.read = read;
    this.fileSize = fileSize;
    this.path = path;
  }

  async entries(): Promise<Map<string, ZipEntry>> {
    const { count, size, offset } = await this.end();
    if (count > MAX_ENTRIES) this.bad(`claims ${count} entries, over the cap of ${MAX_ENTRIES}`);
    if (size > MAX_DIRECTORY_BYTES)
      this.bad(`claims a directory of ${size} bytes, over the cap of ${MAX_DIRECTORY_BYTES}`);
    const directory = view(await this.read(offset, size));
    const entries = new Map<string, ZipEntry>();
    const spans: [begin: number, end: number, name: string][] = [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      const [central, next] = this.central(directory, at);
      at = next;
      const { name, crc } = central;
      if (entries.has(name)) this.bad(`has the entry ${quote(name)} twice`);
      const begin = await this.content(central, offset);
      entries.set(name, { name, begin, size: central.size, crc });
      spans.push([central.offset, begin + central.size, name]);
    }
    if (at !== size) this.bad(`has ${size - at} bytes in its directory that belong to no entry`);
    spans.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < spans.length; i++)
      if (spans[i][0] < spans[i - 1][1]) this.bad(`has entry ${quote(spans[i][2])} overlapping another`);
    return entries;
  }

  /** Where the directory is, from the record at the end of the file. */
  private async end(): Promise<{ count: number; size: number; offset: number }> {
    const tailBytes = Math.min(this.fileSize, END_BYTES + 0xffff);
    const tailAt = this.fileSize - tailBytes;
    const tail = view(await this.read(tailAt, tailBytes));
    for (let at = tailBytes - END_BYTES; at >= 0; at--) {
      if (tail.getUint32(at, true) !== END || at + END_BYTES + tail.getUint16(at + 20, true) !== tailBytes) continue;
      const end = {
        disks: tail.getUint16(at + 4, true) + tail.getUint16(at + 6, true),
        countHere: tail.getUint16(at + 8, true),
        count: tail.getUint16(at + 10, true),
        size: tail.getUint32(at + 12, true),
        offset: tail.getUint32(at + 16, true),
        at: tailAt + at,
      };
      const end64 = await this.end64(end.at);
      // A field that does not fit says so and is taken from the wider record.
      const { disks, countHere, count, size, offset, at: stop } = end64 ? merge(end, end64) : end;
      if (disks !== 0 || countHere !== count) this.bad('is one part of an archive in several files');
      if (offset + size > stop) this.bad('has a directory that lies outside the file');
      return { count, size, offset };
    }
    throw new LlavaMiniError('bad-checkpoint', `${this.path} is no zip archive, or is cut short`, {
      hint: 'download it again, or get a safetensors version of the model',
    });
  }

  private async end64(endAt: number): Promise<EndRecord | null> {
    if (endAt < LOCATOR_BYTES) return null;
    const locator = view(await this.read(endAt - LOCATOR_BYTES, LOCATOR_BYTES));
    if (locator.getUint32(0, true) !== LOCATOR) return null;
    const at = this.u64(locator, 8);
    if (at + END64_BYTES > endAt - LOCATOR_BYTES) this.bad('has a zip64 record that lies outside the file');
    const record = view(await this.read(at, END64_BYTES));
    if (record.getUint32(0, true) !== END64) this.bad('has a broken zip64 record');
    return {
      disks: record.getUint32(16, true) + record.getUint32(20, true),
      countHere: this.u64(record, 24),
      count: this.u64(record, 32),
      size: this.u64(record, 40),
      offset: this.u64(record, 48),
      at,
    };
  }

  private central(directory: DataView, at: number): [Central, next: number] {
    if (at + CENTRAL_BYTES > directory.byteLength || directory.getUint32(at, true) !== CENTRAL)
      this.bad('has a broken directory');
    const flags = directory.getUint16(at + 8, true);
    const method = directory.getUint16(at + 10, true);
    const nameBytes = directory.getUint16(at + 28, true);
    const extraBytes = directory.getUint16(at + 30, true);
    const next = at + CENTRAL_BYTES + nameBytes + extraBytes + directory.getUint16(at + 32, true);
    if (next > directory.byteLength) this.bad('has a broken directory');
    if (nameBytes === 0 || nameBytes > MAX_NAME_BYTES) this.bad('has an entry with an empty or overlong name');
    const raw = bytesOf(directory, at + CENTRAL_BYTES, nameBytes);
    const name = this.text(raw);
    if (flags & 0x2041) this.bad(`has the encrypted entry ${quote(name)}`);
    if (method !== 0)
      this.bad(`has the compressed entry ${quote(name)}`, 'torch stores entries uncompressed: this is no file of its');
    if (directory.getUint16(at + 34, true) !== 0) this.bad('is one part of an archive in several files');
    const [size, packed, offset] = this.sizes(
      [directory.getUint32(at + 24, true), directory.getUint32(at + 20, true), directory.getUint32(at + 42, true)],
      directory,
      at + CENTRAL_BYTES + nameBytes,
      extraBytes,
      name,
    );
    if (size !== packed) this.bad(`has entry ${quote(name)} of two different sizes, ${size} and ${packed}`);
    return [{ name, nameBytes: raw, size, crc: directory.getUint32(at + 16, true), offset }, next];
  }

  /** Fields that did not fit in 32 bits, from the zip64 extra field, in its order. */
  private sizes(fields: number[], directory: DataView, at: number, bytes: number, name: string): number[] {
    if (!fields.includes(ABSENT32)) return fields;
    for (let from = at; from + 4 <= at + bytes; ) {
      const length = directory.getUint16(from + 2, true);
      const stop = from + 4 + length;
      if (stop > at + bytes) break;
      if (directory.getUint16(from, true) === 1) {
        let place = from + 4;
        return fields.map((field) => {
          if (field !== ABSENT32) return field;
          if (place + 8 > stop) this.bad(`has entry ${quote(name)} with a broken zip64 field`);
          place += 8;
          return this.u64(directory, place - 8);
        });
      }
      from = stop;
    }
    return this.bad(`has entry ${quote(name)} with a missing zip64 field`);
  }

  /** Start of an entry's content, from its local header, which must agree with the directory. */
  private async content({ name, nameBytes, size, offset }: Central, directoryAt: number): Promise<number> {
    const outside = (): never => this.bad(`has entry ${quote(name)} that lies outside its place in the file`);
    if (offset + LOCAL_BYTES + nameBytes.length > directoryAt) outside();
    const bytes = await this.read(offset, LOCAL_BYTES + nameBytes.length);
    const local = view(bytes);
    if (
      local.getUint32(0, true) !== LOCAL ||
      local.getUint16(8, true) !== 0 ||
      local.getUint16(26, true) !== nameBytes.length ||
      nameBytes.some((byte, i) => byte !== bytes[LOCAL_BYTES + i])
    )
      this.bad(`has entry ${quote(name)} whose two headers disagree`);
    const begin = offset + LOCAL_BYTES + nameBytes.length + local.getUint16(28, true);
    if (begin + size > directoryAt) outside();
    return begin;
  }

  private text(bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.bad('has an entry whose name is not UTF-8');
    }
  }

  private u64(data: DataView, at: number): number {
    const value = data.getUint32(at, true) + data.getUint32(at + 4, true) * 2 ** 32;
    if (!Number.isSafeInteger(value)) this.bad('claims a size or position that is too large to exist');
    return value;
  }

  private bad(what: string, hint = 'the file is damaged or hostile; get a safetensors version of the model'): never {
    throw new LlavaMiniError('bad-checkpoint', `${this.path} ${what}`, { hint });
  }
}

interface EndRecord {
  disks: number;
  countHere: number;
  count: number;
  size: number;
  offset: number;
  at: number;
}

function merge(end: EndRecord, wide: EndRecord): EndRecord {
  const pick = (key: keyof EndRecord, absent: number): number => (end[key] === absent ? wide[key] : end[key]);
  return {
    disks: wide.disks,
    countHere: pick('countHere', 0xffff),
    count: pick('count', 0xffff),
    size: pick('size', ABSENT32),
    offset: pick('offset', ABSENT32),
    at: wide.at,
  };
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const bytesOf = (data: DataView, at: number, length: number): Uint8Array =>
  new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset + at, length);
