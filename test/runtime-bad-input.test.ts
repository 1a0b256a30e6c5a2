import { describe, expect, test } from 'vitest';
import type { LlavaMini, LlavaMiniError } from '../src/index.ts';
import { loadInline, useTinyModel } from './support/inline-model.ts';
import type { TinyModel } from './support/tiny-model.ts';
import { codeOf, errorOf } from './support/typed-errors.ts';

const CAT = 'examples/pictures/cat.png';

let tiny: TinyModel;
let model: LlavaMini;
useTinyModel((loaded, folder) => {
  model = loaded;
  tiny = folder;
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
      expect(await codeOf(() => loadInline(tiny.dir, options)), JSON.stringify(options)).toBe(code);
  });

  test('a disposed model', async () => {
    const other = await loadInline(tiny.dir);
    const pending = other.ask(null, 'go on', { maxTokens: 400 }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await other.dispose();
    await other.dispose();
    expect((await pending) as LlavaMiniError).toMatchObject({ code: 'bad-argument' });
    expect(await codeOf(() => other.ask(null, 'hi'))).toBe('bad-argument');
    expect(await codeOf(() => other.see(CAT))).toBe('bad-argument');
  });
});
