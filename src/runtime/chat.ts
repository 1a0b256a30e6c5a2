import { LlavaMiniError } from '../errors.ts';
import type { PictureSource } from '../media/index.ts';
import { type ContentPart, type Message, type Role, userMessage } from '../text/index.ts';
import type { VisualMemory } from './visual-memory.ts';

/** A picture in any form, or what it became when it was seen. */
export type ImageInput = PictureSource | VisualMemory;

/** One turn; pictures are where they stand in it. In text, `<image>` and special-token strings are plain text. */
export interface ChatMessage {
  role: Role;
  content: string | ChatPart[];
}

export type ChatPart = { type: 'text'; text: string } | { type: 'image'; image: ImageInput };

/** Messages with places, and what goes there, in order. */
export interface PreparedMessages {
  messages: Message[];
  images: ImageInput[];
}

/** @throws LlavaMiniError `bad-argument` for an empty question */
export function questionMessages(images: readonly ImageInput[], question: string): PreparedMessages {
  if (typeof question !== 'string') throw new LlavaMiniError('bad-argument', 'the question must be a text');
  if (question.trim() === '')
    throw new LlavaMiniError('bad-argument', 'the question is empty', { hint: 'ask something about the picture' });
  return { messages: [userMessage(question, images.length)], images: [...images] };
}

/** @throws LlavaMiniError `bad-argument` for messages of another form, or that do not end with a question */
export function chatMessages(chat: readonly ChatMessage[]): PreparedMessages {
  const fail = (message: string): never => {
    throw new LlavaMiniError('bad-argument', message);
  };
  if (!Array.isArray(chat) || chat.length === 0) fail('there must be at least one message');
  const images: ImageInput[] = [];
  const messages = chat.map((message, i): Message => {
    if (typeof message !== 'object' || message === null) fail(`message ${i + 1} is no object with role and content`);
    const { role, content } = message;
    if (typeof content === 'string') return { role, content };
    if (!Array.isArray(content)) fail(`message ${i + 1}: content must be a text or a list of parts`);
    const parts = content.map((part): ContentPart => {
      if (typeof part !== 'object' || part === null) fail(`message ${i + 1}: a part is no object with a type`);
      if (part.type === 'text' && typeof part.text !== 'string') fail(`message ${i + 1}: a text part needs a text`);
      if (part.type !== 'image') return part;
      if (part.image == null) fail(`message ${i + 1}: an image part needs an image`);
      images.push(part.image);
      return { type: 'image' };
    });
    return { role, content: parts };
  });
  const last = messages[messages.length - 1];
  if (last.role !== 'user') fail("the last message must be the user's");
  const text =
    typeof last.content === 'string' ? last.content : last.content.map((p) => (p.type === 'text' ? p.text : ''));
  if ([text].flat().join('').trim() === '') fail('the last message asks nothing');
  return { messages, images };
}

/** With a system message in front, in place of one that is there. */
export function withSystem(messages: readonly Message[], system: string | undefined): Message[] {
  if (system === undefined) return [...messages];
  const rest = messages[0].role === 'system' ? messages.slice(1) : messages;
  return [{ role: 'system', content: system }, ...rest];
}

/** Characters of all messages: cheap to know, and no token is made of more than a few hundred. */
export function characters(messages: readonly Message[]): number {
  return messages
    .flatMap(({ content }) =>
      typeof content === 'string' ? [content] : content.map((p) => (p.type === 'text' ? p.text : '')),
    )
    .reduce((sum, text) => sum + text.length, 0);
}
