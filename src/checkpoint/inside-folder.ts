import { realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { LlavaMiniError } from '../errors.ts';

/**
 * Real path of a model folder's file. A link may lead into the hub cache that the folder belongs to, but to nowhere
 * else outside the folder.
 *
 * @throws LlavaMiniError `bad-checkpoint` for another link; Node's own error when there is no file
 */
export async function realPathInside(dir: string, name: string): Promise<string> {
  const path = join(dir, name);
  const [root, real] = [await realpath(dir), await realpath(path)];
  const hub = hubFolder(root);
  if (![root, ...(hub ? [join(hub, 'blobs')] : [])].some((allowed) => real.startsWith(allowed + sep)))
    throw new LlavaMiniError('bad-checkpoint', `${path} is a link that leads out of the model folder, to ${real}`);
  return real;
}

/** Folder that holds a model folder's files and what their links lead to: itself, or its model in the hub cache. */
export async function rootOfFiles(dir: string): Promise<string> {
  const root = await realpath(dir);
  return hubFolder(root) ?? root;
}

const hubFolder = (root: string): string | undefined =>
  basename(dirname(root)) === 'snapshots' ? dirname(dirname(root)) : undefined;
