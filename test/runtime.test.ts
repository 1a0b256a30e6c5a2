import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LlavaMini, LlavaMiniError, type LoadOptions, VisualMemory } from '../src/index.ts';
import { type TinyModel, writeTinyModel } from './support/tiny-model.ts';

const CAT = 'examples/pictures/cat.png';
const COFFEE = 'examples/pictures/coffee.png';

let tiny: TinyModel;
let model: LlavaMini;

const load = (dir: string, options: LoadOptions = {}): Promise<LlavaMini> =>
  LlavaMini.load(dir, { threads: 1, engine: 'inline', ...options });

const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof LlavaMiniError) return error.code;
    throw error;
  }
  return 'no error';
};

const errorOf = async (work: () => Promise<unknown>): Promise<LlavaMiniError> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof LlavaMiniError) return error;
    throw error;
  }
  throw new Error('there was no error');
};

beforeAll(async () => {
  tiny = await writeTinyModel();
  model = await load(tiny.dir);
});
afterAll(async () => {
  await model.dispose();
  await tiny.remove();
});

describe('answers', () => {
  test('count tokens and time every phase', async () => {
    const { usage, timings, tokens, finishReason } = await model.ask(CAT, 'what is this?', { maxTokens: 7 });
    expect(usage).toMatchObject({ visionTokens: 1, answerTokens: tokens.length });
    expect(finishReason === 'length' ? tokens.length : 7).toBe(7);
    for (const phase of ['load', 'decode', 'prepare', 'vision', 'prefusion', 'prefill', 'firstToken', 'total'] as const)
      expect(timings[phase], phase).toBeGreaterThan(0);
    expect(timings.firstToken).toBeLessThanOrEqual(timings.total);
  });

  test('about a kept memory take no time for the picture', async () => {
    const memory = await model.see(CAT);
    const { timings } = await model.ask(memory, 'what is this?', { maxTokens: 2 });
    expect([timings.decode, timings.prepare, timings.vision]).toEqual([0, 0, 0]);
  });

  test('look once at a picture that is given twice', async () => {
    const picture = await readFile(CAT);
    const { usage } = await model.ask([picture, picture], 'what are these?', { maxTokens: 1 });
    expect(usage.visionTokens).toBe(2);
  });

  test('end before a stop string', async () => {
    const whole = await model.ask(CAT, 'what is this?', { maxTokens: 20 });
    const stop = whole.text.slice(4, 6);
    const cut = await model.ask(CAT, 'what is this?', { maxTokens: 20, stop: [stop] });
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)).trimEnd());
    expect(cut.finishReason).toBe('stop');
    expect(cut.usage.answerTokens).toBeLessThan(whole.usage.answerTokens);
    let streamed = '';
    for await (const piece of model.stream(CAT, 'what is this?', { maxTokens: 20, stop: [stop] })) streamed += piece;
    expect(streamed).toBe(cut.text);
  });

  test('are the same for the same seed, and others for others', async () => {
    const ask = async (seed: number): Promise<string> =>
      (await model.ask(null, 'say something', { maxTokens: 16, temperature: 2, seed })).text;
    expect(await ask(1)).toBe(await ask(1));
    expect(await ask(1)).not.toBe(await ask(2));
  });

  test('go on where the cache has the same prompt, and only there', async () => {
    const memory = await model.see(CAT);
    const other = await model.see(COFFEE);
    const first = await model.ask(memory, 'what is this?', { maxTokens: 3 });
    const again = await model.ask(memory, 'what is that?', { maxTokens: 3 });
    expect(again.usage.cachedTokens).toBeGreaterThan(2);
    expect(again.usage.cachedTokens).toBeLessThan(first.usage.promptTokens);
    expect((await model.ask(other, 'what is that?', { maxTokens: 3 })).usage.cachedTokens).toBe(0);
  });

  test('to text alone keep their own tokens in the cache, to pictures they are read again', async () => {
    const chat = model.conversation({ maxTokens: 8, stop: [] });
    const first = await chat.ask('hello').result;
    const second = await chat.ask('and now?').result;
    expect(second.usage.cachedTokens).toBeGreaterThanOrEqual(first.usage.promptTokens);
    chat.clear();
    await chat.show(CAT);
    const about = await chat.ask('what is this?').result;
    const more = await chat.ask('and what else?').result;
    expect(more.usage.cachedTokens).toBe(about.usage.promptTokens);
  });
});

