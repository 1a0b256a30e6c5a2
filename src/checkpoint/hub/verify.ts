import { createHash, type Hash } from 'node:crypto';
import { LlavaMiniError } from '../../errors.ts';

/** What a file's content must hash to: SHA-256 of it, or Git's SHA-1 of it with Git's header. */
export interface ExpectedHash {
  readonly kind: 'sha256' | 'git';
  readonly hex: string;
}

/** The hash that the hub's listing gives, or else the one that the file's ETag is. */
export function expectedHash(
  listed: { sha256: string | undefined; gitHash: string | undefined },
  etag: string,
): ExpectedHash | undefined {
  if (listed.sha256) return { kind: 'sha256', hex: listed.sha256 };
  if (listed.gitHash) return { kind: 'git', hex: listed.gitHash };
  if (/^[0-9a-f]{64}$/.test(etag)) return { kind: 'sha256', hex: etag };
  if (/^[0-9a-f]{40}$/.test(etag)) return { kind: 'git', hex: etag };
  return undefined;
}

/**
 * @param size bytes the content must have
 * @throws LlavaMiniError `download` when size or hash differ; the signal's reason
 */
export async function verify(
  content: AsyncIterable<Uint8Array>,
  size: number,
  expected: ExpectedHash | undefined,
  what: string,
  signal?: AbortSignal,
): Promise<void> {
  const hash: Hash = createHash(expected?.kind === 'git' ? 'sha1' : 'sha256');
  if (expected?.kind === 'git') hash.update(`blob ${size}\0`);
  let seen = 0;
  for await (const chunk of content) {
    signal?.throwIfAborted();
    seen += chunk.length;
    hash.update(chunk);
  }
  const found = hash.digest('hex');
  if (seen === size && (!expected || found === expected.hex)) return;
  const difference = seen !== size ? `${seen} bytes instead of ${size}` : `hash ${found} instead of ${expected?.hex}`;
  throw new LlavaMiniError('download', `${what} arrived damaged: ${difference}`, {
    hint: 'the file was removed; pull again, and if it happens again the hub or a proxy on the way is at fault',
  });
}
