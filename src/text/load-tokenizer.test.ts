import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goldenFiles } from '../../test/support/tokenizers.ts';
import { loadTokenizer } from './load-tokenizer.ts';

describe('loadTokenizer', () => {
  const files = goldenFiles();
  let folder: string;
  const write = (name: string, value: string | object | Uint8Array): Promise<void> =>
    writeFile(
      join(folder, name),
      typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value),
    );

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'llava-mini-tokenizer-'));
    await write('tokenizer.json', files.tokenizer);
    await write('tokenizer_config.json', files.config);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads both files', async () => {
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.encode('A cat.', { addSpecial: true })).toEqual([1500, 32, 273, 266, 13]);
    expect(tokenizer.config.chat_template).toContain('start_header_id');
  });

  it('does without a configuration', async () => {
    await rm(join(folder, 'tokenizer_config.json'));
    expect((await loadTokenizer(folder)).bosId).toBeUndefined();
  });

  it('takes a chat template from a file of its own', async () => {
    await write('tokenizer_config.json', { ...files.config, chat_template: undefined });
    await write('chat_template.jinja', '{{ bos_token }}');
    expect((await loadTokenizer(folder)).config.chat_template).toBe('{{ bos_token }}');
  });

  const codeOf = async (): Promise<unknown> =>
    loadTokenizer(folder).then(
      () => 'no error',
      (error) => error.code,
    );

  it('says what is wrong with the folder', async () => {
    await write('tokenizer.json', '{"model":');
    expect(await codeOf()).toBe('bad-model');
    await write('tokenizer.json', Uint8Array.of(0xff, 0xfe, 0x00));
    expect(await codeOf()).toBe('bad-model');
    await write('tokenizer.json', '');
    expect(await codeOf()).toBe('bad-model');
    await truncate(join(folder, 'tokenizer.json'), 101e6);
    expect(await codeOf()).toBe('bad-model');
    await rm(join(folder, 'tokenizer.json'));
    expect(await codeOf()).toBe('bad-model');
    folder = join(folder, '..', folder.split('/').at(-1)!);
    await write('tokenizer.json', files.tokenizer);
    await write('tokenizer_config.json', 'null');
    expect(await codeOf()).toBe('bad-model');
  });
});
