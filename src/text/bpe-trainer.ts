import { LlavaMiniError } from '../errors.ts';
import { BYTE_TO_CHAR } from './byte-level.ts';
import { MergeQueue } from './merge-queue.ts';
import type { TrainedTokenizerJson } from './tokenizer-json.ts';

/**
 * How text is cut into words before BPE, as in GPT-2 (contractions; a word or a run of signs with the space
 * before it; white space), except that every digit is a word of its own, so that numbers are always read and
 * written digit by digit.
 */
const WORD_PATTERN = String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** `\s` in tokenizer.json means Unicode white space, which JavaScript's `\s` is not quite. */
const WORDS = new RegExp(
  WORD_PATTERN.replaceAll('\\s', '\\p{White_Space}').replaceAll('\\S', '\\P{White_Space}'),
  'gu',
);

/** Longer words are counted in pieces: a corpus without white space must not make every merge scan it all. */
const MAX_WORD_BYTES = 128;

/** A pair seen only once says nothing about the language. */
const MIN_PAIR_COUNT = 2;

export interface BpeTrainingOptions {
  /** Largest number of tokens: special tokens, the 256 bytes and merges together. At least 256 + special tokens. */
  vocabSize: number;
  /**
   * Special tokens in id order, from id 0 on. LLaVA-Mini's pre-fusion takes id 0 for padding, so put the padding
   * token first. Occurrences in the corpus are cut out and not learned from.
   */
  specialTokens: readonly string[];
  /** A special token that the tokenizer puts before every text it encodes (unless told not to). Default: none. */
  bosToken?: string;
}

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al. 2016, on bytes as in GPT-2) and returns it as the content of
 * a `tokenizer.json`. Any Unicode text can be encoded with it, whatever the corpus was. The result depends
 * only on how often each word occurs, not on the order of the corpus; equally frequent pairs are taken in id order.
 * The vocabulary is smaller than asked when no more pairs occur twice.
 *
 * @throws LlavaMiniError `bad-argument` for an impossible size, or special tokens that are empty or not distinct.
 */
export function trainBpe(corpus: Iterable<string>, options: BpeTrainingOptions): TrainedTokenizerJson {
  const { vocabSize, specialTokens, bosToken } = options;
  checkOptions(options);
  const tokens = [...specialTokens];
  // Ids in the order of the alphabet's characters, not of the bytes: that is the order other trainers use.
  const alphabet = BYTE_TO_CHAR.map((char, byte) => ({ char, byte })).sort((a, b) => (a.char < b.char ? -1 : 1));
  const idOfByte = new Int32Array(256);
  for (const { char, byte } of alphabet) idOfByte[byte] = tokens.push(char) - 1;

  const words = countWords(corpus, specialTokens);
  const merges = learnMerges(toSymbols(words, idOfByte), tokens, vocabSize);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: WORD_PATTERN }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: bosToken === undefined ? null : bosProcessor(bosToken, specialTokens.indexOf(bosToken)),
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

function checkOptions({ vocabSize, specialTokens, bosToken }: BpeTrainingOptions): void {
  const fail = (message: string): never => {
    throw new LlavaMiniError('bad-argument', message);
  };
  if (specialTokens.some((token) => token === '')) fail('a special token must not be empty');
  if (new Set(specialTokens).size !== specialTokens.length) fail('special tokens must be distinct');
  // A single character of the byte alphabet would clash with that byte's own token.
  const clash = specialTokens.find((token) => BYTE_TO_CHAR.includes(token));
  if (clash !== undefined) fail(`special token ${JSON.stringify(clash)} is a single character of the byte alphabet`);
  if (bosToken !== undefined && !specialTokens.includes(bosToken))
    fail(`bosToken ${JSON.stringify(bosToken)} is not among the special tokens`);
  if (!Number.isInteger(vocabSize) || vocabSize < 256 + specialTokens.length || vocabSize > 1_000_000)
    fail(`vocabSize must be an integer from ${256 + specialTokens.length} to 1000000, not ${vocabSize}`);
}

function bosProcessor(content: string, id: number): object {
  const bos = (type: number): object => ({ SpecialToken: { id: content, type_id: type } });
  const text = (name: string, type: number): object => ({ Sequence: { id: name, type_id: type } });
  return {
    type: 'TemplateProcessing',
    single: [bos(0), text('A', 0)],
    pair: [bos(0), text('A', 0), bos(1), text('B', 1)],
    special_tokens: { [content]: { id: content, ids: [id], tokens: [content] } },
  };
}

function countWords(corpus: Iterable<string>, specialTokens: readonly string[]): Map<string, number> {
  // Longest first, so that a special token that starts another one does not win.
  const alternatives = [...specialTokens]
    .sort((a, b) => b.length - a.length)
    .map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const special = alternatives.length > 0 ? new RegExp(alternatives.join('|'), 'u') : undefined;
  const counts = new Map<string, number>();
  for (const text of corpus)
    for (const piece of special ? text.split(special) : [text])
      for (const word of piece.match(WORDS) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

interface Words {
  /** Token ids of each word, shortened as merges are learned. */
  symbols: number[][];
  /** How often each word occurs. */
  counts: number[];
}

function toSymbols(words: ReadonlyMap<string, number>, idOfByte: Int32Array): Words {
  const encoder = new TextEncoder();
  const symbols: number[][] = [];
  const counts: number[] = [];
  for (const [word, count] of words) {
    const bytes = encoder.encode(word);
    for (let start = 0; start < bytes.length; start += MAX_WORD_BYTES) {
      symbols.push(Array.from(bytes.subarray(start, start + MAX_WORD_BYTES), (byte) => idOfByte[byte]));
      counts.push(count);
    }
  }
  return { symbols, counts };
}

/** Learns merges until `tokens` (to which it appends) has `vocabSize` entries; returns them as `"left right"`. */
function learnMerges({ symbols, counts }: Words, tokens: string[], vocabSize: number): string[] {
  const queue = new MergeQueue(vocabSize);
  const known = new Set(tokens);
  const merges: string[] = [];
  for (let word = 0; word < symbols.length; word++) queue.add(symbols[word], counts[word], word);

  while (tokens.length < vocabSize) {
    const best = queue.take();
    if (best === undefined || best.count < MIN_PAIR_COUNT) break;
    const { left, right } = best;
    const content = tokens[left] + tokens[right];
    // Another pair spells this token already, or it looks like a special token: leave the pair apart, so that
    // each token has exactly one merge and no text can become a special token.
    if (known.has(content)) continue;
    known.add(content);
    const id = tokens.push(content) - 1;
    merges.push(`${tokens[left]} ${tokens[right]}`);
    for (const word of best.words) {
      const merged = mergePair(symbols[word], left, right, id);
      if (merged.length === symbols[word].length) continue;
      queue.remove(symbols[word], counts[word]);
      queue.add(merged, counts[word], word);
      symbols[word] = merged;
    }
  }
  return merges;
}

function mergePair(symbols: readonly number[], left: number, right: number, id: number): number[] {
  const merged: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(id);
      i++;
    } else merged.push(symbols[i]);
  }
  return merged;
}
