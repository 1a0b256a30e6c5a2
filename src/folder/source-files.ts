import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { INDEX_FILE, PICKLE_INDEX_FILE } from '../checkpoint/weight-files.ts';
import { LlavaMiniError } from '../errors.ts';
import { wellKnownTower } from '../model/vision/index.ts';
import { fileError } from '../util/atomic-file.ts';
import { filesToCopy } from './files-to-copy.ts';
import type { Manifest } from './manifest.ts';
import type { ModelFolder } from './model-folder.ts';

/** A file that a conversion depends on. */
export interface SourceFile {
  /** Relative to the model's folder, with forward slashes. */
  name: string;
  path: string;
  bytes: number;
  modified: number;
  /** Whether a converted folder has it too, as it is. */
  copied: boolean;
}

export type HashedFile = Manifest['source']['files'][number];

/** Read by us or by a person; everything else in a model's folder is left behind. */
const COPIED =
  /^(?:config|generation_config|preprocessor_config|special_tokens_map|added_tokens|tokenizer|tokenizer_config|vocab)\.json$|^tokenizer\.model$|^merges\.txt$|^chat_template\.(?:jinja|json)$|^(?:LICEN[CS]E|NOTICE|USE_POLICY|README)[\w.-]*$/i;

/**
 * What a model's conversion is made of: the files that are copied and those that hold the weights.
 *
 * @param weightFiles paths of the checkpoint's files
 * @throws LlavaMiniError `bad-checkpoint`, `bad-model` (see `filesToCopy`), `io`
 */
export async function sourceFiles(folder: ModelFolder, weightFiles: readonly string[]): Promise<SourceFile[]> {
  const { dir, config } = folder;
  const copied = await filesToCopy(dir, dir, COPIED);
  if (!wellKnownTower(config.visionTower))
    copied.push(...(await filesToCopy(dir, join(dir, config.visionTower), /\.json$/)));
  const indexes = (await readdir(dir).catch((error) => Promise.reject(fileError(error, dir)))).filter(
    (name) => name === INDEX_FILE || name === PICKLE_INDEX_FILE,
  );
  const weights = [...weightFiles, ...indexes.sort().map((name) => join(dir, name))];
  return Promise.all([
    ...copied.map((path) => describe(dir, path, true)),
    ...weights.map((path) => describe(dir, path, false)),
  ]);
}

async function describe(dir: string, path: string, copied: boolean): Promise<SourceFile> {
  const { size, mtimeMs } = await stat(path).catch((error) => Promise.reject(fileError(error, path)));
  return { name: relative(dir, path).replaceAll('\\', '/'), path, bytes: size, modified: mtimeMs, copied };
}

/**
 * sha256 of each file. Of a file in the hub's cache that is its name there, which was checked when it was downloaded.
 *
 * @param onBytes called with the bytes done since the last call
 * @throws LlavaMiniError `io`; the signal's reason
 */
export async function hashFiles(
  files: readonly SourceFile[],
  onBytes?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<HashedFile[]> {
  const hashed: HashedFile[] = [];
  const buffer = new Uint8Array(4 << 20);
  for (const { name, path, bytes, modified } of files) {
    const sha256 = (await blobHash(path)) ?? (await fileHash(path, buffer, onBytes, signal));
    hashed.push({ name, bytes, sha256, modified });
  }
  return hashed;
}

async function blobHash(path: string): Promise<string | undefined> {
  const real = await realpath(path).catch((error) => Promise.reject(fileError(error, path)));
  return basename(dirname(real)) === 'blobs' && /^[0-9a-f]{64}$/.test(basename(real)) ? basename(real) : undefined;
}

async function fileHash(
  path: string,
  buffer: Uint8Array,
  onBytes?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  try {
    const file = await open(path, 'r');
    try {
      while (true) {
        signal?.throwIfAborted();
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        onBytes?.(bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(error, path);
  }
  return hash.digest('hex');
}

/** Whether the files are, by name, length and time of change, those that were hashed. */
export function looksSame(files: readonly SourceFile[], hashed: readonly HashedFile[]): boolean {
  const known = new Map(hashed.map((file) => [file.name, file]));
  return (
    files.length === hashed.length &&
    files.every(
      ({ name, bytes, modified }) => known.get(name)?.bytes === bytes && known.get(name)?.modified === modified,
    )
  );
}

/** @throws LlavaMiniError `bad-checkpoint` when a file was changed since it was looked at */
export async function checkUnchanged(files: readonly SourceFile[]): Promise<void> {
  for (const { path, bytes, modified } of files) {
    const now = await stat(path).catch((error) => Promise.reject(fileError(error, path)));
    if (now.size !== bytes || now.mtimeMs !== modified)
      throw new LlavaMiniError('bad-checkpoint', `${path} was changed while it was being read`, {
        hint: 'wait until the model is complete, then try again; nothing was written',
      });
  }
}

/** Copies what a converted folder has from its source. @throws LlavaMiniError `no-space`, `io` */
export async function copyFiles(files: readonly SourceFile[], out: string): Promise<void> {
  for (const { name, path } of files.filter((file) => file.copied)) {
    const target = join(out, name);
    await mkdir(dirname(target), { recursive: true });
    // By content: in the hub's cache the file is a link.
    await copyFile(path, target).catch((error) => Promise.reject(fileError(error, target)));
  }
}
