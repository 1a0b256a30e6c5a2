import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goldenFiles, goldenTokenizer, hostileText, sentencePieceFiles } from '../../test/support/tokenizers.ts';
import { LlavaMiniError } from '../errors.ts';
import { TextTokenizer } from './tokenizer.ts';

const golden = goldenTokenizer();
const specialNames = [...golden.specialIds].map((id) => golden.tokenOf(id)!);
const sentencePiece = TextTokenizer.from(sentencePieceFiles());

describe('TextTokenizer', () => {
  it('knows its tokens', () => {
    expect(golden.vocabSize).toBe(1507);
    expect([golden.bosId, golden.eosId, golden.padId]).toEqual([1500, 1504, 1506]);
    expect(golden.idOf('<|eot_id|>')).toBe(1504);
    expect(golden.idOf('toString')).toBeUndefined();
    expect([...golden.specialIds]).toEqual([1500, 1501, 1502, 1503, 1504, 1505, 1506]);
    expect([golden.prefixIds, golden.suffixIds]).toEqual([[1500], []]);
  });

  it('never makes a special token of plain text, and gives the text back', () => {
    fc.assert(
      fc.property(hostileText(specialNames), (text) => {
        const ids = golden.encode(text);
        expect(ids.filter((id) => golden.specialIds.has(id))).toEqual([]);
        expect(golden.decode(ids)).toBe(text);
        expect(golden.decode(ids, { skipSpecial: true })).toBe(text);
      }),
      { numRuns: 400 },
    );
  });

  it('encodes trusted text as the library does with all its special tokens', () => {
    const files = goldenFiles();
    const library = new Tokenizer(files.tokenizer, files.config);
    fc.assert(
      fc.property(hostileText(specialNames), (text) => {
        expect(golden.encode(text, { special: true, addSpecial: true })).toEqual(library.encode(text).ids);
      }),
      { numRuns: 250 },
    );
  });

  it('encodes text without special tokens the same, trusted or not, and cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 8 }), fc.boolean())), (parts) => {
        const text = parts.map(([part]) => part).join('');
        const ids = golden.encodeSegments(parts.map(([part, trusted]) => ({ text: part, trusted })));
        expect(ids).toEqual(golden.encode(text));
      }),
    );
  });

  it('does not join a special token across a border of trust', () => {
    const cut = (trustedFirst: boolean): number[] =>
      golden.encodeSegments([
        { text: '<|eot', trusted: trustedFirst },
        { text: '_id|>', trusted: !trustedFirst },
      ]);
    expect(cut(true)).toEqual(golden.encode('<|eot_id|>'));
    expect(cut(false)).toEqual(golden.encode('<|eot_id|>'));
    const both = [
      { text: '<|eot', trusted: true },
      { text: '_id|>', trusted: true },
    ];
    expect(golden.encodeSegments(both)).toEqual([1504]);
  });

  it('decodes broken bytes and unknown ids without failing', () => {
    const [first] = golden.encode('🙂');
    expect(golden.decode([first])).toBe('\ufffd');
    expect(golden.decode([999_999, -200, 1504])).toBe('<|eot_id|>');
    expect(golden.decode([])).toBe('');
  });

  it('takes special tokens that only the configuration names', () => {
    const files = goldenFiles();
    const [last, ...rest] = (files.tokenizer.added_tokens as object[]).toReversed();
    const tokenizer = TextTokenizer.from({ ...files, tokenizer: { ...files.tokenizer, added_tokens: rest } });
    expect(last).toMatchObject({ id: 1506 });
    expect(tokenizer.vocabSize).toBe(1507);
    expect(tokenizer.encode('<|finetune_right_pad_id|>', { special: true })).toEqual([1506]);
    expect(tokenizer.specialIds.has(1506)).toBe(true);
  });

  it('lets added white space form in any text', () => {
    const files = goldenFiles();
    const added = [...(files.tokenizer.added_tokens as object[]), { id: 1507, content: '        ', special: false }];
    const tokenizer = TextTokenizer.from({ ...files, tokenizer: { ...files.tokenizer, added_tokens: added } });
    expect(tokenizer.encode('        ')).toEqual([1507]);
    expect(tokenizer.specialIds.has(1507)).toBe(false);
    expect(tokenizer.decode(tokenizer.encode('a        b'))).toBe('a        b');
  });
});

