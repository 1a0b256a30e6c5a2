import { Tokenizer } from '@huggingface/tokenizers';
import { LlavaMiniError } from '../errors.ts';
import { AddedTokenFinder, isBlank, type Segment } from './added-tokens.ts';
import { type TokenBytes, tokenBytes } from './token-bytes.ts';
import {
  type AddedToken,
  parseTokenizerConfig,
  parseTokenizerFile,
  type TokenizerConfig,
  type TokenizerFile,
} from './tokenizer-json.ts';

export interface EncodeOptions {
  /**
   * Whether strings that name special tokens become special tokens. Never set it for text that a person wrote:
   * the default keeps such strings as text.
   */
  special?: boolean;
  /** Whether to add what the model's tokenizer adds to each text (Llama: the beginning-of-text token). */
  addSpecial?: boolean;
}

/**
 * Text to token ids and back, for the byte-pair tokenizers of Llama models (`tokenizer.json`).
 *
 * `@huggingface/tokenizers` does the work on plain text, with every special token taken out of its vocabulary:
 * so no plain text can become a special token, by construction. Finding special tokens in trusted text is ours.
 */
export class TextTokenizer {
  /** One more than the largest id: the rows an embedding table needs. */
  readonly vocabSize: number;
  /** Tokens that {@link decode} can leave out: markup, not text. */
  readonly specialIds: ReadonlySet<number>;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  /** Names of special tokens and the chat template, from `tokenizer_config.json`. */
  readonly config: TokenizerConfig;
  /** What the model's tokenizer puts before each text. */
  readonly prefixIds: readonly number[];
  /** What it puts after. */
  readonly suffixIds: readonly number[];
  /** Bytes of each token, for decoding token by token. */
  readonly bytes: TokenBytes;

  readonly #ids: ReadonlyMap<string, number>;
  readonly #names: readonly (string | undefined)[];
  readonly #finder: AddedTokenFinder;
  readonly #plain: PlainEncoder;

  /**
   * @param files contents of `tokenizer.json` and `tokenizer_config.json`
   * @throws LlavaMiniError `bad-model` when they are damaged or of an unknown kind
   */
  static from(files: { tokenizer: unknown; config?: unknown }): TextTokenizer {
    return new TextTokenizer(
      parseTokenizerFile(files.tokenizer),
      parseTokenizerConfig(files.config === undefined ? {} : files.config),
    );
  }

  private constructor(file: TokenizerFile, config: TokenizerConfig) {
    this.config = config;
    const added = addedTokens(file, config);
    const ids = new Map(Object.entries(file.model.vocab));
    for (const { content, id } of added) ids.set(content, id);
    const names: (string | undefined)[] = [];
    for (const [name, id] of Object.entries(file.model.vocab)) names[id] = name;
    for (const { content, id } of added) names[id] = content;
    this.#ids = ids;
    this.#names = names;
    this.vocabSize = names.length;
    this.specialIds = new Set(added.filter(({ special }) => special).map(({ id }) => id));
    this.bosId = this.idOf(config.bos_token);
    this.eosId = this.idOf(config.eos_token);
    this.padId = this.idOf(config.pad_token);
    this.bytes = tokenBytes(file.decoder, names, new Set(added.map(({ id }) => id)));
    const frame = addedByPostProcessor(file.post_processor, ids);
    this.prefixIds = frame.prefix;
    this.suffixIds = frame.suffix;
    this.#finder = new AddedTokenFinder(added);
    this.#plain = plainEncoder(file, added);
  }

  /** Ids of a text. By default it is plain text through and through, and nothing is added. */
  encode(text: string, { special = false, addSpecial = false }: EncodeOptions = {}): number[] {
    const ids = this.encodeSegments([{ text, trusted: special }]);
    return addSpecial ? [...this.prefixIds, ...ids, ...this.suffixIds] : ids;
  }

