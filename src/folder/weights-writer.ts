import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import type { StoredWeight } from './manifest.ts';

/** The weights files of a folder that is being made; any part of any weight may come at any time. */
export class WeightsWriter {
  private readonly dir: string;
  private readonly files: ReadonlyMap<string, FileHandle>;

  private constructor(dir: string, files: ReadonlyMap<string, FileHandle>) {
    this.dir = dir;
    this.files = files;
  }

  /** @throws LlavaMiniError `no-space`, `io` */
  static async open(dir: string, files: readonly { name: string; bytes: number }[]): Promise<WeightsWriter> {
    const handles = new Map<string, FileHandle>();
    const writer = new WeightsWriter(dir, handles);
    try {
      for (const { name, bytes } of files) {
        handles.set(name, await open(join(dir, name), 'wx'));
        await handles.get(name)!.truncate(bytes);
      }
    } catch (error) {
      await writer.close();
      throw fileError(error, dir);
    }
    return writer;
  }

  /**
   * @param at bytes from the array's beginning
   * @throws LlavaMiniError `no-space`, `io`, `bad-argument` for bytes that are not within the array
   */
  async write(array: StoredWeight, at: number, bytes: Uint8Array): Promise<void> {
    const { file, offset } = array;
    if (at < 0 || at + bytes.byteLength > array.bytes)
      throw new LlavaMiniError(
        'bad-argument',
        `bytes ${at} to ${at + bytes.byteLength} are not within ${array.bytes} bytes of ${file}`,
      );
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await this.files
          .get(file)!
          .write(bytes, done, Math.min(bytes.byteLength - done, 1 << 30), offset + at + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw fileError(error, join(this.dir, file));
    }
  }

  /** Everything is on the disk afterwards. @throws LlavaMiniError `no-space`, `io` */
  async finish(): Promise<void> {
    try {
      for (const file of this.files.values()) await file.sync();
    } catch (error) {
      throw fileError(error, this.dir);
    }
    await this.close();
  }

  async close(): Promise<void> {
    for (const file of this.files.values()) await file.close().catch(() => {});
  }
}
