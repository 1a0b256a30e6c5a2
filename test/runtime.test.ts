import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type LlavaMini, LlavaMiniError, VisualMemory } from '../src/index.ts';
import { loadInline, useTinyModel } from './support/inline-model.ts';
import type { TinyModel } from './support/tiny-model.ts';
import { codeOf } from './support/typed-errors.ts';

const CAT = 'examples/pictures/cat.png';
const COFFEE = 'examples/pictures/coffee.png';

let tiny: TinyModel;
let model: LlavaMini;
useTinyModel((loaded, folder) => {
  model = loaded;
  tiny = folder;
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

  test('keeps its own signal where a question names none', async () => {
    const chat = model.conversation({ maxTokens: 4, signal: AbortSignal.abort(new Error('all is over')) });
    await expect(chat.ask('what is this?', { signal: undefined }).result).rejects.toThrow('all is over');
  });

  test('that has become too long says how to go on', async () => {
    const chat = model.conversation({ maxTokens: 4 });
    await expect(chat.ask('word '.repeat(100_000)).result).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: expect.stringMatching(/^the prompt has more than \d+ tokens, but the model takes \d+ with the answer$/),
      hint: expect.stringContaining('/clear'),
    });
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
    await expect(loadInline(tiny.dir, { signal })).rejects.toThrow('no');
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
    const other = await loadInline(tiny.dir);
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

test('all patches as vision tokens, the layout to compare with', async () => {
  const llava = await loadInline(tiny.dir, { tuning: { layout: 'llava' } });
  expect(llava.info.visionTokens).toBe(4);
  const memory = await llava.see(CAT);
  const { usage } = await llava.ask(memory, 'what is this?', { maxTokens: 3 });
  expect(usage.visionTokens).toBe(4);
  await llava.dispose();
});
