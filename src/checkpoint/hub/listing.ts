import { z } from 'zod';
import { LlavaMiniError } from '../../errors.ts';
import { MANIFEST } from './cache.ts';
import type { HubClient } from './client.ts';
import { checkFileName, isCommit } from './names.ts';

/** A file of a model on the hub. Size and hashes are there when the hub tells them. */
export interface HubFile {
  readonly name: string;
  readonly size: number | undefined;
  /** Hash of the content, for large files. */
  readonly sha256: string | undefined;
  /** Git's hash (SHA-1 with Git's header), for small files. */
  readonly gitHash: string | undefined;
}

export interface HubListing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Revision = z.object({
  sha: z.string().refine(isCommit),
  siblings: z
    .array(
      z.object({
        rfilename: z.string(),
        size: size.nullish(),
        blobId: z.string().nullish(),
        lfs: z.object({ sha256: sha256.optional(), oid: sha256.optional(), size: size.optional() }).nullish(),
      }),
    )
    .max(100_000),
});

/**
 * Asks the hub which commit a revision is and which of its files a model needs.
 *
 * @throws LlavaMiniError `not-found`, `download` (refused, unreachable, hostile name), `bad-model` (no weights),
 *   `unsupported` (an adapter alone)
 */
export async function listFiles(
  client: HubClient,
  id: string,
  revision: string,
  signal?: AbortSignal,
): Promise<HubListing> {
  const answer = await client.json(`/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`, signal);
  const parsed = Revision.safeParse(answer);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new LlavaMiniError(
      'download',
      `the hub’s description of ${id} is malformed at ${path.join('.')}: ${message}`,
      {
        hint: 'HF_ENDPOINT may point to something that is not a hub',
      },
    );
  }
  const files = parsed.data.siblings.map(
    (file): HubFile => ({
      name: file.rfilename,
      size: file.lfs?.size ?? file.size ?? undefined,
      sha256: file.lfs?.sha256 ?? file.lfs?.oid,
      gitHash: !file.lfs && file.blobId && isCommit(file.blobId) ? file.blobId : undefined,
    }),
  );
  return { commit: parsed.data.sha, files: chooseFiles(files, id) };
}

const WEIGHTS = /\.safetensors$/;
/** Where the model itself is as safetensors: files of that ending alone may be a tower's or an adapter's. */
const SAFE = /^model\.safetensors(\.index\.json)?$/;
const PICKLES = /^pytorch_model[^/]*\.bin$/;
const NEEDED =
  /\.(json|jinja)$|(^|\/)(tokenizer|spiece|sentencepiece[^/]*)\.model$|(^|\/)(vocab|merges)\.txt$|\.tiktoken$/;
const UNNEEDED =
  /^(original|onnx|runs|checkpoint-\d+)\/|(^|\/)(consolidated|adapter_model)[^/]*\.safetensors$|(^|\/)(trainer_state|training_args)\.json$/;
/** Parts that LLaVA checkpoints keep in a file of their own. */
const PARTS = /(^|\/)(mm_projector|compressor|prefusion)[^/]*\.(bin|safetensors)$/;
/** What a model converted by this project consists of beside JSON files. */
const CONVERTED = /^(weights-\d{5}\.bin|(vision|image|prefusion|decoder)\.onnx)$/;

/** The files that running a model needs: weights (pickles only where there is nothing better), configs, tokenizer. */
export function chooseFiles(files: readonly HubFile[], id: string): HubFile[] {
  const useful = files.filter(({ name }) => !UNNEEDED.test(name));
  const safe = useful.some(({ name }) => SAFE.test(name));
  const converted = useful.some(({ name }) => name === MANIFEST);
  const chosen = useful.filter(
    ({ name }) =>
      WEIGHTS.test(name) ||
      PARTS.test(name) ||
      (converted && CONVERTED.test(name)) ||
      (PICKLES.test(name) && !safe) ||
      (NEEDED.test(name) && !(safe && /^pytorch_model.*\.json$/.test(name))),
  );
  for (const { name } of chosen) checkFileName(name, id);
  if (new Set(chosen.map(({ name }) => name)).size < chosen.length)
    throw new LlavaMiniError('download', `the hub lists a file of ${id} twice`);
  if (!chosen.some(({ name }) => name === 'config.json'))
    throw new LlavaMiniError('bad-model', `${id} has no config.json: it is not a model we can read`);
  if (converted || chosen.some(({ name }) => SAFE.test(name) || PICKLES.test(name))) return chosen;
  if (files.some(({ name }) => name === 'adapter_config.json'))
    throw new LlavaMiniError('unsupported', `${id} holds a LoRA adapter, not a whole model`, {
      hint: "merge it into its base model with the reference's scripts first",
    });
  throw new LlavaMiniError('bad-model', `${id} has no weights in model.safetensors or pytorch_model.bin files`);
}
