import type { TextTokenizer } from './tokenizer.ts';

/**
 * Turns ids into text one by one, for showing an answer while it is made. A character that is not complete yet is
 * held back until the tokens that complete it have come. Special tokens are left out. The pieces joined are
 * `tokenizer.decode(ids, { skipSpecial: true })`.
 */
export class TokenStream {
  readonly #tokenizer: TextTokenizer;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Whether a space that comes next is the encoder's, not the text's. */
  #stripNext: boolean;

  constructor(tokenizer: TextTokenizer) {
    this.#tokenizer = tokenizer;
    this.#stripNext = tokenizer.bytes.stripsLeadingSpace;
  }

  /** Takes the next id; returns the text that is certain now (often one word, sometimes nothing). */
  push(id: number): string {
    if (this.#tokenizer.specialIds.has(id)) return '';
    return this.#strip(this.#decoder.decode(this.#tokenizer.bytes.bytesOf(id), { stream: true }));
  }

  /** No more ids: returns what was held back (U+FFFD for a character that was never completed). */
  end(): string {
    return this.#strip(this.#decoder.decode());
  }

  #strip(text: string): string {
    if (!this.#stripNext || text === '') return text;
    this.#stripNext = false;
    return text.startsWith(' ') ? text.slice(1) : text;
  }
}