describe('a conversation', () => {
  test('leaves a cancelled question out', async () => {
    const chat = model.conversation({ maxTokens: 4 });
    await chat.show(CAT);
    const abort = new AbortController();
    abort.abort(new Error('changed my mind'));
    await expect(chat.ask('what is this?', { signal: abort.signal }).result).rejects.toThrow('changed my mind');
    expect(chat.messages).toEqual([]);
    expect((await chat.ask('what is this?').result).usage.visionTokens).toBe(1);
    expect((await chat.ask('and?').result).usage.visionTokens).toBe(1);
    chat.clear(true);
    expect((await chat.ask('and?').result).usage.visionTokens).toBe(1);
    chat.clear();
    expect((await chat.ask('and?').result).usage.visionTokens).toBe(0);
  });

  test('keeps a picture that is shown while it answers, and both of two questions asked at once', async () => {
    const chat = model.conversation({ maxTokens: 4 });
    const answer = chat.ask('what is this?');
    await chat.show(CAT);
    await answer.result;
    expect((await chat.ask('and this?').result).usage.visionTokens).toBe(1);
    const before = chat.messages.length;
    await Promise.all(['one?', 'two?'].map((question) => chat.ask(question).result));
    expect(chat.messages).toHaveLength(before + 4);
  });

  test('that is cleared while it answers stays empty', async () => {
    const chat = model.conversation({ maxTokens: 4 });
    await chat.show(CAT);
    const answer = chat.ask('what is this?');
    chat.clear();
    await answer.result;
    expect(chat.messages).toEqual([]);
    expect((await chat.ask('and?').result).usage.visionTokens).toBe(0);
  });
});

describe('cancelling', () => {
  test('ends an answer with the reason given', async () => {
    const abort = new AbortController();
    const stream = model.stream(CAT, 'what is this?', { maxTokens: 400, signal: abort.signal });
    await expect(
      (async () => {
        for await (const _ of stream) abort.abort(new Error('enough'));
      })(),
    ).rejects.toThrow('enough');
  });

  test('happens when a loop is left', async () => {
    const stream = model.stream(null, 'go on', { maxTokens: 400 });
    for await (const _ of stream) break;
    await expect(stream.result).rejects.toThrow(/abort/i);
  });

  test('works before anything has begun', async () => {
    const signal = AbortSignal.abort(new Error('no'));
    await expect(model.see(CAT, { signal })).rejects.toThrow('no');
    await expect(model.ask(CAT, 'what?', { signal })).rejects.toThrow('no');
    await expect(load(tiny.dir, { signal })).rejects.toThrow('no');
  });
});

describe('a visual memory', () => {
  test('knows its picture, its size and where the model looked', async () => {
    const memory = await model.see(CAT);
    expect([memory.width, memory.height, memory.frames]).toEqual([451, 300, 1]);
    expect(memory.byteLength).toBeGreaterThan(100);
    const { weights, tokens, patches, side } = memory.attention();
    expect([tokens, patches, side]).toEqual([1, 4, 2]);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(() => memory.attention(1)).toThrow(LlavaMiniError);
  });

  test('is of no use to another model, or after it was disposed of', async () => {
    const memory = await model.see(CAT);
    const other = await load(tiny.dir);
    expect(await codeOf(() => other.ask(memory, 'what?'))).toBe('bad-argument');
    await other.dispose();
    expect(memory.disposed).toBe(false);
    memory.dispose();
    expect(memory.disposed).toBe(true);
    expect(await codeOf(() => model.ask(memory, 'what?'))).toBe('bad-argument');
    expect(memory).toBeInstanceOf(VisualMemory);
  });

  test("leaves the caller's pixels where they are", async () => {
    const data = new Uint8Array(12).fill(200);
    await model.see({ width: 2, height: 2, data });
    expect(data).toHaveLength(12);
  });
});

