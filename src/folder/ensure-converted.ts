import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { convertFolder } from './convert.ts';
import { type ConversionKind, type ConvertOptions, conversionKind } from './convert-options.ts';
import { openConvertedWeights } from './converted-weights.ts';
import { builderVersion, type Manifest, readManifest, writeManifest } from './manifest.ts';
import { readModelFolder } from './model-folder.ts';
import { hashFiles, looksSame, type SourceFile, sourceFiles } from './source-files.ts';

export interface EnsureOptions extends ConvertOptions {
  /** Folder of all kept conversions. Default: see `conversionCache`. */
  cache?: string;
  /** A kept conversion will do whatever length its graphs are for: the engine makes its own. */
  anyLength?: boolean;
}

/**
 * The folder of a converted model: the given one when it is converted, otherwise a kept conversion, made when there is
 * none or when the source's content, the options or the builder's version have changed since. A kept one whose graphs
 * allow longer sequences than asked for will do. All revisions of a model in the hub's cache share one place.
 *
 * @param dir of a model in the published format, or of a converted one
 * @throws LlavaMiniError `bad-argument` when a converted model is not as the options want it; see `convertModel` for the others
 */
export async function ensureConverted(dir: string, options: EnsureOptions): Promise<string> {
  options.signal?.throwIfAborted();
  const given = await readManifest(dir);
  if (given) {
    checkGiven(dir, given, options);
    return dir;
  }
  const folder = await readModelFolder(dir);
  const kind = conversionKind(options, folder);
  const files = await sourceFiles(folder, await weightFiles(dir, options.tower));
  const out = join(resolve(options.cache ?? conversionCache()), await entryName(dir, kind, options.tower));
  const accepted = options.anyLength ? { ...kind, maxLength: 1 } : kind;
  const fresh = (): Promise<Manifest | undefined> => freshManifest(out, accepted, files, options.signal);
  if (!(await fresh())) await convertFolder(folder, out, { ...options, replaces: 'anything' }, fresh);
  return out;
}

/** Options that were left out want nothing of a model that is converted already. */
function checkGiven(dir: string, given: Manifest, options: EnsureOptions): void {
  const refuse = (message: string, to: string): never => {
    throw new LlavaMiniError('bad-argument', message, {
      hint: `load it as it is, or convert the model that it was made of${to}`,
    });
  };
  if (given.dtype !== options.dtype)
    refuse(`${dir} is converted to ${given.dtype}, not ${options.dtype}`, ` to ${options.dtype}`);
  const { layout, maxLength } = given;
  const made = { ...given.options, layout };
  for (const name of ['block', 'symmetric', 'uniform', 'partBytes', 'layout'] as const)
    if (options[name] !== undefined && options[name] !== made[name])
      refuse(`${dir} is converted with ${name} ${made[name]}, not ${options[name]}`, '');
  if (!options.anyLength && options.maxLength !== undefined && options.maxLength > maxLength)
    refuse(`${dir} is converted for ${maxLength} positions, not ${options.maxLength}`, '');
  if (options.tower !== undefined)
    refuse(`${dir} is converted and has its vision tower, so that none can be given`, '');
}

/** `LLAVA_MINI_CACHE`, else `llava-mini` in `XDG_CACHE_HOME` or `~/.cache`; in it, `converted`. */
export function conversionCache(env: NodeJS.ProcessEnv = process.env): string {
  const home = env.LLAVA_MINI_CACHE || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'llava-mini');
  return resolve(home, 'converted');
}

/** One entry per model and kind, so that a changed model, or its next revision, replaces its old conversion. */
async function entryName(dir: string, kind: ConversionKind, tower?: string): Promise<string> {
  const real = await realpath(dir).catch((error) => Promise.reject(fileError(error, dir)));
  // In the hub's cache a model's name is two folders above its commit.
  const isSnapshot = basename(dirname(real)) === 'snapshots';
  const path = isSnapshot ? dirname(dirname(real)) : real;
  const { maxLength: _, ...lasting } = kind;
  const key = createHash('sha256')
    .update(JSON.stringify([path, lasting, tower]))
    .digest('hex')
    .slice(0, 12);
  const name = isSnapshot ? basename(path).replace(/^models--/, '') : basename(path) || 'model';
  return `${name.replace(/[^\w.-]+/g, '_').slice(0, 100)}-${kind.dtype}-${key}`;
}

async function weightFiles(dir: string, tower?: string): Promise<readonly string[]> {
  const checkpoint = await openCheckpoint(dir, { tower });
  await checkpoint.close();
  return checkpoint.files;
}

/** The manifest of a kept conversion when it is whole and still right. */
async function freshManifest(
  out: string,
  kind: ConversionKind,
  files: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<Manifest | undefined> {
  const manifest = await readManifest(out).catch(damaged);
  if (!manifest || !isSameKind(manifest, kind) || !(await isWhole(out, manifest, files))) return undefined;
  if (looksSame(files, manifest.source.files)) return manifest;
  // Copied or touched, perhaps, but with the same content.
  const lengths = new Map(manifest.source.files.map(({ name, bytes }) => [name, bytes]));
  if (files.length !== lengths.size || files.some(({ name, bytes }) => lengths.get(name) !== bytes)) return undefined;
  const hashed = await hashFiles(files, undefined, signal);
  const known = new Map(manifest.source.files.map(({ name, sha256 }) => [name, sha256]));
  if (hashed.some(({ name, sha256 }) => known.get(name) !== sha256)) return undefined;
  const renewed = { ...manifest, source: { files: hashed } };
  await writeManifest(out, renewed);
  return renewed;
}

function isSameKind(manifest: Manifest, kind: ConversionKind): boolean {
  const { block, symmetric, uniform, partBytes } = manifest.options;
  return (
    manifest.builder === builderVersion() &&
    manifest.dtype === kind.dtype &&
    manifest.layout === kind.layout &&
    manifest.maxLength >= kind.maxLength &&
    block === kind.block &&
    symmetric === kind.symmetric &&
    uniform === kind.uniform &&
    partBytes === kind.partBytes
  );
}

/** Whether every file is there and as long as it must be. */
async function isWhole(out: string, manifest: Manifest, files: readonly SourceFile[]): Promise<boolean> {
  const weights = await openConvertedWeights(out, manifest).catch(damaged);
  if (!weights) return false;
  await weights.close();
  const size = async (name: string): Promise<number> => {
    const found = await stat(join(out, name)).catch(() => undefined);
    return found?.isFile() ? found.size : -1;
  };
  for (const { name, bytes, copied } of files) if (copied && (await size(name)) !== bytes) return false;
  const made = new Set([...Object.values(manifest.weights).map(({ file }) => file), ...Object.values(manifest.graphs)]);
  const sizes = await Promise.all([...made].map(size));
  return !sizes.includes(-1) && sizes.reduce((a, b) => a + b, 0) === manifest.bytes;
}

/** What is damaged is made anew; what cannot be read at all is an error. */
function damaged(error: unknown): undefined {
  if (error instanceof LlavaMiniError && ['bad-model', 'bad-checkpoint', 'unsupported'].includes(error.code)) return;
  throw error;
}
