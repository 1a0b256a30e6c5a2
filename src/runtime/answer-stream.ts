import type { Answer } from './answer.ts';

/**
 * An answer while it is made: iterate over it for pieces of text as they become certain, or await `result`. The
 * pieces joined are `result.text`. Leaving the loop early cancels the answer.
 */
export class AnswerStream implements AsyncIterable<string> {
  readonly result: Promise<Answer>;
  private readonly abort = new AbortController();
  private pieces: string[] = [];
  private ended = false;
  private wake: (() => void) | null = null;

  /**
   * @internal
   * @param make starts at once; it tells each piece of text, and stops when the signal is aborted
   */
  constructor(make: (emit: (text: string) => void, signal: AbortSignal) => Promise<Answer>) {
    const emit = (text: string): void => {
      if (text === '') return;
      this.pieces.push(text);
      this.wake?.();
    };
    this.result = make(emit, this.abort.signal).finally(() => {
      this.ended = true;
      this.wake?.();
    });
    // Whoever only iterates hears of a failure there; it must not count as unhandled here.
    this.result.catch(() => {});
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    try {
      for (;;) {
        const ready = this.pieces;
        this.pieces = [];
        yield* ready;
        if (this.pieces.length) continue;
        if (this.ended) break;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        this.wake = null;
      }
      await this.result;
    } finally {
      if (!this.ended) this.abort.abort();
    }
  }
}
