import { join } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { quote } from './strict-json.ts';
import { existsInside, openWeightFile, type WeightFile } from './weight-files.ts';

/** A file of weights whose tensors get other names: name in the model → name in the file. */
export interface RenamedFile {
  readonly file: WeightFile;
  readonly names: ReadonlyMap<string, string>;
}

/**
 * What LLaVA-Mini's training keeps in files of their own beside a LLaVA-1.5 model, by the names of the files, and the
 * part whose tensors may stand there without a prefix. The reference reads the first through `pretrain_mm_mlp_adapter`
 * (any prefix before `mm_projector.`; it may hold pre-fusion, too) and pre-fusion through `pretrain_prefusion` (names
 * without a prefix). Later ones win over earlier ones, and all of them over the model's own files, as loading them one
 * after another does in the reference.
 */
const PARTS: readonly (readonly [file: string, part: string, bare: RegExp])[] = [
  ['mm_projector', 'mm_projector', /^(\d+\.)?(weight|bias)$/],
  ['compressor', 'compressor', /^(query|pos_embed|(attn|ln_q|ln_kv)\..+)$/],
  ['prefusion', 'prefusion_layers', /^\d+\..+$/],
  ['prefusion_layers', 'prefusion_layers', /^\d+\..+$/],
];

const PREFIXED = /(?:^|\.)(mm_projector|compressor|prefusion_layers)\.(.+)$/;

/**
 * Opens the separate files of a folder, in the order in which they win. Where a part is there both as safetensors and
 * as pickle, the pickle is not looked at.
 *
 * @throws LlavaMiniError `bad-checkpoint`: broken file, tensor of no known part, link that leads out of the folder
 */
export async function openSeparateParts(dir: string): Promise<RenamedFile[]> {
  const parts: RenamedFile[] = [];
  try {
    for (const [name, part, bare] of PARTS) {
      const path = await firstOf(dir, [`${name}.safetensors`, `${name}.bin`]);
      if (!path) continue;
      const file = await openWeightFile(path);
      parts.push({ file, names: new Map() });
      parts[parts.length - 1] = { file, names: publishedNames(file, part, bare) };
    }
    return parts;
  } catch (error) {
    await Promise.allSettled(parts.map(({ file }) => file.close()));
    throw error;
  }
}

function publishedNames(file: WeightFile, part: string, bare: RegExp): Map<string, string> {
  const names = new Map<string, string>();
  for (const own of file.tensors.keys()) {
    const found = PREFIXED.exec(own);
    if (!found && !bare.test(own))
      throw new LlavaMiniError(
        'bad-checkpoint',
        `${file.path} has tensor ${quote(own)}, which belongs to no known part`,
        {
          hint: 'separate files may hold mm_projector, compressor and prefusion_layers',
        },
      );
    const name = found ? `model.${found[1]}.${found[2]}` : `model.${part}.${own}`;
    const other = names.get(name);
    if (other !== undefined)
      throw new LlavaMiniError(
        'bad-checkpoint',
        `${file.path} has ${quote(other)} and ${quote(own)}, which both mean tensor ${name}`,
      );
    names.set(name, own);
  }
  return names;
}

async function firstOf(dir: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await existsInside(dir, join(dir, name))) return join(dir, name);
  return undefined;
}
