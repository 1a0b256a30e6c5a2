import { StopMatcher, type TextTokenizer, TokenStream } from '../text/index.ts';

/**
 * The text of an answer, token by token: whole characters only, nothing from a stop string on, no space around. What
 * comes out joined is the answer's text.
 */
export class AnswerText {
  readonly tokens: number[] = [];
  text = '';
  private readonly stream: TokenStream;
  private readonly matcher: StopMatcher;
  private space = '';

  constructor(tokenizer: TextTokenizer, stops: Iterable<string>) {
    this.stream = new TokenStream(tokenizer);
    this.matcher = new StopMatcher(stops);
  }

  /** Whether a stop string was met; nothing more is taken then. */
  get stopped(): boolean {
    return this.matcher.match !== undefined;
  }

  push(id: number): string {
    if (this.stopped) return '';
    this.tokens.push(id);
    return this.trim(this.matcher.push(this.stream.push(id)));
  }

  end(): string {
    if (this.stopped) return '';
    const rest = this.matcher.push(this.stream.end());
    return this.trim(rest + (this.stopped ? '' : this.matcher.end()));
  }

  /** Space waits until something follows it. */
  private trim(piece: string): string {
    const whole = this.space + piece;
    const certain = this.text === '' ? whole.trim() : whole.trimEnd();
    const at = this.text === '' ? whole.length - whole.trimStart().length : 0;
    this.space = certain === '' && this.text === '' ? '' : whole.slice(at + certain.length);
    this.text += certain;
    return certain;
  }
}
