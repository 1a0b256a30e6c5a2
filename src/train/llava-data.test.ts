import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { TextTokenizer } from '../text/index.ts';
import { byPicture, conversationPairs, imagePath, type LlavaRecord, readLlavaData } from './llava-data.ts';
import { PairEncoder, TOKENIZER_CONFIG, trainTokenizer } from './tokenise.ts';

const turn = (from: string, value: string) => ({ from, value });
const good = {
  id: 'a1',
  image: 'sub/cat.png',
  conversations: [turn('human', '<image>\nWhat is it?'), turn('gpt', 'It is a cat.')],
};

const texts = ['What is it?', 'It is a cat.', 'What colour is the cat?', 'It is grey.'];
const tokenizer = TextTokenizer.from({
  tokenizer: trainTokenizer([...texts, ...texts], 300) as never,
  config: TOKENIZER_CONFIG as never,
});
const END = tokenizer.idOf('<|end|>') as number;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llava-mini-data-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function read(content: unknown): Promise<LlavaRecord[]> {
  const path = join(dir, 'data.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readLlavaData(path);
}

describe('readLlavaData', () => {
  it('reads records as they are, and leaves out those without a picture', async () => {
    const text = { id: 'text', conversations: [turn('human', 'Hi'), turn('gpt', 'Hello')] };
    const numbered = { ...good, id: 7, model: 'ignored' };
    expect(await read([good, text, numbered])).toEqual([good, { ...good, id: '7' }]);
    expect(await read([])).toEqual([]);
    expect(imagePath('images', good as LlavaRecord)).toBe(join('images', 'sub', 'cat.png'));
  });

  const bad: [string, unknown, string][] = [
    ['that is null', null, 'the record: '],
    ['that is a number', 3, 'the record: '],
    ['that is a list', [good], 'the record: '],
    ['without an id', { ...good, id: undefined }, 'id: '],
    ['whose picture is no name', { ...good, image: 5 }, 'image: '],
    ['whose picture has an empty name', { ...good, image: '' }, 'image: '],
    ['with no conversation', { ...good, conversations: undefined }, 'conversations: '],
    ['with half a conversation', { ...good, conversations: good.conversations.slice(0, 1) }, 'conversations: '],
    [
      'with an unknown speaker',
      { ...good, conversations: [turn('user', '<image>'), turn('gpt', 'x')] },
      'conversations.0.from: ',
    ],
    [
      'with a turn without words',
      { ...good, conversations: [good.conversations[0], { from: 'gpt' }] },
      'conversations.1.value: ',
    ],
    [
      'that starts with an answer',
      { ...good, conversations: [...good.conversations].reverse() },
      'turn 0 is from gpt; human and gpt must take turns',
    ],
    [
      'where one speaks twice',
      { ...good, conversations: [...good.conversations, turn('gpt', 'x')] },
      'turn 2 is from gpt',
    ],
    [
      'without a place for the picture',
      { ...good, conversations: [turn('human', 'What is it?'), good.conversations[1]] },
      'one <image>, in the first turn',
    ],
    [
      'with two places',
      { ...good, conversations: [turn('human', '<image><image>'), good.conversations[1]] },
      'one <image>, in the first turn',
    ],
    [
      'with a place in a later turn',
      { ...good, conversations: [...good.conversations, turn('human', '<image>?'), turn('gpt', 'x')] },
      'one <image>, in the first turn',
    ],
    ['whose picture lies elsewhere', { ...good, image: '../secret.png' }, 'leaves the image folder'],
    ['whose picture lies elsewhere, hidden', { ...good, image: 'a/../../secret.png' }, 'leaves the image folder'],
    ['whose picture is the folder above', { ...good, image: '..' }, 'leaves the image folder'],
    ['whose picture has a whole path', { ...good, image: '/etc/passwd' }, 'leaves the image folder'],
  ];
  for (const [what, record, why] of bad)
    it(`tells of a record ${what}`, async () => {
      const error = await read([good, record]).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name: 'LlavaMiniError', code: 'bad-data' });
      expect((error as Error).message).toMatch(/data\.json: record 1: /);
      expect((error as Error).message).toContain(why);
    });

  it('tells of a file that is no list, no JSON, or not there', async () => {
    await expect(read({ records: [] })).rejects.toMatchObject({ code: 'bad-data', message: /expected a list/ });
    await expect(read('[{')).rejects.toMatchObject({ code: 'bad-data', message: /data\.json is not JSON/ });
    await expect(readLlavaData(join(dir, 'none.json'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('allows names that only look like the folder above', async () => {
    expect(await read([{ ...good, image: '..hidden/..cat.png' }])).toHaveLength(1);
  });
});

test('records of one picture come together, in the order of the first ones', () => {
  const of = (id: string, image: string): LlavaRecord => ({ ...(good as LlavaRecord), id, image });
  const groups = byPicture([of('1', 'a.png'), of('2', 'b.png'), of('3', './a.png'), of('4', 'c.png')]);
  expect(groups.map((group) => group.map(({ id }) => id))).toEqual([['1', '3'], ['2'], ['4']]);
});

describe('conversationPairs', () => {
  const record: LlavaRecord = {
    id: '1',
    image: 'cat.png',
    conversations: [
      { from: 'human', value: '<image>\nWhat is it?' },
      { from: 'gpt', value: ' It is a cat. ' },
      { from: 'human', value: 'What colour is the cat?' },
      { from: 'gpt', value: 'It is grey.' },
    ],
  };

  it('is the question as it is asked at run time, and its answer with the end token', () => {
    const [first] = conversationPairs(record, tokenizer, END);
    expect(first).toEqual({ kind: 'llava', ...new PairEncoder(tokenizer).encode('What is it?', 'It is a cat.') });
    expect(first.answer.at(-1)).toBe(END);
    expect(first.prompt.filter((id) => id === -200)).toHaveLength(1);
  });

  it('puts the picture first wherever it stood', () => {
    const [expected] = conversationPairs(record, tokenizer, END);
    for (const value of ['What is it?\n<image>', '<image> What is it?', 'What is it?<image>']) {
      const conversations = [{ from: 'human' as const, value }, ...record.conversations.slice(1, 2)];
      expect(conversationPairs({ ...record, conversations }, tokenizer, END)).toEqual([expected]);
    }
  });

  it('has all turns before a question in its prompt', () => {
    const pairs = conversationPairs(record, tokenizer, END);
    expect(pairs).toHaveLength(2);
    const [first, second] = pairs;
    const all = [...first.prompt, ...first.answer];
    expect(second.prompt.slice(0, all.length)).toEqual(all);
    expect(tokenizer.decode(second.prompt.slice(all.length))).toContain('What colour is the cat?');
    expect(second.answer).toEqual([...tokenizer.encode('It is grey.'), END]);
  });

  it('leaves a question without an answer out', () => {
    const open = { ...record, conversations: record.conversations.slice(0, 3) };
    expect(conversationPairs(open, tokenizer, END)).toHaveLength(1);
  });
});
