/** What `parseStrictJson` gives: objects are Maps, so that no key (`__proto__`) can mean something else. */
export type StrictJson = null | boolean | number | string | StrictJson[] | Map<string, StrictJson>;

export interface StrictJsonLimits {
  /** Deepest nesting of objects and arrays. */
  depth: number;
  /** Most values of all kinds together; bounds memory before anything is built. */
  values: number;
}

/**
 * A JSON reader for files that strangers wrote: unlike `JSON.parse` it refuses duplicate keys, deep nesting and
 * more values than allowed, and stops at the first offence.
 *
 * @throws SyntaxError saying what is wrong and at which character.
 */
export function parseStrictJson(text: string, limits: StrictJsonLimits): StrictJson {
  return new Reader(text, limits).document();
}

const NUMBER = /-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,4})?/y;

class Reader {
  private at = 0;
  private left: number;
  private readonly text: string;
  private readonly limits: StrictJsonLimits;

  constructor(text: string, limits: StrictJsonLimits) {
    this.text = text;
    this.limits = limits;
    this.left = limits.values;
  }

  document(): StrictJson {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail('text after the end of the value');
    return value;
  }

  private value(depth: number): StrictJson {
    if (--this.left < 0) this.fail(`more than ${this.limits.values} values`);
    this.space();
    const c = this.text[this.at];
    if (c === '{') return this.object(depth + 1);
    if (c === '[') return this.array(depth + 1);
    if (c === '"') return this.string();
    if (c === 't') return this.word('true', true);
    if (c === 'f') return this.word('false', false);
    if (c === 'n') return this.word('null', null);
    return this.number();
  }

  private object(depth: number): Map<string, StrictJson> {
    this.enter(depth);
    const out = new Map<string, StrictJson>();
    if (this.take('}')) return out;
    do {
      this.space();
      const start = this.at;
      const key = this.string();
      if (out.has(key)) this.fail(`duplicate key ${quote(key)}`, start);
      if (!this.take(':')) this.fail('":" expected');
      out.set(key, this.value(depth));
    } while (this.take(','));
    if (!this.take('}')) this.fail('"," or "}" expected');
    return out;
  }

  private array(depth: number): StrictJson[] {
    this.enter(depth);
    const out: StrictJson[] = [];
    if (this.take(']')) return out;
    do out.push(this.value(depth));
    while (this.take(','));
    if (!this.take(']')) this.fail('"," or "]" expected');
    return out;
  }

  private string(): string {
    const start = this.at;
    if (this.text[start] !== '"') this.fail('a string expected');
    let escaped = false;
    for (let i = start + 1; i < this.text.length; i++) {
      const c = this.text.charCodeAt(i);
      if (c === 0x5c) {
        escaped = true;
        i++;
      } else if (c < 0x20) this.fail('control character in a string', i);
      else if (c === 0x22) {
        this.at = i + 1;
        if (!escaped) return this.text.slice(start + 1, i);
        try {
          return JSON.parse(this.text.slice(start, this.at)) as string;
        } catch {
          this.fail('bad escape in a string', start);
        }
      }
    }
    this.fail('string without end', start);
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) this.fail('a value expected');
    this.at = NUMBER.lastIndex;
    return Number(found[0]);
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('a value expected');
    this.at += word.length;
    return value;
  }

  private enter(depth: number): void {
    if (depth > this.limits.depth) this.fail(`nested deeper than ${this.limits.depth}`);
    this.at++;
  }

  private take(c: string): boolean {
    this.space();
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }

  private space(): void {
    for (; this.at < this.text.length; this.at++) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
    }
  }

  private fail(what: string, at = this.at): never {
    throw new SyntaxError(`${what} at character ${at}`);
  }
}

/** A stranger's text made safe and short for an error message. */
export function quote(text: string, most = 100): string {
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text);
}
