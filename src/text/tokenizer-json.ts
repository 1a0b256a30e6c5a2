import { z } from 'zod';
import { LlavaMiniError } from '../errors.ts';

/** Larger ids would only make tables of holes. */
const MAX_ID = 2 ** 22;

const TokenId = z.int().min(0).max(MAX_ID);

const AddedToken = z.object({
  content: z.string().min(1).max(1000),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  special: z.boolean().default(false),
});

const Step = z.looseObject({ type: z.string() }).nullable().default(null);

const TokenizerFile = z.looseObject({
  added_tokens: z.array(AddedToken.extend({ id: TokenId })).default([]),
  normalizer: Step,
  pre_tokenizer: Step,
  post_processor: Step,
  decoder: z.looseObject({ type: z.string() }),
  model: z.looseObject({
    type: z.literal('BPE').default('BPE'),
    // Tables of a hundred thousand entries and more: checked by hand below, not copied.
    vocab: z.custom<Record<string, number>>((value) => typeof value === 'object' && value !== null, 'an object of ids'),
    merges: z.custom<readonly unknown[]>(Array.isArray, 'a list of pairs'),
    byte_fallback: z.boolean().nullish(),
    continuing_subword_prefix: z.literal('').nullish(),
    end_of_word_suffix: z.literal('').nullish(),
  }),
});

/** A special token's name: a string, or an object with its content. */
const TokenName = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
  .nullish()
  .transform((name) => name || undefined);

const ConfigFile = z.looseObject({
  bos_token: TokenName,
  eos_token: TokenName,
  pad_token: TokenName,
  unk_token: TokenName,
  additional_special_tokens: z.array(TokenName).nullish(),
  added_tokens_decoder: z.record(z.string().regex(/^\d{1,7}$/), AddedToken).nullish(),
  clean_up_tokenization_spaces: z.boolean().nullish(),
  chat_template: z
    .union([z.string().max(1e6), z.array(z.looseObject({ name: z.string(), template: z.string().max(1e6) }))])
    .nullish()
    .transform((value) =>
      Array.isArray(value)
        ? (value.find(({ name }) => name === 'default') ?? value[0])?.template
        : (value ?? undefined),
    ),
});

/** A checked `tokenizer.json` (byte-pair encoding only, as every Llama model has). */
export type TokenizerFile = z.output<typeof TokenizerFile>;
/** A checked `tokenizer_config.json`: names of special tokens and the chat template. */
export type TokenizerConfig = z.output<typeof ConfigFile>;
/** A token that is not made of others: a special token, mostly. */
export type AddedToken = z.output<typeof AddedToken> & { id: number };

/**
 * Checks the content of a `tokenizer.json`.
 *
 * @throws LlavaMiniError `bad-model`
 */
export function parseTokenizerFile(value: unknown): TokenizerFile {
  const file = check(TokenizerFile, value, 'tokenizer.json');
  const { vocab, merges } = file.model;
  for (const [token, id] of Object.entries(vocab))
    if (!TokenId.safeParse(id).success) bad(`tokenizer.json: token ${JSON.stringify(token)} has the id ${id}`);
  for (const merge of merges) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const known = (token: unknown): boolean => typeof token === 'string' && Object.hasOwn(vocab, token);
    if (!Array.isArray(pair) || pair.length !== 2 || !known(pair[0]) || !known(pair[1]) || !known(pair[0] + pair[1]))
      bad(`tokenizer.json: merge ${JSON.stringify(merge)?.slice(0, 100)} does not fit the vocabulary`);
  }
  for (const part of ['normalizer', 'pre_tokenizer', 'decoder'] as const) checkPatterns(file[part], part);
  return file;
}

/** The library takes a missing pattern for one that never matches, and text would be lost without a word. */
function checkPatterns(step: unknown, part: string): void {
  if (typeof step !== 'object' || step === null) return;
  const { type, pattern } = step as { type?: unknown; pattern?: Record<string, unknown> | null };
  if ((type === 'Split' || type === 'Replace') && typeof (pattern?.Regex ?? pattern?.String) !== 'string')
    bad(`tokenizer.json: ${part}: ${type} has no pattern`);
  for (const inner of Object.values(step))
    if (Array.isArray(inner)) for (const next of inner) checkPatterns(next, part);
}

/**
 * Checks the content of a `tokenizer_config.json`.
 *
 * @throws LlavaMiniError `bad-model`
 */
export function parseTokenizerConfig(value: unknown): TokenizerConfig {
  return check(ConfigFile, value, 'tokenizer_config.json');
}

function check<T extends z.ZodType>(schema: T, value: unknown, name: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  return bad(`${name}: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
}

function bad(message: string): never {
  throw new LlavaMiniError('bad-model', message, {
    hint: 'the tokenizer files are damaged, or of a kind other than byte-pair encoding, which is all we read',
  });
}

/** What {@link trainBpe} writes; `JSON.stringify` of it is a `tokenizer.json`. */
export interface TrainedTokenizerJson {
  version: '1.0';
  truncation: null;
  padding: null;
  added_tokens: Array<{
    id: number;
    content: string;
    single_word: boolean;
    lstrip: boolean;
    rstrip: boolean;
    normalized: boolean;
    special: boolean;
  }>;
  normalizer: null;
  pre_tokenizer: object;
  post_processor: object | null;
  decoder: object;
  model: {
    type: 'BPE';
    vocab: Record<string, number>;
    /** `"left right"`, first learned first. */
    merges: string[];
  } & Record<string, unknown>;
}
