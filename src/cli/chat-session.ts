import { createInterface, type Interface } from 'node:readline';
import type { Conversation } from '../runtime/conversation.ts';
import { reportFailure } from './failure.ts';
import { Interrupted } from './interrupt.ts';
import { readPicture, STDIN } from './read-picture.ts';
import { writeAnswer, writeNote } from './terminal.ts';

export const CHAT_HELP = `/image PATH   shows one more picture
/clear        forgets what was said; the pictures stay
/clear all    forgets the pictures too
/help         shows these commands
/exit         ends the chat`;

/** Reads questions line by line from stdin until its end or `/exit`; answers go to stdout, all else to stderr. */
export class ChatSession {
  private readonly conversation: Conversation;
  private readonly interactive = Boolean(process.stdin.isTTY && process.stderr.isTTY);
  private running: AbortController | null = null;
  private interrupted = false;
  private failures = 0;

  constructor(conversation: Conversation) {
    this.conversation = conversation;
  }

  /**
   * A line that fails is reported and the chat goes on; with lines from a pipe the exit code tells of it.
   *
   * @throws Interrupted when Ctrl-C came between answers
   */
  async run(): Promise<void> {
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: this.interactive });
    const interrupt = (): void => this.interrupt(lines);
    // On a terminal the line editor gets Ctrl-C as a key, elsewhere the process gets the signal.
    lines.on('SIGINT', interrupt);
    process.on('SIGINT', interrupt);
    try {
      if (this.interactive) writeNote('Ask something; /help shows the commands.');
      this.prompt(lines);
      for await (const line of lines) {
        if (this.interrupted || (await this.obey(line.trim())) === 'exit') break;
        this.prompt(lines);
      }
    } finally {
      process.off('SIGINT', interrupt);
      lines.close();
    }
    if (this.interrupted) throw new Interrupted();
    if (this.failures && !this.interactive) process.exitCode = 1;
  }

  private prompt(lines: Interface): void {
    if (this.interactive && !this.interrupted) lines.prompt();
  }

  private interrupt(lines: Interface): void {
    if (this.running) {
      this.running.abort(new Interrupted());
      return;
    }
    this.interrupted = true;
    if (this.interactive) writeNote('');
    lines.close();
  }

  private async obey(line: string): Promise<'exit' | undefined> {
    if (line === '') return undefined;
    if (line === '/exit' || line === '/quit') return 'exit';
    this.running = new AbortController();
    const { signal } = this.running;
    try {
      await this.perform(line, signal);
    } catch (error) {
      if (signal.aborted) writeNote('\n(stopped)');
      else if (reportFailure(error)) this.failures++;
    } finally {
      this.running = null;
    }
    return undefined;
  }

  private async perform(line: string, signal: AbortSignal): Promise<void> {
    const [word] = line.split(/\s+/, 1);
    const rest = line.slice(word.length).trim();
    if (!word.startsWith('/')) return this.answer(line, signal);
    if (word === '/help') return writeNote(CHAT_HELP);
    if (word === '/image' && rest && rest !== STDIN) {
      const { width, height } = await this.conversation.show(await readPicture(unquoted(rest), signal));
      return writeNote(`(sees a picture of ${width}×${height} pixels)`);
    }
    if (word === '/clear' && (rest === '' || rest === 'all')) {
      this.conversation.clear(rest !== 'all');
      return writeNote(rest === 'all' ? '(everything is forgotten)' : '(what was said is forgotten)');
    }
    this.failures++;
    writeNote(
      word === '/image' ? '/image needs the path or address of a picture' : `unknown command: ${line}\n${CHAT_HELP}`,
    );
  }

  private async answer(question: string, signal: AbortSignal): Promise<void> {
    for await (const piece of this.conversation.ask(question, { signal })) writeAnswer(piece);
    writeAnswer('\n');
  }
}

/** Dragging a file into a terminal often puts quotes around its path. */
function unquoted(path: string): string {
  return /^(['"]).+\1$/.test(path) ? path.slice(1, -1) : path;
}
