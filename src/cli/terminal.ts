/** Writes a piece of an answer to stdout. Nothing but answers goes there. */
export function writeAnswer(text: string): void {
  process.stdout.write(process.stdout.isTTY ? printable(text) : text);
}

/** Writes a line for the person to stderr. */
export function writeNote(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** Without control characters, which could steer a terminal; line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => (c === '\n' || c === '\t' ? c : '\u{fffd}'));
}

/** Work shorter than this is not worth a word. */
const QUIET_MS = 300;

/** One line on stderr that says what is going on, on a terminal only. */
export class StatusLine {
  private text = '';
  private shown = false;
  private timer: NodeJS.Timeout | null = null;

  set(text: string): void {
    if (!process.stderr.isTTY) return;
    this.text = text;
    if (this.shown) this.draw();
    else this.timer ??= setTimeout(() => this.draw(), QUIET_MS);
  }

  clear(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.shown) process.stderr.write('\r\u001b[K');
    this.shown = false;
  }

  private draw(): void {
    this.shown = true;
    process.stderr.write(`\r\u001b[K${printable(this.text)}`);
  }
}
