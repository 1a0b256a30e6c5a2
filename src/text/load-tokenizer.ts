import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LlavaMiniError } from '../errors.ts';
import { fileError } from '../util/atomic-file.ts';
import { TextTokenizer } from './tokenizer.ts';

/** Llama 3.1's file has 9 MB, the largest in use some 35 MB. */
const MAX_TOKENIZER_BYTES = 100e6;
const MAX_CONFIG_BYTES = 10e6;
const MAX_TEMPLATE_BYTES = 1e6;

/**
 * Reads a model folder's `tokenizer.json`, `tokenizer_config.json` and, where the latter has no chat template,
 * `chat_template.jinja` (the last two may be missing).
 *
 * @throws LlavaMiniError `bad-model` when a file is missing, too large, damaged or of an unknown kind; `io` when it
 * cannot be read.
 */
export async function loadTokenizer(folder: string): Promise<TextTokenizer> {
  const tokenizerText = await readText(join(folder, 'tokenizer.json'), MAX_TOKENIZER_BYTES);
  if (tokenizerText === undefined)
    throw new LlavaMiniError('bad-model', `${folder} has no tokenizer.json`, {
      hint: 'a model folder needs config.json, model.safetensors, tokenizer.json and tokenizer_config.json',
    });
  const configText = await readText(join(folder, 'tokenizer_config.json'), MAX_CONFIG_BYTES);
  const config = configText === undefined ? {} : parseJson(configText, 'tokenizer_config.json');
  if (isObject(config) && config.chat_template == null)
    config.chat_template = await readText(join(folder, 'chat_template.jinja'), MAX_TEMPLATE_BYTES);
  return TextTokenizer.from({ tokenizer: parseJson(tokenizerText, 'tokenizer.json'), config });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

async function readText(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      const status = await file.stat();
      if (!status.isFile()) throw new LlavaMiniError('bad-model', `${path} is not a file`);
      if (status.size > maxBytes)
        throw new LlavaMiniError('bad-model', `${path} has ${status.size} bytes; at most ${maxBytes} are accepted`);
      return new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof TypeError)
      throw new LlavaMiniError('bad-model', `${path} is not UTF-8 text`, { cause: error });
    throw fileError(error, path);
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LlavaMiniError('bad-model', `${name} is not JSON: ${(error as Error).message.slice(0, 200)}`, {
      hint: 'the file may be cut short; fetch it again',
      cause: error,
    });
  }
}