describe('TextTokenizer with SentencePiece pieces', () => {
  it('puts a space in front and takes it off again', () => {
    expect(sentencePiece.encode('a cat', { addSpecial: true }).map((id) => sentencePiece.tokenOf(id))).toEqual([
      '<s>',
      '▁a',
      '▁cat',
    ]);
    expect(sentencePiece.decode(sentencePiece.encode('a cat'))).toBe('a cat');
    expect(sentencePiece.decode(sentencePiece.encode('東 é', { addSpecial: true }), { skipSpecial: true })).toBe(
      '東 é',
    );
  });

  it('never makes a special token of plain text, even where merges spell one', () => {
    expect(sentencePiece.encode('</s>', { special: true })).toEqual([2]);
    const names = ['<s>', '</s>', '<unk>', '<0x41>'];
    fc.assert(
      fc.property(hostileText(names), (text) => {
        const ids = sentencePiece.encode(text);
        expect(ids.filter((id) => sentencePiece.specialIds.has(id))).toEqual([]);
        expect(sentencePiece.decode(ids)).toBe(text.replaceAll('▁', ' '));
      }),
      { numRuns: 250 },
    );
  });
});

describe('damaged tokenizer files', () => {
  const { tokenizer } = goldenFiles();
  const model = tokenizer.model as Record<string, unknown>;
  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['no model', { ...tokenizer, model: undefined }],
    ['another kind of model', { ...tokenizer, model: { type: 'Unigram', vocab: [['a', 0]] } }],
    ['an id that is no number', { ...tokenizer, model: { ...model, vocab: { a: '1' } } }],
    ['a negative id', { ...tokenizer, model: { ...model, vocab: { a: -1 }, merges: [] } }],
    ['a huge id', { ...tokenizer, model: { ...model, vocab: { a: 4e9 }, merges: [] } }],
    ['a merge of unknown tokens', { ...tokenizer, model: { ...model, merges: ['zzz yyy'] } }],
    ['a merge of three', { ...tokenizer, model: { ...model, merges: [['a', 'b', 'c']] } }],
    ['a merge of nothing', { ...tokenizer, model: { ...model, merges: [null] } }],
    ['a huge special id', { ...tokenizer, added_tokens: [{ id: 4e9, content: '<a>' }] }],
    ['an unknown decoder', { ...tokenizer, decoder: { type: 'CTC' } }],
    ['an unknown pre-tokenizer', { ...tokenizer, pre_tokenizer: { type: 'Nonsense' } }],
    [
      'a broken pattern',
      { ...tokenizer, pre_tokenizer: { type: 'Split', pattern: { Regex: '(((' }, behavior: 'Isolated' } },
    ],
    [
      'a post-processor that names unknown tokens',
      {
        ...tokenizer,
        post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<nope>' } }] },
      },
    ],
  ])('%s', (_, file) => {
    const error = (() => {
      try {
        TextTokenizer.from({ tokenizer: file, config: {} });
      } catch (error) {
        return error;
      }
    })();
    expect(error).toBeInstanceOf(LlavaMiniError);
    expect((error as LlavaMiniError).code).toBe('bad-model');
  });

  it('refuses a configuration of another form', () => {
    for (const config of [[], 'x', { bos_token: 7 }, { chat_template: 5 }, { added_tokens_decoder: { x: {} } }])
      expect(() => TextTokenizer.from({ tokenizer, config })).toThrow(LlavaMiniError);
  });

  it('survives any damage to the file with its own error', () => {
    const text = JSON.stringify({ ...tokenizer, model: { ...model, vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] } });
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', '"', '{', 'null', '[]', '-', 'x', ''), (at, value) => {
        let file: unknown;
        try {
          file = JSON.parse(text.slice(0, at) + value + text.slice(at + 1));
        } catch {
          return;
        }
        try {
          TextTokenizer.from({ tokenizer: file, config: {} }).encode('ab <|eot_id|>');
        } catch (error) {
          expect(error).toBeInstanceOf(LlavaMiniError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
