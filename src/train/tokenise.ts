import { buildPrompt, type TextTokenizer, trainBpe, userMessage } from '../text/index.ts';
import type { TokenisedPair } from './answer-batch.ts';

/** nano's special tokens; the padding token is first, because pre-fusion treats id 0 as padding. */
export const SPECIAL_TOKENS = ['<|pad|>', '<|begin|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>'];

/** nano's `tokenizer_config.json`: `<|user|><image>` question `<|assistant|>` answer `<|end|>`. */
export const TOKENIZER_CONFIG = {
  bos_token: '<|begin|>',
  eos_token: '<|end|>',
  pad_token: '<|pad|>',
  model_max_length: 2048,
  chat_template:
    "{%- for message in messages %}{{- '<|' + message['role'] + '|>' + message['content'] | trim }}{%- if message['role'] == 'assistant' %}{{- eos_token }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}",
};

/** Trains nano's tokenizer on questions and answers; random letter strings are left out, so that they stay spelt. */
export function trainTokenizer(texts: Iterable<string>, vocabSize: number): ReturnType<typeof trainBpe> {
  return trainBpe(texts, { vocabSize, specialTokens: SPECIAL_TOKENS });
}

/** Encodes questions and answers as they will be at run time; prompts are kept, for they repeat. */
export class PairEncoder {
  private readonly tokenizer: TextTokenizer;
  private readonly end: number;
  private readonly prompts = new Map<string, number[]>();

  constructor(tokenizer: TextTokenizer) {
    this.tokenizer = tokenizer;
    this.end = tokenizer.idOf('<|end|>') as number;
  }

  encode(question: string, answer: string): TokenisedPair {
    let prompt = this.prompts.get(question);
    if (!prompt) {
      prompt = buildPrompt(this.tokenizer, 'template', [userMessage(question, 1)]).ids;
      if (this.prompts.size > 50_000) this.prompts.clear();
      this.prompts.set(question, prompt);
    }
    return { prompt, answer: [...this.tokenizer.encode(answer), this.end] };
  }
}
