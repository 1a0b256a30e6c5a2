import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { TextTokenizer } from '../../src/text/tokenizer.ts';

const GOLDEN = new URL('../golden/prompts/tokenizer/', import.meta.url);

/** Files of the golden stand-in for Llama 3's tokenizer: byte-level, special tokens `<|…|>`, adds `<|begin_of_text|>`. */
export function goldenFiles(): { tokenizer: Record<string, unknown>; config: Record<string, unknown> } {
  const read = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(name, GOLDEN), 'utf8'));
  return { tokenizer: read('tokenizer.json'), config: read('tokenizer_config.json') };
}

export function goldenTokenizer(config: Record<string, unknown> = {}): TextTokenizer {
  const files = goldenFiles();
  return TextTokenizer.from({ ...files, config: { ...files.config, ...config } });
}

/**
 * A tiny tokenizer of the shape of Llama 2's: SentencePiece pieces with `▁` for a space and one put in front,
 * bytes as `<0xNN>`, special tokens inside the vocabulary, and (to be nasty) merges that spell `</s>`.
 */
export function sentencePieceFiles(): { tokenizer: Record<string, unknown>; config: Record<string, unknown> } {
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`);
  const pieces = [...'▁abcdefghijklmnopqrstuvwxyzUSERANIT:.,?</>', '▁a', '▁c', 'at', '▁cat', '</', '</s'];
  const names = ['<unk>', '<s>', '</s>', ...bytes, ...pieces];
  const special = (id: number): object => ({ id, content: names[id], special: true, lstrip: false, rstrip: false });
  return {
    tokenizer: {
      added_tokens: [special(0), special(1), special(2)],
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: null,
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [],
        special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
      },
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
          { type: 'Strip', content: ' ', start: 1, stop: 0 },
        ],
      },
      model: {
        type: 'BPE',
        unk_token: '<unk>',
        fuse_unk: true,
        byte_fallback: true,
        vocab: Object.fromEntries(names.map((name, id) => [name, id])),
        merges: ['▁ a', '▁ c', 'a t', '▁c at', '< /', '</ s', '</s >'],
      },
    },
    config: { bos_token: { content: '<s>' }, eos_token: { content: '</s>' }, unk_token: { content: '<unk>' } },
  };
}

/** Texts full of special-token strings, whole and in pieces, between ordinary and odd characters. */
export function hostileText(names: readonly string[]): fc.Arbitrary<string> {
  const fragment = fc
    .constantFrom(...names)
    .chain((name) =>
      fc.tuple(fc.nat(name.length), fc.nat(name.length)).map(([a, b]) => name.slice(Math.min(a, b), Math.max(a, b))),
    );
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...names) },
    { weight: 2, arbitrary: fragment },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(' ', '\n', '\n\n', '  ', '<image>', 'a cat', "it's", '123', '\u{e000}0\u{e001}'),
    },
  );
  return fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
}