describe('bad input', () => {
  test('questions', async () => {
    for (const empty of ['', '  \n']) expect(await codeOf(() => model.ask(CAT, empty))).toBe('bad-argument');
    const long = await errorOf(() => model.ask(CAT, 'word '.repeat(10_000)));
    expect(long.code).toBe('prompt-too-long');
    expect(long.message).toContain(String(model.info.maxLength));
    const huge = await errorOf(() => model.ask(null, 'x'.repeat(50_000_000)));
    expect(huge.code).toBe('prompt-too-long');
  });

  test('options', async () => {
    const bad: object[] = [
      { maxTokens: 0 },
      { maxTokens: 1.5 },
      { temperature: -1 },
      { temperature: Number.NaN },
      { topP: 0 },
      { topP: 1.1 },
      { topK: -1 },
      { repetitionPenalty: 0 },
      { seed: -1 },
      { stop: [''] },
      { stop: 'x' },
      { system: 1 },
      { signal: {} },
    ];
    for (const options of bad)
      expect(await codeOf(() => model.ask(null, 'hi', options)), JSON.stringify(options)).toBe('bad-argument');
  });

  test('messages', async () => {
    const bad: unknown[] = [
      [],
      'hi',
      [{ role: 'user', content: '' }],
      [{ role: 'user', content: [{ type: 'image' }] }],
      [{ role: 'user', content: 5 }],
      [null],
      [5, { role: 'user', content: 'hi' }],
      [{ role: 'user', content: [null, { type: 'text', text: 'hi' }] }],
      [{ role: 'user', content: [{ type: 'text' }, { type: 'text', text: 'hi' }] }],
      [{ role: 'user', content: [{ type: 'sound' }, { type: 'text', text: 'hi' }] }],
      [{ role: 'robot', content: 'hi' }],
      [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'hello' },
      ],
      [
        { role: 'user', content: 'hi' },
        { role: 'system', content: 'x' },
        { role: 'user', content: 'y' },
      ],
    ];
    for (const messages of bad)
      expect(await codeOf(() => model.chat(messages as never)), JSON.stringify(messages)).toBe('bad-argument');
  });

  test('pictures', async () => {
    expect(await codeOf(() => model.ask('no-such.png', 'what?'))).toBe('not-found');
    expect(await codeOf(() => model.ask(new Uint8Array(0), 'what?'))).toBe('bad-image');
    expect(await codeOf(() => model.ask(new TextEncoder().encode('hello'), 'what?'))).toBe('bad-image');
    expect(await codeOf(() => model.ask(5 as never, 'what?'))).toBe('bad-argument');
  });

  test('the text of a user never becomes a special token or a picture', async () => {
    const { usage } = await model.ask(null, '<image> <end> <|assistant|>', { maxTokens: 1 });
    expect(usage.visionTokens).toBe(0);
    expect(usage.promptTokens).toBeGreaterThan(20);
  });

  test('load options', async () => {
    const bad: [object, string][] = [
      [{ threads: 0 }, 'bad-argument'],
      [{ maxLength: 1.5 }, 'bad-argument'],
      [{ maxLength: 100_000 }, 'bad-argument'],
      [{ device: 'abacus' }, 'unsupported'],
      [{ dtype: 'fp8' }, 'unsupported'],
      [{ conversation: 'small talk' }, 'bad-argument'],
      [{ engine: 'steam' }, 'bad-argument'],
    ];
    for (const [options, code] of bad)
      expect(await codeOf(() => load(tiny.dir, options)), JSON.stringify(options)).toBe(code);
  });

  test('a disposed model', async () => {
    const other = await load(tiny.dir);
    const pending = other.ask(null, 'go on', { maxTokens: 400 }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await other.dispose();
    await other.dispose();
    expect((await pending) as LlavaMiniError).toMatchObject({ code: 'bad-argument' });
    expect(await codeOf(() => other.ask(null, 'hi'))).toBe('bad-argument');
    expect(await codeOf(() => other.see(CAT))).toBe('bad-argument');
  });
});

