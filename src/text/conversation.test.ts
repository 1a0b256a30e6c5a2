import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenTokenizer, hostileText, sentencePieceFiles } from '../../test/support/tokenizers.ts';
import { LlavaMiniError } from '../errors.ts';
import { trainBpe } from './bpe-trainer.ts';
import { buildPrompt, CONVERSATIONS, type ConversationName, IMAGE_TOKEN, stopsOf } from './conversation.ts';
import { type ContentPart, type Message, userMessage } from './messages.ts';
import { TextTokenizer } from './tokenizer.ts';

const tokenizer = goldenTokenizer();
const names = [...tokenizer.specialIds].map((id) => tokenizer.tokenOf(id)!);
const user = (content: Message['content']): Message => ({ role: 'user', content });
const withTemplate = (chat_template: string): TextTokenizer => goldenTokenizer({ chat_template });
const specialIds = (ids: readonly number[]): number[] => ids.filter((id) => tokenizer.specialIds.has(id));

const errorOf = (action: () => unknown): LlavaMiniError => {
  try {
    action();
  } catch (error) {
    if (error instanceof LlavaMiniError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
};

describe('buildPrompt', () => {
  it('keeps special-token strings and <image> in messages as text', () => {
    const content = fc.array(
      fc.oneof(
        hostileText([...names, '<image>', '</s>']).map((text): ContentPart => ({ type: 'text', text })),
        fc.constant<ContentPart>({ type: 'image' }),
      ),
      { maxLength: 5 },
    );
    const shape = (conversation: ConversationName, contents: ContentPart[][]): ReturnType<typeof buildPrompt> =>
      buildPrompt(
        tokenizer,
        conversation,
        contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
      );
    fc.assert(
      fc.property(
        fc.constantFrom(...CONVERSATIONS),
        fc.array(content, { minLength: 1, maxLength: 3 }),
        (conversation, contents) => {
          const { ids, text } = shape(conversation, contents);
          const harmless = shape(
            conversation,
            contents.map(() => [{ type: 'text', text: 'hello' }]),
          );
          expect(specialIds(ids)).toEqual(specialIds(harmless.ids));
          expect(ids.filter((id) => id < 0)).toEqual(
            contents.flat().flatMap(({ type }) => (type === 'image' ? [IMAGE_TOKEN] : [])),
          );
          const read = ids
            .map((id) => (id === IMAGE_TOKEN ? '<image>' : id))
            .reduce<Array<string | number[]>>((all, item) => {
              const last = all.at(-1);
              if (typeof item === 'string') all.push(item);
              else if (Array.isArray(last)) last.push(item);
              else all.push([item]);
              return all;
            }, []);
          const prefix = tokenizer.decode(tokenizer.prefixIds);
          expect(read.map((item) => (typeof item === 'string' ? item : tokenizer.decode(item))).join('')).toBe(
            prefix + text,
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('puts separate pictures in front of the question', () => {
    expect(userMessage('What?', 2)).toEqual(
      user(
        [{ type: 'image' }, { type: 'text', text: '\n' }, { type: 'image' }, { type: 'text', text: '\nWhat?' }].flatMap(
          (part): ContentPart[] =>
            part.text === '\nWhat?'
              ? [
                  { type: 'text', text: '\n' },
                  { type: 'text', text: 'What?' },
                ]
              : [part as ContentPart],
        ),
      ),
    );
    expect(buildPrompt(tokenizer, 'vicuna_v1', [userMessage('What?', 2)]).text).toContain(
      'USER: <image>\n<image>\nWhat? ASSISTANT:',
    );
  });

  it('takes a system message instead of the default text', () => {
    const messages: Message[] = [{ role: 'system', content: 'Be brief.' }, user('Hi')];
    expect(buildPrompt(tokenizer, 'vicuna_v1', messages).text).toBe('Be brief. USER: Hi ASSISTANT:');
    const { text } = buildPrompt(tokenizer, 'llava_llama_3_1', messages);
    expect(text).toContain('system<|end_header_id|>\n\nBe brief.<|eot_id|>');
    expect(text).not.toContain('helpful language');
  });

  it("uses a model's own template without a system text", () => {
    const { text } = buildPrompt(tokenizer, 'template', [user(' Hi ')]);
    expect(text).toBe(
      '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
    );
  });

  it('asks for the answer header unless the last message is an answer', () => {
    const own = withTemplate(
      '{% for m in messages %}{{ m.content }};{% endfor %}{% if add_generation_prompt %}>{% endif %}',
    );
    const messages: Message[] = [user('a'), { role: 'assistant', content: 'b' }];
    expect(buildPrompt(own, 'template', messages).text).toBe('a;b;');
    expect(buildPrompt(own, 'template', messages, { generationPrompt: true }).text).toBe('a;b;>');
    expect(buildPrompt(own, 'vicuna_v1', messages).text.endsWith('USER: a ASSISTANT: b</s>')).toBe(true);
  });

  it('gives the white space around a content to the template', () => {
    const content = '\x1f\u3000 a  b \n\u0085';
    const render = (template: string): string => buildPrompt(withTemplate(template), 'template', [user(content)]).text;
    expect(render('[{{ messages[0].content }}]')).toBe(`[${content}]`);
    expect(render('[{{ messages[0].content | trim }}]')).toBe('[a  b]');
    expect(render('[ {{ messages[0].content | trim }} ]')).toBe('[ a  b ]');
    expect(render('[{{ messages[0].content.rstrip() }}]')).toBe('[\x1f\u3000 a  b]');
    // A byte order mark is no white space to Python, whose template this is.
    const marked = buildPrompt(withTemplate('[{{ messages[0].content | trim }}]'), 'template', [user('\ufeffa')]).text;
    expect(marked).toBe('[\ufeffa]');
    expect(buildPrompt(withTemplate('[{{ messages[0].content | trim }}]'), 'template', [user(' \n ')]).text).toBe('[]');
    expect(
      buildPrompt(withTemplate('{% if messages[0].content %}yes{% else %}no{% endif %}'), 'template', [user('')]).text,
    ).toBe('no');
  });

  it('keeps its marks apart from characters of the template and of messages', () => {
    const own = withTemplate('\ue000\ue001\u2000{{ messages[0].content }}\ue002\u2001');
    expect(buildPrompt(own, 'template', [user(' \ue0020\ue003 ')]).text).toBe(
      '\ue000\ue001\u2000 \ue0020\ue003 \ue002\u2001',
    );
  });

  it('forms the same tokens across the border of markup and text as in one text', () => {
    const own = withTemplate('ab{{ messages[0].content }}cd');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcdeht ing\n12.'), maxLength: 20 }), (text) => {
        expect(buildPrompt(own, 'template', [user(text)]).ids).toEqual(own.encode(`ab${text}cd`, { addSpecial: true }));
      }),
    );
  });

  it('names templates that cannot be used', () => {
    const code = (template: string | null, content: Message['content'] = 'a'): string =>
      errorOf(() => buildPrompt(goldenTokenizer({ chat_template: template }), 'template', [user(content)])).code;
    expect(code(null)).toBe('bad-model');
    expect(code('{% if %}')).toBe('bad-model');
    expect(code('no content', [{ type: 'image' }])).toBe('bad-model');
    expect(code('{{ messages[0].content }}{{ messages[0].content }}', [{ type: 'image' }])).toBe('bad-model');
    expect(code('{{ raise_exception("roles must alternate") }}')).toBe('bad-argument');
  });

  it.each<[string, unknown]>([
    ['no messages', []],
    ['an unknown role', [{ role: '<|eot_id|>', content: 'a' }]],
    ['a late system message', [user('a'), { role: 'system', content: 'b' }]],
    ['content of another kind', [{ role: 'user', content: [{ type: 'video' }] }]],
    ['a part without text', [{ role: 'user', content: [{ type: 'text' }] }]],
    ['no content', [{ role: 'user' }]],
    ['nothing', [null]],
    ['no list', 'hello'],
  ])('refuses %s', (_, messages) => {
    expect(errorOf(() => buildPrompt(tokenizer, 'vicuna_v1', messages as Message[])).code).toBe('bad-argument');
  });

  it('refuses an unknown conversation', () => {
    expect(errorOf(() => buildPrompt(tokenizer, 'v9' as ConversationName, [user('a')])).code).toBe('bad-argument');
  });

  it('makes a Vicuna prompt with SentencePiece pieces: each piece begins with a space of its own', () => {
    const vicuna = TextTokenizer.from(sentencePieceFiles());
    const { ids } = buildPrompt(vicuna, 'vicuna_v1', [
      { role: 'system', content: 'a.' },
      user([{ type: 'image' }, { type: 'text', text: 'a cat</s>' }]),
      { role: 'assistant', content: 'at' },
      user('a'),
    ]);
    const read = ids.map((id) => (id === IMAGE_TOKEN ? '<image>' : vicuna.tokenOf(id)));
    expect(read.filter((token) => token === '</s>')).toHaveLength(1);
    expect(read.join(' ')).toBe(
      '<s> ▁a . ▁ U S E R : ▁ <image> ▁a ▁cat </s > ▁ A S S I S T A N T : ▁a t </s> ▁ U S E R : ▁a ▁ A S S I S T A N T :',
    );
  });
});

it('serves a tokenizer of our own making', () => {
  const tokenizer = trainBpe(['a red apple', 'a red apple and a cat'], {
    vocabSize: 300,
    specialTokens: ['<pad>', '<user>', '<bot>', '<end>'],
  });
  const chat_template =
    '{% for m in messages %}{{ "<user>" if m.role == "user" else "<bot>" }}{{ m.content | trim }}<end>{% endfor %}' +
    '{% if add_generation_prompt %}<bot>{% endif %}';
  const own = TextTokenizer.from({
    tokenizer: JSON.parse(JSON.stringify(tokenizer)),
    config: { eos_token: '<end>', pad_token: '<pad>', chat_template },
  });
  const { ids, text } = buildPrompt(own, 'template', [userMessage('a red <end>', 1)]);
  expect(text).toBe('<user><image>\na red <end><end><bot>');
  expect(ids).toEqual([1, IMAGE_TOKEN, ...own.encode('\na red <end>'), 3, 2]);
  expect(own.padId).toBe(0);
  expect(stopsOf(own, 'template')).toEqual({ ids: [3], strings: [] });
});

describe('stopsOf', () => {
  it('names tokens, or strings where there is no token', () => {
    expect(stopsOf(tokenizer, 'llava_llama_3_1')).toEqual({ ids: [1504, 1505, 1501], strings: [] });
    expect(stopsOf(tokenizer, 'vicuna_v1')).toEqual({ ids: [1504], strings: ['</s>'] });
    expect(stopsOf(TextTokenizer.from(sentencePieceFiles()), 'vicuna_v1')).toEqual({ ids: [2], strings: [] });
  });
});
