import { existsSync } from 'node:fs';
import { LlavaMiniError } from '../../errors.ts';
import { quote } from '../strict-json.ts';

const PREFIX = 'models--';
const PART = /^(?![.-])(?!.*(?:--|\.\.))[A-Za-z0-9._-]{1,96}(?<![.-])$/;

/** Whether a text has the form `ORG/NAME` of a model on the hub. */
export function isModelId(text: string): boolean {
  const parts = text.split('/');
  return parts.length === 2 && parts.every((part) => PART.test(part));
}

/**
 * Whether a name that is no folder's may be fetched from the hub: `runs/mine` where there is a folder `runs` is a
 * mistyped folder, not somebody's model.
 */
export function mayBeFetched(name: string): boolean {
  return isModelId(name) && !existsSync(name.split('/', 1)[0]);
}

/** @throws LlavaMiniError `bad-argument` */
export function checkModelId(id: string): string {
  if (!isModelId(id))
    throw new LlavaMiniError('bad-argument', `${quote(id)} is not the name of a model on the hub`, {
      hint: 'such names have the form ORG/NAME',
    });
  return id;
}

/** A branch, tag, commit, or a name like `refs/pr/1`. @throws LlavaMiniError `bad-argument` */
export function checkRevision(revision: string): string {
  const parts = revision.split('/');
  if (
    revision.length > 250 ||
    !parts.every((part) => /^[A-Za-z0-9_][A-Za-z0-9._+@-]*$/.test(part) && !part.includes('..'))
  )
    throw new LlavaMiniError('bad-argument', `${quote(revision)} is not the name of a revision`);
  return revision;
}

/** Name of a model's folder in the cache. */
export function folderOf(id: string): string {
  return PREFIX + id.replaceAll('/', '--');
}

/** The reverse of `folderOf`; undefined for other folders. */
export function idOfFolder(folder: string): string | undefined {
  if (!folder.startsWith(PREFIX)) return undefined;
  const id = folder.slice(PREFIX.length).replaceAll('--', '/');
  // Very old models have no organisation.
  return isModelId(id) || PART.test(id) ? id : undefined;
}

/** Whether a revision is a commit's full hash. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/**
 * Checks a file name that the hub sent, before it becomes a path.
 *
 * @throws LlavaMiniError `download` for whatever could leave the folder or mean something else on another system
 */
export function checkFileName(name: string, id: string): string {
  const safe = (part: string): boolean =>
    part !== '' &&
    !/^\.+$/.test(part) &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are just what is refused
    !/[\\:*?"<>|\u0000-\u001f\u007f]/.test(part) &&
    !/[. ]$/.test(part) &&
    !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(part);
  if (name.length > 500 || !name.split('/').every(safe))
    throw new LlavaMiniError(
      'download',
      `the hub lists a file of ${id} with the name ${quote(name)}, which is refused`,
      {
        hint: 'the repository or the hub may be hostile; nothing was written',
      },
    );
  return name;
}

/** Checks an ETag before it becomes the name of a file in the cache: no quotes, no `W/`. */
export function blobName(etag: string | undefined, what: string): string {
  const name = etag?.trim().replace(/^W\//, '').replace(/^"|"$/g, '');
  if (!name || !/^[A-Za-z0-9_-]{1,128}$/.test(name))
    throw new LlavaMiniError('download', `the hub sent no usable ETag for ${what}`, {
      hint: 'HF_ENDPOINT may point to something that is not a hub',
    });
  return name;
}