  /**
   * Ids of a text made of trusted and other parts. Where no part holds the name of a special token, they are the
   * ids of the joined text: tokens form across the borders as in one text.
   */
  encodeSegments(segments: readonly Segment[]): number[] {
    const ids: number[] = [];
    for (const [index, section] of this.#finder.split(segments).entries())
      if ('token' in section) ids.push(section.token.id);
      else for (const id of this.#plain(section.text, index)) ids.push(id);
    return ids;
  }

  /**
   * Text of ids. Bytes that are no UTF-8 become U+FFFD; ids without a token are left out. Nothing is tidied up:
   * `decode(encode(text))` is `text` for byte-level tokenizers.
   */
  decode(ids: Iterable<number>, { skipSpecial = false }: { skipSpecial?: boolean } = {}): string {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let text = '';
    for (const id of ids)
      if (!skipSpecial || !this.specialIds.has(id)) text += decoder.decode(this.bytes.bytesOf(id), { stream: true });
    text += decoder.decode();
    return this.bytes.stripsLeadingSpace && text.startsWith(' ') ? text.slice(1) : text;
  }

  /** Id of a token by its name as `tokenizer.json` writes it (`<|eot_id|>`, `Ġcat`). */
  idOf(token: string | undefined): number | undefined {
    return token === undefined ? undefined : this.#ids.get(token);
  }

  /** Name of a token as `tokenizer.json` writes it. */
  tokenOf(id: number): string | undefined {
    return this.#names[id];
  }
}

/** Ids of a text without special tokens; `sectionIndex` is its place in the whole text. */
type PlainEncoder = (text: string, sectionIndex: number) => number[];

/** All tokens that are not made of others, from both files; what the configuration names as special is special. */
function addedTokens(file: TokenizerFile, config: TokenizerConfig): AddedToken[] {
  const named = new Set([
    config.bos_token,
    config.eos_token,
    config.pad_token,
    config.unk_token,
    ...(config.additional_special_tokens ?? []),
  ]);
  const added = new Map<string, AddedToken>();
  for (const token of file.added_tokens) added.set(token.content, token);
  for (const [id, token] of Object.entries(config.added_tokens_decoder ?? {}))
    if (!added.has(token.content)) added.set(token.content, { ...token, id: Number(id) });
  for (const content of named) {
    if (content === undefined || added.has(content) || !Object.hasOwn(file.model.vocab, content)) continue;
    added.set(content, { content, id: file.model.vocab[content], lstrip: false, rstrip: false, special: true });
  }
  return [...added.values()].map((token) => (named.has(token.content) ? { ...token, special: true } : token));
}

function plainEncoder(file: TokenizerFile, added: readonly AddedToken[]): PlainEncoder {
  const reserved = new Set(added.map(({ content }) => content).filter((content) => !isBlank(content)));
  const { vocab, merges } = file.model;
  const joined = (merge: unknown): string =>
    typeof merge === 'string' ? merge.replace(' ', '') : (merge as string[]).join('');
  // Llama 2 keeps special tokens in its vocabulary; Llama 3 does not, and its large tables need no copy.
  const isMixed = [...reserved].some((token) => Object.hasOwn(vocab, token));
  let library: Tokenizer;
  try {
    library = new Tokenizer(
      {
        ...file,
        added_tokens: [],
        post_processor: null,
        model: {
          ...file.model,
          vocab: isMixed ? Object.fromEntries(Object.entries(vocab).filter(([token]) => !reserved.has(token))) : vocab,
          merges: isMixed ? merges.filter((merge) => !reserved.has(joined(merge))) : merges,
          unk_token: null,
        },
      },
      {},
    );
  } catch (error) {
    throw new LlavaMiniError('bad-model', `tokenizer.json cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const { normalizer, pre_tokenizer, model } = library;
  if (model === null) throw new LlavaMiniError('bad-model', 'tokenizer.json has no model');
  return (text, sectionIndex) => {
    const normal: string = normalizer === null ? text : normalizer(text);
    if (normal === '') return [];
    const words: string[] = pre_tokenizer === null ? [normal] : pre_tokenizer(normal, { section_index: sectionIndex });
    const ids: number[] = [];
    for (const token of model(words)) {
      const id = model.tokens_to_ids.get(token);
      if (id !== undefined) ids.push(id);
    }
    return ids;
  };
}

/** Special tokens that a `post_processor` puts before and after each single text. */
function addedByPostProcessor(
  processor: TokenizerFile['post_processor'],
  ids: ReadonlyMap<string, number>,
): { prefix: number[]; suffix: number[] } {
  const prefix: number[] = [];
  const suffix: number[] = [];
  const steps =
    processor?.type === 'Sequence' && Array.isArray(processor.processors) ? processor.processors : [processor];
  for (const step of steps) {
    if (step?.type !== 'TemplateProcessing' || !Array.isArray(step.single)) continue;
    let target = prefix;
    for (const item of step.single) {
      if (item?.Sequence !== undefined) target = suffix;
      const name = item?.SpecialToken?.id;
      if (name === undefined) continue;
      const id = ids.get(name);
      if (id === undefined)
        throw new LlavaMiniError(
          'bad-model',
          `tokenizer.json: post_processor names an unknown token ${JSON.stringify(name)}`,
        );
      target.push(id);
    }
  }
  return { prefix, suffix };
}
