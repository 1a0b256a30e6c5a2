import { statfs } from 'node:fs/promises';
import { LlavaMiniError } from '../../errors.ts';
import { fileError } from '../../util/atomic-file.ts';

/** Kept free beside what is written. */
const SPARE_BYTES = 32 << 20;

/**
 * Says before anything is written that it cannot fit.
 *
 * @param needed bytes
 * @param what what needs them, for the message
 * @param hint what to do
 * @throws LlavaMiniError `no-space` with both numbers, `io`
 */
export async function checkSpace(
  folder: string,
  needed: number,
  what: string,
  hint = 'free some space, or set HF_HUB_CACHE to a folder on another disk; nothing was downloaded',
): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch((error) => {
    throw fileError(error, folder);
  });
  const free = Math.max(0, bavail * bsize);
  if (needed > 0 && needed + SPARE_BYTES > free)
    throw new LlavaMiniError(
      'no-space',
      `${what} needs ${readable(needed)} more, and ${folder} has ${readable(free)} free`,
      { hint },
    );
}

function readable(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