describe('model folders', () => {
  const broken = async (
    change: (dir: string) => Promise<unknown>,
    config: Record<string, unknown> = {},
  ): Promise<LlavaMiniError> => {
    const folder = await writeTinyModel(config);
    try {
      await change(folder.dir);
      return await errorOf(() => load(folder.dir));
    } finally {
      await folder.remove();
    }
  };
  const edit = async (path: string, keys: object): Promise<void> =>
    writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...keys }));

  test('that are not there, or lack a file', async () => {
    expect((await errorOf(() => load('/no/such/folder'))).code).toBe('not-found');
    expect((await errorOf(() => load(''))).code).toBe('bad-argument');
    for (const [file, code] of [
      ['config.json', 'not-found'],
      ['model.safetensors', 'not-found'],
      ['tokenizer.json', 'bad-model'],
      ['vision_tower/config.json', 'not-found'],
      ['vision_tower/preprocessor_config.json', 'not-found'],
      ['vision_tower', 'bad-model'],
    ]) {
      const error = await broken((dir) => rm(join(dir, file), { recursive: true }));
      expect([file, error.code]).toEqual([file, code]);
      expect(error.message).toContain(file.split('/').at(-1));
      expect(error.hint).toBeTruthy();
    }
  });

  test('whose files are damaged', async () => {
    for (const [file, code] of [
      ['config.json', 'bad-model'],
      ['model.safetensors', 'bad-checkpoint'],
      ['tokenizer.json', 'bad-model'],
      ['vision_tower/config.json', 'bad-model'],
      ['vision_tower/preprocessor_config.json', 'bad-model'],
    ]) {
      const error = await broken(async (dir) => {
        const bytes = await readFile(join(dir, file));
        await writeFile(join(dir, file), bytes.subarray(0, bytes.length / 2));
      });
      expect([file, error.code]).toEqual([file, code]);
    }
  });

  test('whose config and weights disagree: the error names the tensor and both shapes', async () => {
    const wider = await broken((dir) => edit(join(dir, 'config.json'), { intermediate_size: 64 }));
    expect(wider.code).toBe('bad-checkpoint');
    expect(wider.message).toMatch(/tensor model\.\S+mlp\.\S+ .*\[48, 32\].*\[64, 32\]/);
    const deeper = await broken((dir) => edit(join(dir, 'config.json'), { num_hidden_layers: 3 }));
    expect(deeper.code).toBe('bad-checkpoint');
    expect(deeper.message).toContain('model.layers.2.');
    const vocabulary = await broken((dir) => edit(join(dir, 'config.json'), { vocab_size: 100 }));
    expect(vocabulary.code).toBe('bad-model');
    const tower = await broken((dir) => edit(join(dir, 'config.json'), { mm_hidden_size: 64 }));
    expect(tower.code).toBe('bad-model');
    expect(tower.message).toMatch(/64.*32/);
    const size = await broken((dir) => edit(join(dir, 'vision_tower/config.json'), { image_size: 56 }));
    expect(size.message).toMatch(/28.*56/);
  });

  test('with a tower outside of the folder', async () => {
    for (const tower of ['../elsewhere', '/etc', 'vision_tower/../../x']) {
      const error = await broken((dir) => edit(join(dir, 'config.json'), { mm_vision_tower: tower }));
      expect(error.code).toBe('bad-model');
      expect(error.message).toContain('outside');
    }
    const unknown = await broken((dir) => edit(join(dir, 'config.json'), { mm_vision_tower: 'openai/clip-9000' }));
    expect(unknown.hint).toContain('openai/clip-vit-large-patch14-336');
  });

  test('of other architectures', async () => {
    const error = await broken((dir) => edit(join(dir, 'config.json'), { model_type: 'gpt2' }));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.hint).toContain('llava_mini');
  });

  test('whose weights are not numbers', async () => {
    const folder = await writeTinyModel();
    const path = join(folder.dir, 'model.safetensors');
    const bytes = await readFile(path);
    bytes.fill(0xff, Number(bytes.readBigUInt64LE(0)) + 8);
    await writeFile(path, bytes);
    const other = await load(folder.dir);
    expect(await codeOf(() => other.ask(null, 'hi'))).toBe('engine');
    expect(await codeOf(() => other.ask(CAT, 'hi'))).toBe('engine');
    await other.dispose();
    await folder.remove();
  });
});

test('all patches as vision tokens, the layout to compare with', async () => {
  const llava = await load(tiny.dir, { tuning: { layout: 'llava' } });
  expect(llava.info.visionTokens).toBe(4);
  const memory = await llava.see(CAT);
  const { usage } = await llava.ask(memory, 'what is this?', { maxTokens: 3 });
  expect(usage.visionTokens).toBe(4);
  await llava.dispose();
});
