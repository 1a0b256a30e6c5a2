import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { realPathInside } from '../checkpoint/inside-folder.ts';
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensors-write.ts';
import { LlavaMiniError } from '../errors.ts';
import { wellKnownTower } from '../model/vision/index.ts';
import { fileError, writeFileAtomic } from '../util/atomic-file.ts';
import { generationConfig, publishedConfig, towerFiles } from './export-config.ts';
import type { SourceTensor } from './export-source.ts';
import { filesToCopy } from './files-to-copy.ts';
import type { ModelFolder } from './model-folder.ts';

export const TOWER_FOLDER = 'vision_tower';
const COPIED =
  /^(?:tokenizer\.(?:json|model)|special_tokens_map\.json|added_tokens\.json|vocab\.json|merges\.txt|chat_template\.(?:jinja|json)|(?:LICEN[CS]E|NOTICE|USE_POLICY)[\w.-]*)$/;

/** Name of a tower that the reference finds by itself; undefined: the tower's own folder is written. */
export const towerName = ({ config }: ModelFolder): string | undefined =>
  wellKnownTower(config.visionTower) ? config.visionTower : undefined;

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);

/** `model.safetensors.index.json`: which shard holds which tensor. */
export async function writeIndex(
  out: string,
  shards: readonly [string, SourceTensor[]][],
  total: number,
): Promise<void> {
  const places = shards.flatMap(([file, tensors]) => tensors.map(({ name }) => [name, file] as const));
  await writeJson(join(out, 'model.safetensors.index.json'), {
    metadata: { total_size: total },
    weight_map: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))),
  });
}

async function readJson(dir: string, name: string): Promise<Record<string, unknown> | undefined> {
  const path = join(dir, name);
  try {
    return JSON.parse(await readFile(await realPathInside(dir, name), 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw fileError(error, path);
    throw new LlavaMiniError('bad-model', `${path} is not valid JSON: ${error.message}`);
  }
}

/** `config.json` in the official layout. @throws LlavaMiniError `bad-model` for a file that is no JSON */
export async function writeConfig(out: string, folder: ModelFolder, written: readonly SourceTensor[]): Promise<void> {
  const json = (await readJson(folder.dir, 'config.json'))!;
  const language = written.find(({ name }) => name.startsWith('model.layers.'))!;
  const config = publishedConfig(json, folder, language.dtype);
  const whole = { ...config, mm_vision_tower: towerName(folder) ?? `./${TOWER_FOLDER}` };
  await writeFileAtomic(join(out, 'config.json'), `${withFloats(JSON.stringify(whole, null, 2))}\n`);
  const generation = (await readJson(folder.dir, 'generation_config.json')) ?? generationConfig(folder);
  await writeJson(join(out, 'generation_config.json'), generation);
}

/** Python tells 8 from 8.0, and transformers refuses a rotary scaling by whole numbers. */
const withFloats = (json: string): string =>
  json.replace(/("(?:factor|low_freq_factor|high_freq_factor|rope_theta)": -?\d+)(?=,?$)/gm, '$1.0');

/** @returns what is missing */
export async function writeTokenizer(out: string, { dir }: ModelFolder): Promise<string[]> {
  const paths = await filesToCopy(dir, dir, COPIED);
  for (const path of paths) {
    const content = await readFile(path).catch((error) => Promise.reject(fileError(error, path)));
    await writeFileAtomic(join(out, basename(path)), content);
  }
  const settings = await readJson(dir, 'tokenizer_config.json');
  if (settings)
    // Without a class, transformers looks for one that belongs to the model's type, of which it knows nothing.
    await writeJson(join(out, 'tokenizer_config.json'), { tokenizer_class: 'PreTrainedTokenizerFast', ...settings });
  return settings && paths.some((path) => basename(path).startsWith('tokenizer.'))
    ? []
    : [`${dir} has no complete tokenizer: put its files into the exported folder`];
}

/** The vision tower as a folder of its own within the exported one. */
export async function writeTower(out: string, folder: ModelFolder, tensors: TensorToWrite[]): Promise<void> {
  const dir = join(out, TOWER_FOLDER);
  await mkdir(dir);
  const { config, preprocessor } = towerFiles(folder);
  await writeJson(join(dir, 'config.json'), config);
  await writeJson(join(dir, 'preprocessor_config.json'), preprocessor);
  await writeSafetensors(join(dir, 'model.safetensors'), tensors, { format: 'pt' });
}
