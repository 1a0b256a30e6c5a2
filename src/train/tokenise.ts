import { LlavaMiniError } from '../errors.ts';
import { buildPrompt, IMAGE_TOKEN, type TextTokenizer, trainBpe, userMessage } from '../text/index.ts';
import type { TokenisedPair } from './answer-batch.ts';

/** nano's special tokens; the padding token is first, because pre-fusion treats id 0 as padding. */
export const SPECIAL_TOKENS = ['<|pad|>', '<|begin|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>'];

/**
 * nano's `tokenizer_config.json`: `<|system|>123456<|user|><image>` question `<|assistant|>` answer `<|end|>`. The
 * numbers have no meaning of their own: as all text before a question, pre-fusion fills them with what it sees
 * (`slotMentions`). The reference's prompts begin with two sentences that are the same each time.
 */
export const TOKENIZER_CONFIG = {
  bos_token: '<|begin|>',
  eos_token: '<|end|>',
  pad_token: '<|pad|>',
  model_max_length: 2048,
  chat_template:
    "{{- '<|system|>123456' }}{%- for message in messages %}{{- '<|' + message['role'] + '|>' + message['content'] | trim }}{%- if message['role'] == 'assistant' %}{{- eos_token }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}",
};

/** Trains nano's tokenizer on questions and answers; random letter strings are left out; answers spell what is read (`PairEncoder`). */
export function trainTokenizer(texts: Iterable<string>, vocabSize: number): ReturnType<typeof trainBpe> {
  return trainBpe(texts, { vocabSize, specialTokens: SPECIAL_TOKENS });
}

/**
 * A token of a prompt: that which ends the question's first so many UTF-16 units, one of those up to the line break
 * before the question, counted from 0, or the prompt's last, after which the answer begins.
 */
export type PromptPlace = number | `slot${number}` | 'last';

/** Something asked about the picture, and answered, before a question. */
export interface EarlierTurn {
  question: string;
  answer: string;
}

/**
 * Encodes questions and answers as they will be at run time. The prompt's markup is rendered once; what changes is the
 * text between, which the special tokens around it keep apart.
 */
export class PairEncoder {
  private readonly tokenizer: TextTokenizer;
  private readonly end: number;
  private readonly before: number[];
  private readonly after: number[];
  private readonly nextTurn: number;
  private readonly known = new Map<string, number[]>();

  /** @throws LlavaMiniError `bad-model` when the template does more than put tokens around the question. */
  constructor(tokenizer: TextTokenizer) {
    this.tokenizer = tokenizer;
    this.end = tokenizer.idOf('<|end|>') as number;
    this.nextTurn = tokenizer.idOf('<|user|>') as number;
    const sample = 'What is it?';
    const full = buildPrompt(tokenizer, 'template', [userMessage(sample, 1)]).ids;
    const text = tokenizer.encode(`\n${sample}`);
    const at = full.indexOf(IMAGE_TOKEN) + 1;
    this.before = full.slice(0, at);
    this.after = full.slice(at + text.length);
    if ([...this.before, ...text, ...this.after].join() !== full.join())
      throw new LlavaMiniError('bad-model', 'the chat template does not keep the question apart from its markup');
  }

  /**
   * What stands in quotation marks in an answer is given letter by letter, as it is read, whatever words it makes. An
   * answer that begins with a small letter (`dog`) gets two spaces before it, which are taken off at run time. With the
   * second, its tokens are those that the same word has within questions and sentences, from which it can be copied.
   * The first, a token of its own, is what "The" is to a sentence: the place at which it is settled what is named.
   *
   * @param options.reading an answer without quotation marks is nothing but what is read
   * @param options.earlier the turns before, as a conversation remembers them
   */
  encode(
    question: string,
    answer: string,
    { reading = false, earlier = [] }: { reading?: boolean; earlier?: readonly EarlierTurn[] } = {},
  ): TokenisedPair {
    return {
      prompt: [
        ...this.before,
        ...this.turnsBefore(earlier),
        ...this.questionIds(question, earlier.length > 0),
        ...this.after,
      ],
      answer: [...this.answerIds(answer, reading), this.end],
    };
  }

  private turnsBefore(earlier: readonly EarlierTurn[]): number[] {
    return earlier.flatMap(({ question, answer }, turn) => [
      ...this.questionIds(question, turn > 0),
      ...this.after,
      ...this.ids(answer.trim()),
      this.end,
      this.nextTurn,
    ]);
  }

  /** The picture stands before the first question, and a line break between. */
  private questionIds(question: string, follows: boolean): number[] {
    return this.ids(`${follows ? '' : '\n'}${question.trim()}`);
  }

  private answerIds(answer: string, reading: boolean): number[] {
    const spell = (text: string): number[] => [...text].flatMap((letter) => this.ids(letter));
    const parts = answer.split('"');
    if (parts.length === 1 && reading) return spell(answer);
    if (/^\p{Ll}/u.test(answer)) parts[0] = `  ${parts[0]}`;
    const mark = (there: boolean): string => (there ? '"' : '');
    return parts.flatMap((part, i) =>
      i % 2 === 1 ? spell(part) : this.ids(mark(i > 0) + part + mark(i < parts.length - 1)),
    );
  }

  /** How many tokens an answer's first so many UTF-16 units are, where a word ends there. */
  answerPlace(answer: string, length: number): number {
    return this.answerIds(answer.slice(0, length), false).length;
  }

  /** What all prompts begin with, up to the line break before the question; the picture's place as −200. */
  get opening(): number[] {
    return [...this.before, ...this.ids('\n')];
  }

  /** Which of the fused tokens (the prompt without the picture's place) that is; null where the place is within a token, or the prompt has no such slot. */
  fusedPlace(question: string, place: PromptPlace, earlier: readonly EarlierTurn[] = []): number | null {
    const opening = this.before.filter((id) => id !== IMAGE_TOKEN).length;
    const start = opening + this.turnsBefore(earlier).length;
    const text = question.trim();
    const follows = earlier.length > 0;
    const whole = this.questionIds(text, follows);
    if (place === 'last') return start + whole.length + this.after.length - 1;
    if (typeof place === 'string') {
      const slot = Number(place.slice('slot'.length));
      return slot <= opening ? slot : null;
    }
    const part = this.questionIds(text.slice(0, place), follows);
    return part.some((id, i) => id !== whole[i]) ? null : start + part.length - 1;
  }

  private ids(text: string): number[] {
    let ids = this.known.get(text);
    if (!ids) {
      ids = this.tokenizer.encode(text);
      if (this.known.size > 100_000) this.known.clear();
      this.known.set(text, ids);
    }
    return ids;
  }
}
