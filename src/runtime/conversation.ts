import type { AnswerOptions } from './answer.ts';
import type { AnswerStream } from './answer-stream.ts';
import type { ChatMessage, ImageInput } from './chat.ts';
import type { LlavaMini } from './llava-mini.ts';
import type { VisualMemory } from './visual-memory.ts';

/** A chat that remembers: what was said, and the pictures as they were seen. */
export class Conversation {
  private readonly model: LlavaMini;
  private readonly options: AnswerOptions;
  private history: ChatMessage[] = [];
  private waiting: VisualMemory[] = [];
  /** How often all was forgotten: answers begun before are not remembered. */
  private cleared = 0;

  /** @internal Use `model.conversation`. */
  constructor(model: LlavaMini, options: AnswerOptions) {
    this.model = model;
    this.options = options;
  }

  /** What was said so far. An answer that failed or was cancelled is not in it, nor its question. */
  get messages(): readonly ChatMessage[] {
    return this.history;
  }

  /** Shows a picture: the next question is about it, and later ones remember it. */
  async show(image: ImageInput): Promise<VisualMemory> {
    const memory = await this.model.see(image, { ...this.options.picture, signal: this.options.signal });
    this.waiting.push(memory);
    return memory;
  }

  ask(question: string, options: AnswerOptions = {}): AnswerStream {
    const images = [...this.waiting];
    const { cleared } = this;
    const message: ChatMessage = {
      role: 'user',
      content: [
        ...images.flatMap((image) => [
          { type: 'image' as const, image },
          { type: 'text' as const, text: '\n' },
        ]),
        { type: 'text', text: question },
      ],
    };
    const answer = this.model.chatStream([...this.history, message], withOptions(this.options, options));
    answer.result.then(
      ({ text }) => {
        if (cleared !== this.cleared) return;
        this.history = [...this.history, message, { role: 'assistant', content: text }];
        this.waiting = this.waiting.filter((memory) => !images.includes(memory));
      },
      () => {},
    );
    return answer;
  }

  /** Forgets everything said; pictures too, unless they are to be kept for the next question. */
  clear(keepPictures = false): void {
    const kept = this.history.flatMap(({ content }) =>
      typeof content === 'string' ? [] : content.flatMap((p) => (p.type === 'image' ? [p.image as VisualMemory] : [])),
    );
    this.waiting = keepPictures ? [...kept, ...this.waiting] : [];
    this.history = [];
    this.cleared++;
  }
}

/** An option that is given as undefined is one that is not given. */
function withOptions(all: AnswerOptions, own: AnswerOptions): AnswerOptions {
  return { ...all, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
}
