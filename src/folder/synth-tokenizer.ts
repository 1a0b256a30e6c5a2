import { trainBpe } from '../text/index.ts';

const LLAMA3 = [
  '<|pad|>',
  '<|begin_of_text|>',
  '<|end_of_text|>',
  '<|start_header_id|>',
  '<|end_header_id|>',
  '<|eot_id|>',
];
const LLAMA2 = ['<unk>', '<s>', '</s>'];

/** A header, the text, an end for each message, and the header of the answer: Llama 3's form. */
const LLAMA3_TEMPLATE = [
  "{{ '<|begin_of_text|>' }}",
  "{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}",
  "{{ message['content'] | trim + '<|eot_id|>' }}{% endfor %}",
  "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}",
].join('');

/** What the few merges are learned from. */
const CORPUS = `What is in the picture? What can you see in this picture? Describe the picture in a few words.
A chat between a person and an assistant about a picture. The assistant answers the questions of the person.
How many of them are there, and what colour are they? Where is the small one, and what is it next to?`;

const CONSONANTS = 'bcdfghjklmnprstvwz';
const VOWELS = 'aeiou';

export interface SynthTokenizer {
  /** `tokenizer.json` */
  tokenizer: unknown;
  /** `tokenizer_config.json` */
  config: Record<string, unknown>;
  /** For `config.json`. */
  ids: { bos_token_id: number; eos_token_id: number[]; pad_token_id: number };
}

/**
 * A tokenizer for random weights: any text can be encoded, and every id of the vocabulary reads as something, mostly
 * as a made-up word.
 *
 * @param size of the vocabulary
 * @param llama3 with Llama 3's special tokens and chat form; otherwise Llama 2's
 */
export function synthTokenizer(size: number, llama3: boolean): SynthTokenizer {
  const specialTokens = llama3 ? LLAMA3 : LLAMA2;
  const tokenizer = trainBpe([CORPUS, CORPUS], {
    vocabSize: Math.min(size, 512),
    specialTokens,
    bosToken: specialTokens[1],
  });
  const { vocab } = tokenizer.model;
  for (let id = Object.keys(vocab).length, n = 0; id < size; n++) {
    const word = `Ġ${syllable(n)}${syllable(Math.floor(n / 90))}${syllable(Math.floor(n / 8100))}`;
    if (!Object.hasOwn(vocab, word)) vocab[word] = id++;
  }
  return {
    tokenizer,
    config: llama3
      ? {
          bos_token: LLAMA3[1],
          eos_token: LLAMA3[5],
          pad_token: LLAMA3[0],
          chat_template: LLAMA3_TEMPLATE,
        }
      : { bos_token: LLAMA2[1], eos_token: LLAMA2[2], unk_token: LLAMA2[0] },
    ids: { bos_token_id: 1, eos_token_id: llama3 ? [2, 5] : [2], pad_token_id: 0 },
  };
}

const syllable = (n: number): string =>
  CONSONANTS[n % CONSONANTS.length] + VOWELS[Math.floor(n / CONSONANTS.length) % VOWELS.length];
