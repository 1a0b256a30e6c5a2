import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { realPathInside } from '../checkpoint/inside-folder.ts';
import { LlavaMiniError } from '../errors.ts';
import { ELEMENT_BYTES, type WeightFormat } from '../graph/index.ts';
import { fileError, writeFileAtomic } from '../util/atomic-file.ts';

/** Written last into a converted model's folder: where it is, everything else is there. */
export const MANIFEST_FILE = 'llava-mini.json';

/** The folder's layout; readers refuse another one. */
const FORMAT = 1;

/** Raised when graphs or quantisation change, so that kept conversions are made anew. */
const BUILDER = 3;

export const DTYPES = ['q4', 'q8', 'fp16', 'fp32'] as const;
export type Dtype = (typeof DTYPES)[number];

/** Weight arrays begin at multiples of it, so that any of them can be mapped. */
export const ALIGNMENT = 4096;

const MAX_BYTES = 64 << 20;

const count = z.int().min(0);
/** A name and nothing else: no folder, no drive, no leading dot. */
const fileName = z.string().regex(/^[A-Za-z0-9_][\w.-]{0,200}$/);
const blockSize = z.union([z.literal(16), z.literal(32), z.literal(64), z.literal(128), z.literal(256)]);

const weightFormat: z.ZodType<WeightFormat> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('float32') }),
  z.object({ kind: z.literal('float16') }),
  z.object({
    kind: z.literal('blocks'),
    bits: z.union([z.literal(4), z.literal(8)]),
    block: blockSize,
    symmetric: z.boolean(),
  }),
]);

const schema = z.object({
  format: z.literal(FORMAT),
  /** Version of the package and {@link BUILDER}. */
  builder: z.string(),
  dtype: z.enum(DTYPES),
  options: z.object({
    /** Values per block along K, where a matrix's width allows it. */
    block: blockSize,
    symmetric: z.boolean(),
    uniform: z.boolean(),
    /** Most bytes of a weights file, unless a single array is larger. */
    partBytes: z.int().positive(),
  }),
  /** `llava`: all patches as vision tokens and no pre-fusion. */
  layout: z.enum(['mini', 'llava']),
  /** Longest sequence that the graphs were made for. */
  maxLength: z.int().positive(),
  source: z.object({
    /** What the model was made of. `modified`: milliseconds since 1970, to see quickly that nothing changed. */
    files: z.array(
      z.object({
        name: z.string(),
        bytes: count,
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        modified: z.number().optional(),
      }),
    ),
  }),
  /** How each weight is stored, by its name in the checkpoint; absent: float32. */
  formats: z.record(z.string(), weightFormat),
  /** The stored arrays, by the names that `weightParts` gives them. */
  weights: z.record(
    z.string(),
    z.object({
      dtype: z.enum(['float32', 'float16', 'uint8']),
      shape: z.array(count),
      file: fileName,
      offset: count,
      bytes: count,
    }),
  ),
  /** ONNX files whose weights lie in the files above. `prefusion` is missing where there is none. */
  graphs: z.object({ vision: fileName, image: fileName, prefusion: fileName.optional(), decoder: fileName }),
  /** Of all weights files and graphs. */
  bytes: count,
});

/** What `llava-mini.json` says. */
export type Manifest = z.infer<typeof schema>;
export type StoredWeight = Manifest['weights'][string];

/** What made a conversion: another one has to make it anew. */
export function builderVersion(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return `${version}/${BUILDER}`;
}

/**
 * Reads a converted model's manifest; undefined when the folder has none. That the weights files are there and as
 * long as it says is for `openConvertedWeights`.
 *
 * @throws LlavaMiniError `bad-model` naming the key, `unsupported` for another format, `io`
 */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  const path = join(dir, MANIFEST_FILE);
  let text: string;
  try {
    const file = await open(await realPathInside(dir, MANIFEST_FILE), 'r');
    try {
      const { size } = await file.stat();
      if (size > MAX_BYTES) throw new LlavaMiniError('bad-model', `${path} is ${size} bytes long; no manifest is`);
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(error, path);
  }
  return parseManifest(text, path);
}

const HINT = 'convert the model again';

function parseManifest(text: string, path: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LlavaMiniError('bad-model', `${path} is not valid JSON: ${(cause as Error).message}`, {
      hint: HINT,
      cause,
    });
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format !== FORMAT)
    throw new LlavaMiniError('unsupported', `${path} has format ${format}; this version reads ${FORMAT}`, {
      hint: HINT,
    });
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new LlavaMiniError('bad-model', `${path}: ${issue.path.join('.') || 'the file'}: ${issue.message}`, {
      hint: HINT,
    });
  }
  const manifest = parsed.data;
  for (const [name, { dtype, shape, bytes, offset }] of Object.entries(manifest.weights)) {
    const needed = shape.reduce((product, side) => product * side, ELEMENT_BYTES[dtype]);
    if (bytes !== needed || !Number.isSafeInteger(offset + bytes))
      throw new LlavaMiniError(
        'bad-model',
        `${path}: weights.${name}: ${bytes} bytes do not hold [${shape.join(', ')}] ${dtype}`,
        { hint: HINT },
      );
  }
  return manifest;
}

/** Writes the manifest in one atomic step. @throws LlavaMiniError `no-space`, `io` */
export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  await writeFileAtomic(join(dir, MANIFEST_FILE), `${JSON.stringify(manifest, null, 1)}\n`);
}
