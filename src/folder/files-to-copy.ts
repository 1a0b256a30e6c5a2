import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { realPathInside } from '../checkpoint/inside-folder.ts';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';

/** More than any tokenizer has. */
const MAX_BYTES = 100e6;

/**
 * The files of a folder whose names match, in their order, as those that may be copied out of a model's folder. Other
 * things of such a name (folders, devices) are left out.
 *
 * @param root the model's folder; `dir` is it, or a folder inside it
 * @returns paths
 * @throws LlavaMiniError `bad-checkpoint` for a link that leads out of the model's folder and its hub cache,
 *   `bad-model` for a file over 100 MB, `io`
 */
export async function filesToCopy(root: string, dir: string, names: RegExp): Promise<string[]> {
  const all = await readdir(dir).catch((error) => Promise.reject(fileError(error, dir)));
  const paths: string[] = [];
  for (const name of all.filter((name) => names.test(name)).sort()) {
    const path = join(dir, name);
    try {
      await realPathInside(root, relative(root, path));
      const found = await stat(path);
      if (!found.isFile()) continue;
      if (found.size > MAX_BYTES)
        throw new LlavaMiniError('bad-model', `${path} has ${found.size} bytes; at most ${MAX_BYTES} are copied`, {
          hint: 'no such file is that long: pull the model again, or move the file elsewhere',
        });
    } catch (error) {
      throw fileError(error, path);
    }
    paths.push(path);
  }
  return paths;
}
