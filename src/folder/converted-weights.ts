import { type FileHandle, open, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readInto } from '../checkpoint/file-bytes.ts';
import { realPathInside, rootOfFiles } from '../checkpoint/inside-folder.ts';
import { LlavaMiniError } from '../errors.ts';
import { ELEMENT_BYTES } from '../graph/index.ts';
import { fileError } from '../util/atomic-file.ts';
import { MANIFEST_FILE, type Manifest } from './manifest.ts';
import type { ModelWeights } from './model-weights.ts';
import { formatOf } from './plan.ts';

const HINT = 'convert the model again';

/**
 * The weights of a converted folder. Nothing is read yet, but every file is there and as long as it must be.
 *
 * @throws LlavaMiniError `bad-checkpoint` naming the file
 */
export async function openConvertedWeights(dir: string, manifest: Manifest): Promise<ModelWeights> {
  const { weights, formats } = manifest;
  const paths = await checkFiles(dir, manifest);
  const root = await rootOfFiles(dir);
  const files = new Map<string, Promise<FileHandle>>();
  const handle = (name: string): Promise<FileHandle> => {
    const path = join(dir, name);
    const known = files.get(name);
    if (known) return known;
    const opened = open(path, 'r').catch((error) => {
      throw fileError(error, path);
    });
    files.set(name, opened);
    return opened;
  };
  return {
    root,
    formats: formatOf(formats),
    check({ name, dtype, shape }) {
      const found = Object.hasOwn(weights, name) ? weights[name] : undefined;
      if (!found)
        throw new LlavaMiniError('bad-checkpoint', `${join(dir, MANIFEST_FILE)} has no weights ${name}`, {
          hint: 'its config.json describes another model than the one that was converted',
        });
      if (found.dtype !== dtype || found.shape.length !== shape.length || shape.some((d, i) => d !== found.shape[i]))
        throw new LlavaMiniError(
          'bad-checkpoint',
          `weights ${name} in ${join(dir, found.file)} are ${found.dtype} [${found.shape.join(', ')}], but config.json asks for ${dtype} [${shape.join(', ')}]`,
          { hint: 'config.json and weights must come from the same conversion' },
        );
    },
    place(name) {
      const { file, offset, bytes } = weights[name];
      return { kind: 'external', file: relative(root, paths.get(file)!), offset, bytes };
    },
    async read(name, from = 0, to) {
      const { file, offset, bytes, dtype } = weights[name];
      const size = ELEMENT_BYTES[dtype];
      const data = new Uint8Array((to ?? bytes / size) * size - from * size);
      await readInto(await handle(file), data, offset + from * size, join(dir, file));
      if (dtype === 'uint8') return data;
      return dtype === 'float16' ? new Uint16Array(data.buffer) : new Float32Array(data.buffer);
    },
    async close() {
      for (const file of files.values()) await file.then((opened) => opened.close()).catch(() => {});
    },
  } satisfies ModelWeights;
}

/** Real paths of the weights files by their names. */
async function checkFiles(dir: string, manifest: Manifest): Promise<Map<string, string>> {
  const ends = new Map<string, number>();
  for (const { file, offset, bytes } of Object.values(manifest.weights))
    ends.set(file, Math.max(ends.get(file) ?? 0, offset + bytes));
  const paths = new Map<string, string>();
  for (const [name, end] of ends) {
    const path = join(dir, name);
    let size: number;
    try {
      const real = await realPathInside(dir, name);
      paths.set(name, real);
      ({ size } = await stat(real));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, path);
      throw new LlavaMiniError('bad-checkpoint', `${path} is missing`, { hint: HINT });
    }
    if (size < end)
      throw new LlavaMiniError('bad-checkpoint', `${path} is cut short: ${size} bytes, not ${end}`, { hint: HINT });
  }
  return paths;
}
